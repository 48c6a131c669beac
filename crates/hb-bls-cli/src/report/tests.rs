use super::*;

fn shown(error: anyhow::Error, format: Format) -> String {
    let report = Report::of(&error);
    match format {
        Format::Json => report.object(),
        _ => anstream::adapter::strip_str(&report.text()).to_string(),
    }
}

#[test]
fn what_why_and_what_to_do() {
    let error = || -> anyhow::Error {
        anyhow::Error::new(hb_bls::Error::from(hb_bls::ErrorKind::NotFound)).context("cannot get booking 7")
    };
    assert_eq!(
        shown(error(), Format::Table),
        "error: cannot get booking 7: it was not found in this account\n\
         hint: check the id, and which account is used with `hb-bls auth status`\n"
    );
    assert_eq!(
        shown(error(), Format::Json),
        r#"{"error":{"kind":"not_found","message":"cannot get booking 7: it was not found in this account; check the id, and which account is used with `hb-bls auth status`","status":404,"fields":{}}}"#
    );
}

#[test]
fn a_cause_is_named_once() {
    let error = anyhow::Error::from(io::Error::other("the disk is full")).context("cannot save");
    assert_eq!(shown(error, Format::Table), "error: cannot save: the disk is full\n");
}

/// The error of a client whose portal takes no connections.
async fn refused() -> hb_bls::Error {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let client = hb_bls::Client::builder().credentials(hb_bls::Credentials::new("client", "key")).base_url(url);
    client.retry(hb_bls::RetryPolicy::none()).build().unwrap().courses().list().await.unwrap_err()
}

#[tokio::test]
async fn a_portal_that_takes_no_connection_is_told_in_a_sentence() {
    let reason = Report::of(&anyhow::Error::from(refused().await).context("cannot book")).reason();
    assert_eq!(reason, "cannot book: cannot reach the portal: connection refused");
}

#[test]
fn terminal_escapes_are_shown_not_obeyed() {
    let error = anyhow::Error::from(Failure::new(Kind::Other, "a\u{1b}[2Jb\u{9b}c"));
    assert_eq!(shown(error, Format::Table), "error: a\\u{1b}[2Jb\\u{9b}c\n");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let closed = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
    assert!(unless_closed(Err(closed)).is_ok());
    assert!(unless_closed(Err(io::Error::other("full").into())).is_err());
}
