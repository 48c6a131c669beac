//! Certificates are complete, or the call fails.

use std::{
    error::Error as _,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hb_bls::{BookRequest, BookingId, Clock as _, CourseId, ErrorKind};
use jiff::SignedDuration;
use tokio::io::AsyncWrite;

use crate::{
    book::details,
    canned::{Canned, answer, token},
    clock::ATTEMPT,
    virtual_time::VirtualTime,
};

const ID: BookingId = BookingId::new(7);
const MINUTE: Duration = Duration::from_secs(60);
const PDF: &str = "%PDF-1.7 content\n%%EOF\n";

#[tokio::test]
async fn a_certificate_is_saved_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificate.pdf");
    std::fs::write(&path, "an older one").unwrap();
    let server = Canned::start(answer("200 OK", "application/pdf", PDF)).await;
    server.client().bookings().save_certificate(ID, &path).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), PDF);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(server.heads()[1].contains("accept: application/pdf, application/json"));
}

/// Responses that are not a certificate, and what the error says.
fn broken() -> [(String, &'static str); 8] {
    let part = "206 Partial\r\ncontent-range: bytes 0-22/100";
    [
        (answer(part, "application/pdf", PDF), "it is a part"),
        // only the end of the connection marks the end
        ("HTTP/1.1 200 OK\r\n\r\n%PDF-1.7 half".into(), "the PDF ends early"),
        (answer("200 OK", "application/pdf", "%PDF-1.7 half"), "the PDF ends early"),
        // the end of an earlier version of the file, followed by more
        (answer("200 OK", "application/pdf", &format!("{PDF}{}", "more".repeat(256))), "the PDF ends early"),
        (answer("200 OK", "text/html", "<html>sign in</html>"), "it is not a PDF"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n%PDF-1.7 half".into(), "no complete response"),
        (answer("422 Unprocessable Content", "application/json", "{}"), "the certificate is not ready"),
        (answer("500 Oops", "application/json", "{}"), "the portal failed"),
    ]
}

#[tokio::test]
async fn what_is_no_certificate_leaves_no_file_and_not_a_byte_in_a_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificate.pdf");
    for (bytes, expected) in broken() {
        let client = Canned::start(bytes).await.client();
        let error = client.bookings().save_certificate(ID, &path).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{error}");
        let mut writer = Vec::new();
        let error = client.bookings().write_certificate(ID, &mut writer).await.unwrap_err();
        assert!(error.to_string().contains(expected) && writer.is_empty(), "{error}");
    }
}

#[tokio::test]
async fn what_follows_the_end_of_a_certificate_does_not_matter() {
    for more in ["", "\r\n", "\0\0\0", "<!-- served in 12 ms -->"] {
        let pdf = format!("{PDF}{more}");
        let server = Canned::start(answer("200 OK", "application/pdf", &pdf)).await;
        assert_eq!(server.client().bookings().certificate(ID).await.unwrap(), pdf);
    }
    let server = Canned::start(format!("HTTP/1.1 200 OK\r\n\r\n{PDF}")).await;
    assert_eq!(server.client().bookings().certificate(ID).await.unwrap(), PDF);
    let server = Canned::start("HTTP/1.1 200 OK\r\n\r\n%PDF-1.7 half").await;
    assert!(server.client().bookings().certificate(ID).await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("certificate.pdf");
    let server = Canned::start(answer("200 OK", "application/pdf", PDF)).await;
    let error = server.client().bookings().save_certificate(ID, &path).await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::File, path.to_str()), "{error:?}");
}

/// A writer that accepts one byte at a time, fails where the test says so, and records whether it was flushed.
struct Narrow {
    taken: Vec<u8>,
    fails_at: usize,
    flushed: bool,
}

impl AsyncWrite for Narrow {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.taken.len() == self.fails_at {
            return Poll::Ready(Err(io::ErrorKind::StorageFull.into()));
        }
        self.taken.push(bytes[0]);
        Poll::Ready(Ok(1))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        panic!("a writer may have more to take")
    }
}

#[tokio::test]
async fn a_writer_gets_all_of_it_or_its_error_is_reported() {
    let server = Canned::start(answer("200 OK", "application/pdf", PDF)).await;
    let client = server.client();
    let mut writer = Narrow { taken: Vec::new(), fails_at: usize::MAX, flushed: false };
    client.bookings().write_certificate(ID, &mut writer).await.unwrap();
    assert_eq!((&writer.taken[..], writer.flushed), (PDF.as_bytes(), true));
    let mut writer = Narrow { taken: Vec::new(), fails_at: 3, flushed: false };
    let error = client.bookings().write_certificate(ID, &mut writer).await.unwrap_err();
    assert_eq!((error.kind(), error.path(), error.is_retryable()), (ErrorKind::File, None, false), "{error:?}");
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).unwrap();
    assert_eq!(cause.kind(), io::ErrorKind::StorageFull);
    assert_eq!(format!("{error:#}"), format!("cannot write the certificate: {cause}"));
}

