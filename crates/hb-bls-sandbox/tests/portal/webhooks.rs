//! Registering webhooks.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Portal, Receiver, id};

fn request() -> Value {
    json!({
        "name": "CRM",
        "url": "https://agency.example/hook",
        "events": ["booking.created", "booking.cancelled"],
    })
}

#[tokio::test]
async fn the_secret_is_shown_once() {
    let portal = Portal::start().await;
    let created = portal.client.post("/webhooks", request()).await.expect(201);
    let secret = created["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"));
    assert_eq!(created["secret_prefix"], secret[..12]);
    assert!(created["notice"].is_string());
    assert_eq!(created["is_active"], true);
    assert_eq!(created.get("timeout_seconds"), None, "not echoed");

    let shown = portal.client.get(&format!("/webhooks/{}", id(&created))).await.expect(200);
    assert_eq!(
        shown,
        json!({
            "id": created["id"],
            "name": "CRM",
            "url": "https://agency.example/hook",
            "events": ["booking.created", "booking.cancelled"],
            "secret_prefix": created["secret_prefix"],
            "timeout_seconds": 10,
            "is_active": true,
            "created_at": "2026-06-05T10:00:00+00:00",
        })
    );
    let list = portal.client.get("/webhooks").await.expect(200);
    assert_eq!(list, json!({ "data": [shown] }));
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let portal = Portal::start().await;
    let nothing = portal.client.post("/webhooks", json!({})).await.refused_fields();
    assert_eq!(nothing, ["events", "name", "url"]);
    let created = portal.client.post("/webhooks", request()).await.expect(201);
    let path = format!("/webhooks/{}", id(&created));
    for (field, value, named) in [
        ("url", json!("http://agency.example/hook"), "url"),
        ("url", json!("not a url"), "url"),
        ("events", json!([]), "events"),
        ("events", json!("booking.created"), "events"),
        ("events", json!(["booking.created", "booking.imagined"]), "events.1"),
        ("timeout_seconds", json!(0), "timeout_seconds"),
        ("timeout_seconds", json!(31), "timeout_seconds"),
        ("is_active", json!("maybe"), "is_active"),
        ("name", json!("x".repeat(256)), "name"),
        ("name", json!(""), "name"),
    ] {
        let mut body = request();
        body[field] = value.clone();
        assert_eq!(portal.client.post("/webhooks", body).await.refused_fields(), [named]);
        let changed = portal.client.put(&path, json!({ field: value })).await;
        assert_eq!(changed.refused_fields(), [named]);
    }
}

#[tokio::test]
async fn given_fields_change_and_the_others_stay() {
    let portal = Portal::start().await;
    let created = portal.client.post("/webhooks", request()).await.expect(201);
    let path = format!("/webhooks/{}", id(&created));
    let mut expected = portal.client.get(&path).await.expect(200);
    for (field, value) in [
        ("name", json!("CRM 2")),
        ("url", json!("https://agency.example/other")),
        ("events", json!(["webhook.test"])),
        ("timeout_seconds", json!(30)),
        ("is_active", json!(false)),
    ] {
        expected[field] = value.clone();
        assert_eq!(portal.client.put(&path, json!({ field: value })).await.expect(200), expected);
        assert_eq!(portal.client.get(&path).await.expect(200), expected);
    }
}

#[tokio::test]
async fn a_deleted_webhook_is_gone_and_its_id_is_not_given_again() {
    let portal = Portal::start().await;
    let first = id(&portal.client.post("/webhooks", request()).await.expect(201));
    let path = format!("/webhooks/{first}");
    portal.client.delete(&path).await.expect(200);
    portal.client.get(&path).await.expect(404);
    portal.client.delete(&path).await.expect(404);
    assert_ne!(id(&portal.client.post("/webhooks", request()).await.expect(201)), first);
}

#[tokio::test]
async fn after_a_rotation_only_the_new_secret_signs() {
    let portal = Portal::start().await;
    let receiver = Receiver::start().await;
    let webhook = receiver.register(&portal.client, &["webhook.test"]).await;
    let path = format!("/webhooks/{}", id(&webhook));
    let rotated = portal.client.post(&format!("{path}/rotate-secret"), json!({})).await.expect(200);
    let keys: Vec<&String> = rotated.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["notice", "secret"]);
    portal.client.post(&format!("{path}/test"), json!({})).await.expect(200);
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let delivered = receiver.received().remove(0);
    assert!(delivered.is_signed_with(rotated["secret"].as_str().unwrap()));
    assert!(!delivered.is_signed_with(webhook["secret"].as_str().unwrap()));
    let shown = portal.client.get(&path).await.expect(200);
    assert_eq!(shown["secret_prefix"], rotated["secret"].as_str().unwrap()[..12]);
}

#[tokio::test]
async fn what_another_account_owns_does_not_exist() {
    let portal = Portal::start().await;
    let other = portal.another_account().await;
    let webhook = id(&portal.client.post("/webhooks", request()).await.expect(201));
    let path = format!("/webhooks/{webhook}");
    other.get(&path).await.expect(404);
    other.put(&path, json!({ "name": "mine" })).await.expect(404);
    other.delete(&path).await.expect(404);
    other.post(&format!("{path}/rotate-secret"), json!({})).await.expect(404);
    other.post(&format!("{path}/test"), json!({})).await.expect(404);
    assert_eq!(other.get("/webhooks").await.expect(200), json!({ "data": [] }));
    assert_eq!(portal.client.get(&path).await.expect(200)["name"], "CRM");
}
