//! Unusable responses to token requests.

use std::time::Duration;

use hb_bls::{Client, Error, ErrorKind};

use crate::canned::{Canned, answer, json};

/// Sends this response to token requests, and a valid one to requests with a token.
async fn portal(answer: String) -> (Canned, Client) {
    let server =
        Canned::all(move |asked| if asked.head.contains("/auth/") { answer.clone() } else { json("[]") }.into()).await;
    let client = server.client();
    (server, client)
}

async fn refused(answer: String) -> Error {
    let (server, client) = portal(answer).await;
    let error = client.courses().list().await.unwrap_err();
    let text = format!("{error:?} {error}");
    assert!(!text.contains("sesame"), "{text}");
    assert_eq!(error.operation(), Some("createToken"), "{error:?}");
    assert!(server.requests().len() <= 2, "no storm");
    // a permanent failure is remembered for a moment, however often a loop calls; then the portal is asked again
    let before = server.requests().len();
    if !error.is_retryable() {
        for _ in 0..20 {
            assert_eq!(client.courses().list().await.unwrap_err().kind(), error.kind());
        }
        assert_eq!(server.requests().len(), before);
        server.clock.advance(Duration::from_secs(10));
    }
    client.courses().list().await.unwrap_err();
    assert!(server.requests().len() > before);
    error
}

#[tokio::test]
async fn a_token_that_fits_in_no_header_is_not_sent() {
    for token in [r"sesame\nx-injected: 1", r"sesame\r\n\r\n", r"\u0000sesame", "sesam\\u007f\u{e9}", ""] {
        let error = refused(json(&format!(r#"{{"access_token":"{token}","refresh_token":"{token}"}}"#))).await;
        assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("access_token")), "{token:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_token_of_a_mebibyte_is_refused() {
    let long = "sesame".repeat(1024 * 1024 / 6);
    let error = refused(json(&format!(r#"{{"access_token":"{long}"}}"#))).await;
    assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("access_token")), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_a_token_is_named_by_place() {
    for (body, path) in [
        (r#"{"token":"sesame"}"#, "."),
        (r#"{"access_token":null}"#, "access_token"),
        (r#"{"access_token":["sesame"]}"#, "access_token"),
        (r#"{"access_token":"sesame","expires_in":"sesame"}"#, "expires_in"),
        (r#""sesame""#, "."),
        ("<html>sesame</html>", "."),
    ] {
        let error = refused(json(body)).await;
        assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some(path)), "{body}: {error:?}");
    }
    let error = refused(answer("418 Teapot", "text/html", "sesame")).await;
    assert!(error.kind() == ErrorKind::Rejected && error.status() == Some(418), "{error:?}");
}

#[tokio::test]
async fn a_lifetime_that_makes_no_sense_is_taken_for_the_published_hour() {
    for lifetime in ["", r#","expires_in":null"#, r#","expires_in":0"#, r#","expires_in":-3600"#] {
        let (server, client) = portal(json(&format!(r#"{{"access_token":"tok"{lifetime}}}"#))).await;
        client.courses().list().await.unwrap();
        server.clock.advance(Duration::from_secs(58 * 60));
        client.courses().list().await.unwrap();
        assert_eq!(server.requests().len(), 3, "{lifetime}");
        server.clock.advance(Duration::from_secs(2 * 60));
        client.courses().list().await.unwrap();
        assert_eq!(server.requests().len(), 5, "{lifetime}");
    }
    for lifetime in [i64::MAX, i64::MAX / 1000, 1 << 40] {
        let (server, client) = portal(json(&format!(r#"{{"access_token":"tok","expires_in":{lifetime}}}"#))).await;
        client.courses().list().await.unwrap();
        server.clock.advance(Duration::from_secs(365 * 24 * 60 * 60));
        client.courses().list().await.unwrap();
        assert_eq!(server.requests().len(), 3, "until it is refused: {lifetime}");
    }
}

#[tokio::test]
async fn a_token_that_is_always_refused_is_replaced_once_and_no_more() {
    let server = Canned::all(|asked| match asked.head.contains("/auth/") {
        true => json(r#"{"access_token":"sesame"}"#).into(),
        false => answer("401 Unauthorized", "application/json", r#"{"message":"sesame"}"#).into(),
    })
    .await;
    let client = server.client();
    let error = client.courses().list().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::TokenRefused, Some("listCourses")), "{error:?}");
    assert_eq!((server.requests().len(), error.status()), (4, Some(401)));
    let text = format!("{error:?} {error}");
    assert!(!text.contains("sesame") && text.contains("the credentials are right"), "{text}");
    // and calls that follow at once request no more tokens
    for _ in 0..20 {
        let error = client.courses().list().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenRefused, "{error:?}");
    }
    let tokens = || server.heads().iter().filter(|head| head.contains("/auth/")).count();
    assert_eq!(tokens(), 2);
    server.clock.advance(Duration::from_secs(10));
    client.courses().list().await.unwrap_err();
    assert_eq!(tokens(), 3);
}
