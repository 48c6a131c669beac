//! Servers that do not follow the document.

mod bodies;
mod heads;
mod hosts;
mod tokens;

use hb_bls::{CourseId, Error, ErrorKind};

use crate::canned::{Canned, answer, json};

const PERSON: &str = "Ada Lovelace";

/// The text of an error, which must contain neither the content of the response nor a token.
fn shown(error: &Error) -> String {
    let text = format!("{error:#} {error:?}");
    for hidden in [PERSON, "tok_canned", "ref_canned", "sesame", "127.0.0.1"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    text
}

async fn courses(bytes: String) -> Error {
    let server = Canned::start(bytes).await;
    let error = server.client().courses().list().await.expect_err("the answer is not one");
    drop(shown(&error));
    error
}

#[tokio::test]
async fn html_errors_keep_their_status() {
    let page = format!("<html>{PERSON}</html>");
    let error = courses(answer("502 Bad Gateway", "text/html", &page)).await;
    assert!(
        error.kind() == ErrorKind::Server && error.operation() == Some("listCourses") && error.status() == Some(502),
        "{error:?}"
    );
    assert!(error.is_retryable());
    let error = courses(answer("403 Forbidden", "text/html", &page)).await;
    assert!(error.kind() == ErrorKind::Rejected && error.status() == Some(403), "{error:?}");
}

#[tokio::test]
async fn what_is_not_the_documented_json_is_named_by_place() {
    for (body, path) in [
        (format!("<html>{PERSON}</html>"), "."),
        (r#"{"data":[{"id":1},{"name":"NAME"}]}"#.replace("NAME", PERSON), "data[1]"),
        (r#"{"data":[{"id":"NAME"}]}"#.replace("NAME", PERSON), "data[0].id"),
        (r#"{"data":[{"id":1,"price":"NAME"}]}"#.replace("NAME", PERSON), "data[0].price"),
        (r#"{"data":[{"id":1}]"#.into(), "."),
        ("".into(), "."),
    ] {
        let error = courses(json(&body)).await;
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("listCourses")), "{body}: {error:?}");
        assert!(error.path().unwrap().starts_with(path), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn lists_are_read_in_any_envelope() {
    for body in [r#"[{"id":1}]"#, r#"{"data":[{"id":1}]}"#, r#"{"data":[{"id":"1","new":{}}],"meta":7,"links":[]}"#] {
        let server = Canned::start(json(body)).await;
        let courses = server.client().courses().list().await.unwrap();
        assert_eq!(courses[0].id.get(), 1, "{body}");
        assert_eq!(courses[0].name, None);
    }
}

#[tokio::test]
async fn a_time_that_cannot_be_read_is_named_by_place() {
    let server = Canned::start(json(r#"{"data":[{"date":"2026-06-15","time":"NINE"}]}"#)).await;
    let error = server.client().timeslots().list(CourseId::new(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "listTimeslots: cannot decode the response at `data[0].time`: not a time of day");
}

#[tokio::test]
async fn requests_say_who_asks_and_nothing_undocumented() {
    let server = Canned::start(json("[]")).await;
    server.client().courses().list().await.unwrap();
    let requests = server.heads();
    assert!(requests[0].starts_with("post /api/v1/auth/token http/1.1"), "{requests:?}");
    assert!(!requests[0].contains("authorization"), "{requests:?}");
    let lines: Vec<&str> = requests[1].lines().filter(|line| !line.starts_with("host:")).collect();
    assert_eq!(
        lines,
        [
            "get /api/v1/courses http/1.1",
            "accept: application/json",
            "authorization: bearer tok_canned",
            concat!("user-agent: hb-bls/", env!("CARGO_PKG_VERSION")),
            "accept-encoding: gzip",
        ]
    );
}
