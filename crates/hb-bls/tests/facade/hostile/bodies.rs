//! Bodies that are too long, too slow, broken, or of another kind than declared.

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use hb_bls::{BookingId, Clock as _, Error, ErrorKind};
use hb_bls_gen::Operation;
use jiff::SignedDuration;

use super::shown;
use crate::{
    canned::{Canned, Reply, answer, json},
    cause_of,
    clock::ATTEMPT,
};

const MIB: usize = 1024 * 1024;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn courses(reply: impl Into<Vec<u8>>) -> Result<Vec<hb_bls::Course>, Error> {
    let outcome = Canned::start(reply).await.client().courses().list().await;
    outcome.inspect_err(|error| drop(shown(error)))
}

/// 10 GiB, as far as the client reads them.
fn endless(status: &'static str, chunked: bool) -> impl FnMut(&crate::canned::Request) -> Reply + Send {
    move |_| {
        let body = vec![b' '; MIB / 4];
        if chunked {
            let head = format!("HTTP/1.1 {status}\r\ntransfer-encoding: chunked\r\n\r\n");
            let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n"].concat();
            Reply::Endless(head.into(), chunk)
        } else {
            Reply::Endless(format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", 10_u64 << 30).into(), body)
        }
    }
}

#[tokio::test]
async fn ten_gibibytes_are_not_read() {
    for chunked in [false, true] {
        let server = Canned::script(endless("200 OK", chunked)).await;
        let error = server.client().courses().list().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Decode && error.reason() == Some("the body is too long"), "{error:?}");
        assert!(!error.is_retryable());
        // buffers of the system count as read
        assert!((16 * MIB..32 * MIB).contains(&server.taken()), "{} bytes", server.taken());
    }
    let server = Canned::script(endless("200 OK", false)).await;
    let error = server.client().bookings().certificate(BookingId::new(7)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("downloadCertificate")), "{error:?}");
    assert!((64 * MIB..80 * MIB).contains(&server.taken()), "{} bytes", server.taken());
    // for an error the status is enough, and a token is short
    let server = Canned::script(endless("500 Oops", true)).await;
    let error = server.client().courses().list().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Server && error.status() == Some(500), "{error:?}");
    let server = Canned::all(endless("200 OK", true)).await;
    let error = server.client().courses().list().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("createToken")), "{error:?}");
    assert!(server.taken() < 32 * MIB, "{} bytes", server.taken());
}

#[tokio::test]
async fn a_small_answer_that_unfolds_to_a_huge_one_is_not_unfolded() {
    let bomb = gzip(&vec![b' '; 17 * MIB]);
    assert!(bomb.len() < MIB / 4);
    let error = courses(gzipped(&bomb)).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Decode && error.reason() == Some("the body is too long"), "{error:?}");
}

