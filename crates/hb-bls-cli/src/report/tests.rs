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

#[test]
fn the_system_s_numbers_are_left_out() {
    let failed = io::Error::from_raw_os_error(2);
    let errors = [anyhow::Error::from(Failure::new(Kind::Other, format!("cannot write x: {failed}"))), failed.into()];
    for error in errors {
        let text = shown(error, Format::Table);
        assert!(text.contains("No such file") && !text.contains("os error"), "{text}");
    }
}

/// The error of a client whose portal takes no connections.
async fn refused() -> hb_bls::Error {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    drop(listener);
    at(&format!("http://{host}/")).await
}

async fn at(url: &str) -> hb_bls::Error {
    let client = hb_bls::Client::builder().credentials(hb_bls::Credentials::new("client", "key")).base_url(url);
    client.retry(hb_bls::RetryPolicy::none()).build().unwrap().courses().list().await.unwrap_err()
}

#[tokio::test]
async fn a_portal_that_takes_no_connection_is_named_in_a_sentence() {
    let error = refused().await;
    let host = error.host().unwrap().to_owned();
    let reason = Report::of(&anyhow::Error::from(error).context("cannot book")).reason();
    assert_eq!(reason, format!("cannot book: cannot reach {host}: connection refused"));
}

#[tokio::test]
async fn so_are_a_name_that_nobody_knows_and_a_port_without_tls() {
    // a label that is too long is refused without asking the network
    let name = format!("{}.example", "x".repeat(64));
    let reason = Report::of(&at(&format!("https://{name}/api/v1")).await.into()).reason();
    assert_eq!(reason, format!("cannot reach {name}: its name could not be looked up (DNS)"));

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        // what is sent must be read, or the response is lost with it
        io::Read::read_to_end(&mut stream, &mut Vec::new())
    });
    let reason = Report::of(&at(&format!("https://{host}/")).await.into()).reason();
    assert_eq!(reason, format!("cannot reach {host}: no secure connection could be made (TLS)"));
}

#[test]
fn a_certificate_says_what_is_wrong_with_it() {
    for (causes, expected) in [
        (
            "invalid peer certificate: UnknownIssuer",
            "its certificate is from an issuer that this machine does not trust",
        ),
        (
            "invalid peer certificate: certificate expired: verification time 2 (UNIX), but certificate is not valid after 1",
            "its certificate has expired",
        ),
        (
            "invalid peer certificate: certificate not valid for name \"a.example\"; certificate is only valid for b.example",
            "its certificate is for another host",
        ),
        ("invalid peer certificate: BadEncoding", "its certificate is not valid"),
    ] {
        assert_eq!(client::in_words(Some(io::ErrorKind::InvalidData), causes), expected);
    }
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
