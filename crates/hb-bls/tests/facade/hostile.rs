//! Servers that do not keep to the document.

use hb_bls::{BookingId, Error};

use crate::canned::{Canned, answer, json};

const PERSON: &str = "Ada Lovelace";

async fn courses(bytes: String) -> Error {
    let server = Canned::start(bytes).await;
    let error = server.client().courses().list().await.expect_err("the answer is not one");
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains(PERSON) && !shown.contains("tok_canned"), "{shown}");
    error
}

#[tokio::test]
async fn html_errors_keep_their_status() {
    let page = format!("<html>{PERSON}</html>");
    let error = courses(answer("502 Bad Gateway", "text/html", &page)).await;
    assert!(matches!(error, Error::Server { operation: "listCourses", status: 502 }), "{error:?}");
    assert!(error.is_retryable());
    let error = courses(answer("403 Forbidden", "text/html", &page)).await;
    assert!(matches!(error, Error::Rejected { status: 403, .. }), "{error:?}");
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
        let Error::Decode { operation: "listCourses", path: found, .. } = &error else { panic!("{body}: {error:?}") };
        assert!(found.starts_with(path), "{body}: {found}");
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
    let error = server.client().timeslots().list(1.into()).send().await.unwrap_err();
    assert_eq!(error.to_string(), "listTimeslots: cannot read the answer at `data[0].time`: not a time of day");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_network_error() {
    let error = courses("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":[".into()).await;
    assert!(matches!(error, Error::Network { operation: "listCourses", .. }), "{error:?}");
    let error = courses(String::new()).await;
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let endless = format!("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{}", " ".repeat(17 * 1024 * 1024));
    let error = courses(endless).await;
    assert!(matches!(error, Error::Decode { reason: "it is far too long", .. }), "{error:?}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = Canned::start(json("[]")).await;
    let place = target.client();
    let url = format!("{place:?}").split('"').nth(1).unwrap().to_owned();
    let error = courses(format!("HTTP/1.1 302 Found\r\nlocation: {url}/courses\r\ncontent-length: 0\r\n\r\n")).await;
    assert!(error.to_string().contains("a redirect, which is not followed"), "{error}");
    assert_eq!(target.heads(), Vec::<String>::new());
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

#[tokio::test]
async fn a_portal_that_is_not_there_is_a_network_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let client =
        hb_bls::Client::builder().credentials(hb_bls::Credentials::new("a", "b")).base_url(url).build().unwrap();
    let error = client.bookings().get(BookingId::new(1)).await.unwrap_err();
    assert!(matches!(error, Error::Network { operation: "createToken", .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "down to the last cause: {error}");
}
