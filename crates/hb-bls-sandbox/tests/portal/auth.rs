//! Tokens.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, Portal};

fn refresh(pair: &Value) -> Value {
    json!({ "refresh_token": pair["refresh_token"] })
}

#[tokio::test]
async fn a_token_opens_the_api_for_an_hour() {
    let portal = Portal::start().await;
    let info = portal.client.get("/auth/token-info").await.expect(200);
    assert_eq!(
        info,
        json!({
            "hb_client_id": portal.sandbox.credentials().hb_client_id,
            "expires_at": "2026-06-05T11:00:00+00:00",
        })
    );
    portal.sandbox.advance(Duration::from_secs(3_599)).await.unwrap();
    portal.client.get("/courses").await.expect(200);
    portal.sandbox.advance(Duration::from_secs(1)).await.unwrap();
    portal.client.get("/courses").await.expect(401);
}

#[tokio::test]
async fn a_refresh_token_works_once_and_for_seven_days() {
    let portal = Portal::start().await;
    let mut client = Client::new(portal.sandbox.base_url());
    let first = client.log_in(portal.sandbox.credentials()).await;
    assert_eq!(first["token_type"], "Bearer");
    assert_eq!(first["expires_in"], 3600);
    assert_eq!(first["refresh_expires_in"], 604_800);

    let week = Duration::from_secs(604_800);
    portal.sandbox.advance(week - Duration::from_secs(1)).await.unwrap();
    let second = client.post("/auth/refresh", refresh(&first)).await.expect(200);
    assert_ne!(second["access_token"], first["access_token"]);
    client.post("/auth/refresh", refresh(&first)).await.expect(401);
    client.token = second["access_token"].as_str().map(str::to_owned);
    client.get("/courses").await.expect(200);

    portal.sandbox.advance(week).await.unwrap();
    client.post("/auth/refresh", refresh(&second)).await.expect(401);
}

#[tokio::test]
async fn a_revoked_token_is_dead_and_so_is_its_refresh_token() {
    let portal = Portal::start().await;
    let mut client = Client::new(portal.sandbox.base_url());
    let pair = client.log_in(portal.sandbox.credentials()).await;
    client.post("/auth/revoke", json!({})).await.expect(200);
    client.get("/courses").await.expect(401);
    client.post("/auth/refresh", refresh(&pair)).await.expect(401);
    portal.client.get("/courses").await.expect(200);
}

#[tokio::test]
async fn without_a_valid_bearer_there_is_nothing() {
    let portal = Portal::start().await;
    let mut client = Client::new(portal.sandbox.base_url());
    for token in [None, Some("x".to_owned()), Some(String::new())] {
        client.token = token;
        let body = client.get("/bookings").await.expect(401);
        assert_eq!(body, json!({ "message": "Unauthenticated." }));
    }
    let basic = client.request(reqwest::Method::GET, "/bookings").header("authorization", "Basic x");
    assert_eq!(basic.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn wrong_credentials_are_401_and_missing_ones_422() {
    let portal = Portal::start().await;
    let client = Client::new(portal.sandbox.base_url());
    let known = &portal.sandbox.credentials().hb_client_id;
    for wrong in [
        json!({ "hb_client_id": known, "api_key": "wrong" }),
        json!({ "hb_client_id": "wrong", "api_key": portal.sandbox.credentials().api_key }),
    ] {
        client.post("/auth/token", wrong).await.expect(401);
    }
    let refused = client.post("/auth/token", json!({})).await.refused_fields();
    assert_eq!(refused, ["api_key", "hb_client_id"]);
    assert_eq!(client.post("/auth/refresh", json!({})).await.refused_fields(), ["refresh_token"]);
}
