use anyhow::Context as _;

use super::*;

fn told(error: anyhow::Error, format: Format) -> String {
    let report = Report::of(&error, &["Ada".to_owned()]);
    match format {
        Format::Json => report.object(),
        _ => anstream::adapter::strip_str(&report.text()).to_string(),
    }
}

#[test]
fn what_why_and_what_to_do() {
    let error = || -> anyhow::Error {
        Err::<(), _>(hb_bls::Error::NotFound { operation: "getBooking" }).context("cannot get booking 7").unwrap_err()
    };
    assert_eq!(
        told(error(), Format::Table),
        "error: cannot get booking 7: it was not found in this account\n\
         hint: check the id, and which account is used with `hb-bls auth status`\n"
    );
    assert_eq!(
        told(error(), Format::Json),
        r#"{"error":{"kind":"not_found","message":"cannot get booking 7: it was not found in this account; check the id, and which account is used with `hb-bls auth status`","status":404,"fields":{}}}"#
    );
}

#[test]
fn a_cause_is_told_once_and_hidden_values_never() {
    let error = anyhow::Error::from(io::Error::other("the disk is full")).context("cannot save Ada");
    assert_eq!(told(error, Format::Table), "error: cannot save [hidden]: the disk is full\n");
}

#[test]
fn the_words_of_the_command_are_left_whatever_is_hidden() {
    let hidden = ["cannot", "book", "422", "portal", "network"].map(str::to_owned);
    let cause = hb_bls::Error::Network { operation: "createBooking", cause: "no network".to_owned() };
    let report = Report::of(&anyhow::Error::from(cause).context("cannot book"), &hidden);
    assert_eq!(report.reason(), "cannot book: no complete answer: no network");
    let fields = std::iter::once(("book".to_owned(), vec!["cannot be read".to_owned()])).collect();
    let report = Report::of(&Failure::new(Kind::Usage, "cannot book").fields(fields).into(), &hidden);
    assert_eq!(report.reason(), "cannot book; book: cannot be read");
}

#[test]
fn terminal_escapes_are_shown_not_obeyed() {
    let error = anyhow::Error::from(Failure::new(Kind::Other, "a\u{1b}[2Jb\u{9b}c"));
    assert_eq!(told(error, Format::Table), "error: a\\u{1b}[2Jb\\u{9b}c\n");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let closed = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
    assert!(unless_closed(Err(closed), &[]).is_ok());
    assert!(unless_closed(Err(io::Error::other("full").into()), &[]).is_err());
}
