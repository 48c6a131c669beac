//! Files are whole or not there.

use hb_bls::{BookingId, Error};

use crate::canned::{Canned, answer};

const ID: BookingId = BookingId::new(7);

#[tokio::test]
async fn a_certificate_is_saved_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificate.pdf");
    std::fs::write(&path, "an older one").unwrap();
    let server = Canned::start(answer("200 OK", "application/pdf", "%PDF-1.7 content")).await;
    server.client().bookings().save_certificate(ID, &path).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "%PDF-1.7 content");
    assert!(server.heads()[1].contains("accept: application/pdf, application/json"));
}

#[tokio::test]
async fn what_is_no_certificate_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificate.pdf");
    for (bytes, expected) in [
        (answer("200 OK", "text/html", "<html>sign in</html>"), "it is not a PDF"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n%PDF-1.7 half".into(), "no complete answer"),
        (answer("422 Unprocessable Content", "application/json", "{}"), "the certificate is not ready"),
        (answer("500 Oops", "application/json", "{}"), "the portal failed"),
    ] {
        let error = Canned::start(bytes).await.client().bookings().save_certificate(ID, &path).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{error}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("certificate.pdf");
    let server = Canned::start(answer("200 OK", "application/pdf", "%PDF-1.7")).await;
    let error = server.client().bookings().save_certificate(ID, &path).await.unwrap_err();
    assert!(matches!(&error, Error::File { path: named, .. } if named.as_deref() == Some(path.as_path())), "{error:?}");
}
