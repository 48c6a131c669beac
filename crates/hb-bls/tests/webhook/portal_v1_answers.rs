//! How the Portal V1 router responds.

use axum::{Router, body::Body, response::Response};
use hb_bls::portal_v1::{self, ApiKeys, Notification, Payload};
use http::{Request, StatusCode};
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use crate::portal_v1_payloads::completion;

fn router() -> (Router, mpsc::UnboundedReceiver<Notification>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let handler = move |notification| {
        let sent = sender.send(notification);
        async move { sent }
    };
    (portal_v1::axum::router(ApiKeys::new(["old", "new"]).unwrap(), handler), receiver)
}

async fn send(router: &Router, method: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let mut request = Request::builder().method(method).uri("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap()
}

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

#[tokio::test]
async fn options_tells_what_is_offered_without_a_key() {
    let (router, _seen) = router();
    let answer = send(&router, "OPTIONS", &[], "").await;
    assert_eq!(
        (answer.status(), &answer.headers()["allow"]),
        (StatusCode::OK, &"OPTIONS, POST, PATCH".parse().unwrap())
    );
    assert_eq!(send(&router, "GET", &[], "").await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn post_and_patch_are_accepted_with_either_key_and_any_version() {
    let (router, mut seen) = router();
    for (method, headers, version) in [
        ("POST", vec![JSON, ("api-key", "old"), ("api-version", "1.0")], Some("1.0")),
        ("PATCH", vec![JSON, ("API-Key", "new"), ("api-version", "2")], Some("2")),
        ("POST", vec![("content-type", "application/vnd.hb+json"), ("api-key", "new")], None),
    ] {
        let answer = send(&router, method, &headers, completion().to_string()).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
        let notification = seen.try_recv().unwrap();
        assert_eq!(notification.api_version.as_deref(), version);
        assert!(matches!(notification.payload, Payload::CourseCompletion { .. }));
    }
    let answer = send(&router, "POST", &[JSON, ("api-key", "old")], r#"{"training":{"id":7}}"#).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let Payload::Other(raw) = seen.try_recv().unwrap().payload else { panic!() };
    assert_eq!(raw["training"]["id"], 7);
}

#[tokio::test]
async fn everything_else_is_refused_with_its_own_status() {
    let (router, mut seen) = router();
    let (body, key) = (completion().to_string(), ("api-key", "old"));
    let long = " ".repeat(1024 * 1024 + 1);
    let many =
        || Body::from_stream(futures::stream::iter((0..33).map(|_| Ok::<_, std::io::Error>(vec![b' '; 32 * 1024]))));
    let cases = [
        (401, vec![JSON], Body::from(body.clone())),
        (401, vec![JSON, ("api-key", "")], Body::from(body.clone())),
        (401, vec![JSON, ("api-key", "nearly")], Body::from(body.clone())),
        (401, vec![JSON, key, key], Body::from(body.clone())),
        (413, vec![JSON, key], Body::from(long)),
        (413, vec![JSON, key], many()),
        (415, vec![key], Body::from(body.clone())),
        (415, vec![("content-type", "text/json"), key], Body::from(body.clone())),
        (422, vec![JSON, key], Body::from("{")),
        (422, vec![JSON, key], Body::from(r#"{"course":{}}"#)),
    ];
    for (number, (status, headers, body)) in cases.into_iter().enumerate() {
        assert_eq!(send(&router, "POST", &headers, body).await.status().as_u16(), status, "case {number}");
    }
    assert!(seen.try_recv().is_err());
    drop(seen);
    assert_eq!(send(&router, "POST", &[JSON, key], body).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
