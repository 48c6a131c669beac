//! The quota, by the sandbox's clock.

use std::time::Duration;

use hb_bls_sandbox::{ClockMode, Sandbox};
use serde_json::json;

use crate::support::{Portal, START};

async fn limited() -> Portal {
    let clock = ClockMode::Frozen(START.parse().unwrap());
    Portal::with(Sandbox::builder().clock(clock)).await
}

#[tokio::test]
async fn sixty_requests_a_minute_and_then_a_wait() {
    let portal = limited().await;
    // The first of the sixty was for the token.
    for left in (0..59).rev() {
        let answer = portal.client.get("/courses").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["x-ratelimit-limit"], "60");
        assert_eq!(answer.headers["x-ratelimit-remaining"], left.to_string().as_str());
    }
    portal.sandbox.advance(Duration::from_secs(20)).await.unwrap();
    let refused = portal.client.get("/courses").await;
    assert_eq!(refused.headers["retry-after"], "40");
    assert_eq!(refused.headers["x-ratelimit-remaining"], "0");
    assert_eq!(refused.headers["x-ratelimit-reset"], "1780653660");
    assert_eq!(refused.expect(429), json!({ "message": "Too Many Attempts." }));

    portal.sandbox.advance(Duration::from_secs(39)).await.unwrap();
    portal.client.get("/courses").await.expect(429);
    portal.sandbox.advance(Duration::from_secs(1)).await.unwrap();
    portal.client.get("/courses").await.expect(200);
}

#[tokio::test]
async fn errors_count_and_the_control_api_does_not() {
    let portal = limited().await;
    for _ in 0..30 {
        portal.client.get("/nowhere").await.expect(404);
        portal.control(reqwest::Method::GET, "/clock", json!(null)).await.expect(200);
    }
    let answer = portal.client.get("/courses").await;
    assert_eq!(answer.headers["x-ratelimit-remaining"], "28");
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let portal = Portal::start().await;
    for _ in 0..100 {
        let answer = portal.client.get("/courses").await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("x-ratelimit-limit"));
    }
}