#[tokio::test]
async fn a_small_answer_that_unfolds_to_millions_of_entries_is_not_read() {
    let entries = [r#"{"id":1}"#; 1_800_000].join(",");
    for body in [format!("[{entries}]"), format!(r#"{{"data":[{entries}]}}"#)] {
        assert!(body.len() < 16 * MIB);
        let bomb = gzip(body.as_bytes());
        assert!(bomb.len() < MIB / 4);
        let error = courses(gzipped(&bomb)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("listCourses")), "{error:?}");
        assert_eq!(error.reason(), Some("the list has more than 20,000 entries"));
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn compressed_answers_are_read_and_broken_ones_are_not() {
    let whole = gzip(br#"[{"id":7}]"#);
    assert_eq!(courses(gzipped(&whole)).await.unwrap()[0].id.get(), 7);
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    for broken in [&whole[..whole.len() - 6], &whole[..5], &flipped, b"[]"] {
        let error = courses(gzipped(broken)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Network, Some("listCourses")), "{error:?}");
        assert!(error.is_retryable());
    }
    // the client did not request these encodings
    for unknown in ["br", "zstd", "sesame"] {
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-encoding: {unknown}\r\ncontent-length: 4\r\n\r\n\u{b}\u{2}\0\u{3}");
        let error = courses(head).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_drips_is_given_up_in_time() {
    for head in [
        "HTTP/1.1 200 ",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n[",
        "HTTP/1.1 200 OK\r\n\r\n[",
        "HTTP/1.1 503 Away\r\ncontent-length: 1000000\r\n\r\n",
    ] {
        let server = Canned::script(move |_| Reply::Drip(head.into())).await;
        let client = server.builder().attempt_timeout(ATTEMPT).build().unwrap();
        let began = server.clock.now();
        let drip = async {
            server.asked(2).await;
            for _ in 0..100 {
                for _ in 0..5 {
                    tokio::task::yield_now().await;
                }
                server.drip();
                server.clock.advance(Duration::from_secs(1));
            }
        };
        let error = tokio::select! {
            biased;
            outcome = client.courses().list() => outcome.unwrap_err(),
            () = drip => panic!("it was not given up"),
        };
        assert!(
            error.kind() == ErrorKind::Timeout && error.operation() == Some("listCourses") && error.was_sent(),
            "{head:?}: {error:?}"
        );
        assert!(shown(&error).contains("timed out after 29.983 s: no complete response"), "{head:?}: {error}");
        assert!(server.clock.now() <= began + SignedDuration::from_secs(31), "{head:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_network_error() {
    for bytes in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":[",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n[\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nsesame\r\n",
    ] {
        let error = courses(bytes).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Network, Some("listCourses")),
            "{bytes:?}: {error:?}"
        );
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn what_an_answer_says_it_is_does_not_matter() {
    for media in ["text/html", "text/plain; charset=utf-16", "image/png", "sesame", "application/problem+json"] {
        assert_eq!(courses(answer("200 OK", media, "[]")).await.unwrap().len(), 0);
    }
    for body in [&b"\xff\xfe[\0]\0"[..], b"\x89PNG\r\n", b"<html>Ada Lovelace</html>", b"\xef\xbb\xbf[]", b"NaN"] {
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        let error = courses([head.as_bytes(), body].concat()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body:?}: {error:?}");
    }
}

/// Calls an operation on a server with this response.
async fn call(operation: Operation, reply: &'static str) -> Result<(), Error> {
    let server = Canned::start(reply).await;
    crate::wire::call(&server.client(), &server.clock, operation).await
}

#[tokio::test]
async fn a_204_is_a_success_where_no_body_is_needed() {
    for reply in ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n"] {
        for operation in Operation::ALL {
            let outcome = call(operation, reply).await;
            match operation {
                Operation::CreateToken | Operation::RefreshToken => {}
                Operation::ReleaseTimeslotHold
                | Operation::RevokeToken
                | Operation::DeleteWebhook
                | Operation::TestWebhook => outcome.unwrap(),
                _ => {
                    let error = outcome.unwrap_err();
                    let may_be_made = matches!(operation, Operation::CreateBooking | Operation::HoldTimeslot);
                    assert_eq!(error.is_ambiguous(), may_be_made, "{error:?}");
                    let cause = if may_be_made { cause_of(&error) } else { &error };
                    assert_eq!(
                        (cause.kind(), cause.operation()),
                        (ErrorKind::Decode, Some(operation.id())),
                        "{cause:?}"
                    );
                }
            }
        }
    }
    let server = Canned::all(|_| "HTTP/1.1 204 No Content\r\n\r\n".into()).await;
    let error = server.client().courses().list().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("createToken")), "{error:?}");
}

#[tokio::test]
async fn any_2xx_with_a_body_is_a_success() {
    for status in ["200 OK", "201 Created", "202 Accepted", "203 Other", "299 Fine"] {
        assert_eq!(courses(answer(status, "application/json", "[]")).await.unwrap().len(), 0, "{status}");
        let server = Canned::all(move |asked| match asked.head.contains("/auth/") {
            true => answer(status, "application/json", r#"{"access_token":"tok"}"#).into(),
            false => json("[]").into(),
        })
        .await;
        server.client().courses().list().await.unwrap();
    }
}

#[tokio::test]
async fn a_partial_response_that_was_not_requested_is_an_error() {
    let head = "HTTP/1.1 206 Partial\r\ncontent-range: bytes 0-1/900\r\ncontent-length: 2\r\n\r\n[]";
    let error = courses(head).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("listCourses")), "{error:?}");
    assert!(error.to_string().contains("it is a part"), "{error}");
    let server = Canned::all(move |_| head.into()).await;
    let error = server.client().courses().list().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("createToken")), "{error:?}");
}
