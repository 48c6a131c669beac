//! Response heads that no server should send.

use hb_bls::{Error, ErrorKind};

use super::shown;
use crate::{
    canned::{Canned, Reply},
    clock::ATTEMPT,
};

const MIB: usize = 1024 * 1024;

async fn courses(reply: impl Into<Vec<u8>>) -> Result<usize, Error> {
    let outcome = Canned::start(reply).await.client().courses().list().await;
    outcome.map(|courses| courses.len()).inspect_err(|error| drop(shown(error)))
}

fn is_network(outcome: &Result<usize, Error>) -> bool {
    matches!(&outcome, Err(error) if error.kind() == ErrorKind::Network && error.operation() == Some("listCourses"))
}

#[tokio::test]
async fn huge_headers_are_not_read() {
    let value = "Ada Lovelace ".repeat(MIB / 13);
    for head in [
        format!("HTTP/1.1 200 OK\r\nx: {value}\r\ncontent-length: 2\r\n\r\n[]"),
        format!("HTTP/1.1 200 {value}\r\ncontent-length: 2\r\n\r\n[]"),
        format!("HTTP/1.1 200 OK\r\n{}: 1\r\ncontent-length: 2\r\n\r\n[]", "a".repeat(MIB)),
        format!("HTTP/1.1 200 OK\r\n{}content-length: 2\r\n\r\n[]", "x: y\r\n".repeat(MIB / 6)),
    ] {
        let outcome = courses(head).await;
        assert!(is_network(&outcome), "{outcome:?}");
    }
}

#[tokio::test]
async fn headers_without_end_are_not_waited_for() {
    for (head, piece) in [
        ("HTTP/1.1 200 OK\r\n", "x: Ada Lovelace\r\n"),
        ("HTTP/1.1 200 OK\r\nx: ", "Ada Lovelace"),
        ("HTTP/1.1 200 ", "O"),
    ] {
        let piece = piece.repeat(1000);
        let server = Canned::script(move |_| Reply::Endless(head.into(), piece.clone().into())).await;
        let error = server.client().courses().list().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Network, Some("listCourses")), "{error:?}");
        drop(shown(&error));
        assert!(server.taken() < 16 * MIB, "{} bytes", server.taken());
    }
}

#[tokio::test]
async fn answers_that_are_on_their_way_are_passed_up_to_the_end_of_the_attempt() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let processing = "HTTP/1.1 102 Processing\r\n\r\n".repeat(1000);
    for first in ["HTTP/1.1 100 Continue\r\n\r\n", hints, &processing] {
        assert_eq!(courses(format!("{first}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")).await.unwrap(), 0);
    }
    let server = Canned::script(move |_| Reply::Endless(hints.into(), hints.repeat(100).into())).await;
    let client = server.builder().attempt_timeout(ATTEMPT).build().unwrap();
    let late = async {
        server.asked(2).await;
        while server.taken() < MIB {
            tokio::task::yield_now().await;
        }
        server.clock.advance(ATTEMPT);
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
        }
    };
    let outcome = tokio::select! {
        biased;
        outcome = client.courses().list() => outcome,
        () = late => panic!("it was not given up"),
    };
    assert!(
        matches!(&outcome, Err(error) if error.kind() == ErrorKind::Timeout && error.operation() == Some("listCourses") && error.was_sent()),
        "{outcome:?}"
    );
    // the client did not ask for another protocol
    let outcome =
        courses("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n").await;
    assert!(
        matches!(&outcome, Err(error) if error.kind() == ErrorKind::Decode && error.reason() == Some("it is not a final response")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn an_older_http_is_read_to_the_end_of_the_connection() {
    assert_eq!(courses("HTTP/1.0 200 OK\r\n\r\n[]").await.unwrap(), 0);
    assert_eq!(courses("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n[]").await.unwrap(), 0);
    // a `Content-Length` would have shown that the body is incomplete
    let outcome = courses("HTTP/1.0 200 OK\r\n\r\n[{\"id\":1}").await;
    assert!(matches!(&outcome, Err(error) if error.kind() == ErrorKind::Decode && error.is_retryable()), "{outcome:?}");
    for other in ["HTTP/0.9 200 OK\r\n\r\n[]", "HTTP/2.0 200 OK\r\n\r\n[]", "HTTP/9 200 OK\r\n\r\n[]", "[]"] {
        let outcome = courses(other).await;
        assert!(is_network(&outcome), "{other:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_refused() {
    let with = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n[]");
    assert_eq!(courses(with("content-length: 2\r\ncontent-length: 2\r\n")).await.unwrap(), 0);
    for lines in [
        "content-length: 2\r\ncontent-length: 3\r\n",
        "content-length: 2, 3\r\n",
        "content-length: -2\r\n",
        "content-length: +2\r\n",
        "content-length: 99999999999999999999\r\n",
        "content-length: sesame\r\n",
        "content-length 2\r\n",
        "content-length: 2\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: sesame, chunked\r\n",
    ] {
        let outcome = courses(with(lines)).await;
        assert!(is_network(&outcome), "{lines:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn statuses_that_nobody_knows_are_errors() {
    for status in ["099", "42", "1000", "abc", ""] {
        let outcome = courses(format!("HTTP/1.1 {status} OK\r\ncontent-length: 2\r\n\r\n[]")).await;
        assert!(is_network(&outcome), "{status}: {outcome:?}");
    }
    let outcome = courses("HTTP/1.1 999 OK\r\ncontent-length: 2\r\n\r\n[]").await;
    assert!(
        matches!(&outcome, Err(error) if error.kind() == ErrorKind::Server && error.status() == Some(999)),
        "{outcome:?}"
    );
}
