//! The options of a client or of a single call.

use std::{
    error::Error as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use hb_bls::{CallOptions, Client, Clock as _, Credentials, ErrorKind, RetryPolicy};
use jiff::SignedDuration;
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::{HeaderMap, HeaderValue},
    redirect,
};

use crate::{
    canned::{Canned, Reply, answer, json},
    clock::ATTEMPT,
};

#[tokio::test]
async fn an_extra_header_goes_with_the_calls_it_was_given_for() {
    let server = Canned::start(json("[]")).await;
    let client = server.client();
    let options = CallOptions::new().header("X-Route", "blue").unwrap().header("x-route", "green").unwrap();
    client.with_options(options).courses().list().await.unwrap();
    client.courses().list().await.unwrap();
    let heads = server.heads();
    let routed: Vec<bool> = heads.iter().map(|head| head.contains("x-route: blue\r\nx-route: green\r\n")).collect();
    assert_eq!(routed, [false, true, false], "not with the token request: {heads:?}");
}

#[tokio::test]
async fn an_extra_header_overrides_none_of_ours() {
    let own = [
        "Authorization",
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "te",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    ];
    for name in own {
        let error = CallOptions::new().header(name, "sesame").unwrap_err().to_string();
        let expected = "configuration: an extra header has a name that the client sets itself: ";
        assert_eq!(error, format!("{expected}{}", name.to_lowercase()));
    }
    for (name, value) in [("a b", "c"), ("", "c"), ("a", "b\r\nc: sesame"), ("a", "\u{7f}")] {
        let error = CallOptions::new().header(name, value).unwrap_err().to_string();
        assert!(error.starts_with("configuration: an extra header has a ") && !error.contains("sesame"), "{error}");
    }
}

#[tokio::test]
async fn each_answer_is_shown_with_its_status_headers_and_request_id() {
    let mut replies = vec![
        json("[]"),
        answer("503 Away", "text/html", "<html>\r\n"),
        "HTTP/1.1 200 OK\r\nX-Request-Id: req-7\r\nx-new: 1\r\ncontent-length: 2\r\n\r\n[]".to_owned(),
    ];
    let server = Canned::script(move |_| replies.pop().unwrap_or_else(|| json("[]")).into()).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let options = CallOptions::new().retry(RetryPolicy::default()).on_response(move |answer| {
        let new = answer.headers().get("x-new").map(|value| value.to_str().unwrap().to_owned());
        let id = answer.request_id().map(str::to_owned);
        log.lock().unwrap().push((answer.operation(), answer.attempt(), answer.status(), id, new));
        assert!(!format!("{answer:?}").contains("req-7"));
        assert!([&b"[]"[..], b"<html>\r\n"].contains(&answer.body()));
    });
    let client = server.client().with_options(options);
    server.clock.drive(None, client.courses().list()).await.unwrap();
    server.clock.drive(None, client.courses().list()).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let seen = seen.lock().unwrap();
    assert_eq!(
        *seen,
        [
            ("listCourses", 1, 200, text("req-7"), text("1")),
            ("listCourses", 1, 503, None, None),
            ("listCourses", 2, 200, None, None),
        ]
    );
}

#[tokio::test]
async fn a_call_has_its_own_timeout_and_policy() {
    let server = Canned::script(|_| Reply::silent()).await;
    let client = server.builder().timeout(Duration::from_secs(3600)).attempt_timeout(ATTEMPT).build().unwrap();
    let hurried = client.with_options(CallOptions::new().timeout(Duration::from_secs(5)));
    let began = server.clock.now();
    let outcome = server.given_up(hurried.courses().list(), 2, Duration::from_secs(5)).await;
    assert_eq!(outcome.unwrap_err().to_string(), "listCourses: timed out after 5 s: no complete response");
    assert_eq!(server.clock.now(), began + SignedDuration::from_secs(5));

    let server = Canned::start(answer("503 Away", "text/html", "")).await;
    let client = server.builder().retry(RetryPolicy::default()).build().unwrap();
    let once = client.with_options(CallOptions::new().retry(RetryPolicy::none()));
    assert_eq!(once.courses().list().await.unwrap_err().status(), Some(503));
    assert_eq!(server.requests().len(), 2, "with the token");
}

#[tokio::test]
async fn programs_name_themselves_before_us() {
    let server = Canned::start(json("[]")).await;
    server.builder().user_agent("crm/2.1").build().unwrap().courses().list().await.unwrap();
    let expected = format!("user-agent: crm/2.1 hb-bls/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(server.heads().iter().all(|head| head.contains(&expected)), "{:?}", server.heads());
    let error = server.builder().user_agent("sesame\r\nx: y").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
    let texts = format!("{error:#} {error:?}");
    assert!(error.source().is_some() && !texts.contains("sesame"), "{texts}");
}

#[tokio::test]
async fn the_http_client_can_be_set_up_but_for_what_is_ours() {
    let other = Canned::start(json("[]")).await;
    let place = format!("{}/courses", other.url());
    let server = Canned::start(format!("HTTP/1.1 307 Moved\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n")).await;
    let client = server.builder().configure_http(|http| {
        let headers = [("x-gateway", "blue"), ("authorization", "Basic abc"), ("accept", "text/html")];
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        let headers = HeaderMap::from_iter(headers);
        http.default_headers(headers).user_agent("mine").redirect(redirect::Policy::limited(9)).referer(true)
    });
    let error = client.build().unwrap().courses().list().await.unwrap_err();
    assert!(error.to_string().contains("a redirect, which is not followed"), "{error}");
    assert!(other.requests().is_empty());
    let heads = server.heads();
    let [_, asked] = &heads[..] else { panic!("{heads:?}") };
    for expected in ["x-gateway: blue", "authorization: bearer tok_canned", "accept: application/json", "hb-bls/"] {
        assert_eq!(asked.matches(expected).count(), 1, "{expected}: {asked}");
    }
    assert!(!asked.contains("mine") && !asked.contains("abc"), "{asked}");
}

/// A resolver that never finds an address.
struct Lost;

impl Resolve for Lost {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::pending::<Result<Addrs, _>>())
    }
}

#[tokio::test(start_paused = true)]
async fn connecting_has_a_timeout_of_its_own() {
    let began = tokio::time::Instant::now();
    let client = Client::builder().credentials(Credentials::new("a", "b")).base_url("http://localhost:9/");
    let client = client.configure_http(|http| http.dns_resolver(Lost)).connect_timeout(Duration::from_secs(7));
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let error = client.courses().list().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Network, Some("createToken")), "{error:?}");
    assert_eq!(began.elapsed().as_secs(), 7);
}

#[test]
fn a_base_url_that_tokens_must_not_go_to_is_refused_at_build() {
    for (url, why) in [
        ("http://bls.example.com/api/v1", "must be https"),
        ("http://127.0.0.1.example.com/", "must be https"),
        ("http://10.0.0.1/", "must be https"),
        ("http://0.0.0.0/", "must be https"),
        ("ftp://127.0.0.1/", "must be https"),
        ("https://ada:sesame@example.com/", "user name or password"),
        ("https://example.com/?key=sesame", "must end with a path"),
        ("bls.example.com", "is not a URL"),
        ("", "is not a URL"),
    ] {
        let builder = Client::builder().credentials(Credentials::new("a", "b")).base_url(url);
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{url}: {error:?}");
        let text = error.reason().unwrap();
        assert!(text.contains(why) && !text.contains("sesame"), "{url}: {text}");
    }
}