#[cfg(unix)]
mod killed {
    use super::*;
    use crate::environment::child;

    /// Longer than the one block that the process may write.
    fn long() -> String {
        format!("%PDF-1.7 {}%%EOF", "content ".repeat(100_000))
    }

    #[tokio::test]
    #[ignore = "saves a certificate in a process of its own"]
    async fn save() {
        let [url, path] = ["TEST_URL", "TEST_PATH"].map(|name| std::env::var(name).unwrap());
        let credentials = hb_bls::Credentials::new("client", "key");
        let client = hb_bls::Client::builder().credentials(credentials).base_url(url).build().unwrap();
        client.bookings().save_certificate(ID, path).await.unwrap();
    }

    /// The system kills the process while it writes, as soon as a file is longer than one block.
    #[tokio::test]
    async fn a_process_that_is_killed_amid_writing_leaves_no_half_file() {
        let server = Canned::start(answer("200 OK", "application/pdf", &long())).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("certificate.pdf");
        let variables = [("TEST_URL", server.url()), ("TEST_PATH", path.to_str().unwrap().to_owned())];
        for before in [None, Some("an older one")] {
            if let Some(before) = before {
                std::fs::write(&path, before).unwrap();
            }
            let output = child("certificate::killed::save", Some("ulimit -c 0; ulimit -f 1"), &variables).await;
            assert!(!output.status.success(), "{output:?}");
            assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), before, "{output:?}");
        }
        assert_eq!(server.requests().len(), 4, "it got as far as the file");
        let output = child("certificate::killed::save", None, &variables).await;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), long());
    }
}

/// The minutes in which a certificate was requested.
async fn asked(time: &VirtualTime) -> Vec<i64> {
    let start = "2026-06-05T10:00:00Z".parse().unwrap();
    let requests = time.sandbox.requests().await.unwrap();
    let asked = requests.iter().filter(|request| request.operation_id == Some("downloadCertificate"));
    asked.map(|request| request.at.duration_since(start).as_secs() / 60).collect()
}

#[tokio::test]
async fn a_certificate_is_waited_for_up_to_the_limit() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let booking = time.drive(client.book(&BookRequest::earliest(CourseId::new(1), details(1)))).await.unwrap();
    let began = time.clock.now();
    let outcome = time.drive(client.bookings().wait_for_certificate(booking.id, 40 * MINUTE)).await;
    assert!(matches!(&outcome, Err(error) if error.kind() == ErrorKind::CertificateNotReady), "{outcome:?}");
    assert_eq!(time.clock.now(), began + SignedDuration::from_mins(40));
    assert_eq!(asked(&time).await, [0, 1, 3, 7, 15, 30, 40]);
    let outcome = time.drive(client.bookings().wait_for_certificate(booking.id, Duration::ZERO)).await;
    assert!(matches!(&outcome, Err(error) if error.kind() == ErrorKind::CertificateNotReady), "{outcome:?}");
    assert_eq!(asked(&time).await.len(), 8, "once at least");
}

#[tokio::test]
async fn a_certificate_comes_as_soon_as_it_is_asked_for_again() {
    let mut asked = 0;
    let server = Canned::all(move |request| {
        if request.head.contains("/auth/") {
            return token();
        }
        asked += 1;
        let not_ready = answer("422 Wait", "application/json", r#"{"message":"not yet"}"#);
        if asked < 8 { not_ready } else { answer("200 OK", "application/pdf", PDF) }.into()
    })
    .await;
    let client = server.builder().attempt_timeout(ATTEMPT).build().unwrap();
    let began = server.clock.now();
    let waiting = client.bookings().wait_for_certificate(ID, 24 * 60 * MINUTE);
    assert_eq!(server.clock.drive(None, waiting).await.unwrap(), PDF);
    let asked = server.requests().into_iter().filter(|request| request.line.contains("/certificate"));
    let minutes = asked.map(|request| request.at.duration_since(began).as_secs() / 60);
    assert_eq!(minutes.collect::<Vec<_>>(), [0, 1, 3, 7, 15, 30, 45, 60]);
}

#[tokio::test]
async fn what_is_no_matter_of_waiting_is_reported_at_once() {
    for status in ["404 Gone", "401 Who", "500 Oops"] {
        let server = Canned::start(answer(status, "application/json", "{}")).await;
        let began = server.clock.now();
        let client = server.client();
        let waiting = client.bookings().wait_for_certificate(ID, 24 * 60 * MINUTE);
        let error = server.clock.drive(None, waiting).await.unwrap_err();
        assert_ne!(error.kind(), ErrorKind::CertificateNotReady, "{error:?}");
        assert_eq!(server.clock.now(), began, "{status}");
    }
}
