//! Answers to requests that are not the API's.

use reqwest::Method;
use serde_json::json;

use crate::support::{Portal, read};

#[tokio::test]
async fn unknown_paths_and_methods_are_json() {
    let portal = Portal::start().await;
    let missing = portal.client.get("/nowhere").await.expect(404);
    assert_eq!(missing, json!({ "message": "The route api/v1/nowhere could not be found." }));
    let wrong = portal.client.delete("/courses").await;
    assert!(wrong.headers["allow"].to_str().unwrap().contains("GET"));
    assert_eq!(wrong.expect(405), json!({ "message": "The DELETE method is not supported for route api/v1/courses." }));
    for id in ["x", "-1", "1.5", "99999999999999999999", "%00", "%ff"] {
        portal.client.get(&format!("/bookings/{id}")).await.expect(404);
    }
}

/// As Laravel has it: what is no JSON object has no fields.
#[tokio::test]
async fn a_body_that_is_no_json_object_is_missing_everything() {
    let portal = Portal::start().await;
    for (kind, body) in [
        ("application/json", "{\"course_id\": 1"),
        ("application/json", "[1]"),
        ("application/json", ""),
        ("application/json", "\u{feff}{}"),
        ("text/plain", r#"{"course_id": 1, "date": "2026-06-08", "time": "09:00"}"#),
    ] {
        let request = portal.client.request(Method::POST, "/timeslots/hold");
        let sent = request.header("content-type", kind).body(body).send().await.unwrap();
        let answer = read(sent).await.unwrap();
        assert_eq!(answer.refused_fields(), ["course_id", "date", "time"], "{kind} {body}");
    }
}

#[tokio::test]
async fn a_huge_body_is_refused() {
    let portal = Portal::start().await;
    let body = json!({ "name": "x".repeat(2 * 1024 * 1024) });
    let refused = portal.client.post("/webhooks", body).await.expect(413);
    assert_eq!(refused, json!({ "message": "The request body is too large." }));
    portal.client.get("/courses").await.expect(200);
}
