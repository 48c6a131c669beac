//! What the page shows of deliveries and requests.

use std::time::Duration;

use hb_bls_sandbox::Fault;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Browser, Portal, Receiver, Reply, START, frozen};

#[tokio::test]
async fn a_delivery_shows_what_was_sent_and_what_came_back() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    portal.control(Method::POST, "/capture", json!({ "on": true })).await.expect(200);
    let receiver = Receiver::scripted([Reply::Status(500)]).await;
    let webhook = receiver.register(&portal.client, &["booking.created"]).await;
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let sent = receiver.received().remove(0);
    let text = browser.text("/ui/deliveries/1").await;
    for name in ["x-tdta-signature", "x-tdta-event-id", "x-tdta-timestamp", "content-type", "user-agent"] {
        assert!(text.contains(sent.header(name)), "{name}: {}", sent.header(name));
    }
    assert!(text.contains(&webhook["secret"].as_str().unwrap()[..12]));
    assert!(!text.contains(webhook["secret"].as_str().unwrap()));
    assert!(text.contains("in 15 min"), "the retry");
    assert!(browser.text("/ui/deliveries?state=scheduled").await.contains("in 15 min"));
    assert!(browser.text("/ui/deliveries?event=booking.confirmed").await.contains("No deliveries here"));

    portal.client.post("/webhooks/1/rotate-secret", json!({})).await.expect(200);
    assert!(browser.text("/ui/deliveries/1").await.contains(sent.header("x-tdta-signature")), "as it was sent");
    assert_eq!(browser.send("/ui/deliveries/1/retry", &[]).await, "/ui/deliveries/2?done=retry");
    assert_eq!(browser.send("/ui/webhooks/1/test", &[]).await, "/ui/deliveries?done=test");
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    assert_eq!(receiver.events(), ["booking.created", "booking.created", "webhook.test"]);
}

#[tokio::test]
async fn a_response_is_kept_with_its_headers() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let receiver = Receiver::scripted([Reply::Status(204)]).await;
    receiver.register(&portal.client, &["booking.created"]).await;
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let text = browser.text("/ui/deliveries/1").await;
    assert!(text.contains("The response was not kept") && !text.contains("x-receiver"), "{text}");
    portal.control(Method::POST, "/capture", json!({ "on": true })).await.expect(200);
    browser.send("/ui/deliveries/1/retry", &[]).await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let text = browser.text("/ui/deliveries/2").await;
    assert!(text.contains("<dt>x-receiver</dt><dd>tests</dd>") && text.contains("It has no body."), "{text}");
    assert!(!text.contains("aria-label=\"Response\""), "{text}");
    let log = portal.control(Method::GET, "/deliveries/2", Value::Null).await.expect(200);
    assert!(log["response_headers"].as_array().unwrap().contains(&json!(["x-receiver", "tests"])), "{log}");
}

#[tokio::test]
async fn a_history_names_the_endpoints_where_there_are_several() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let first = Receiver::scripted([Reply::Status(500)]).await;
    first.register(&portal.client, &["booking.created"]).await;
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    assert!(browser.text("/ui/bookings/1").await.contains(">attempt 1: 500<"));
    let second = Receiver::start().await;
    let webhook = json!({ "name": "Backup", "url": second.url, "events": ["booking.cancelled"] });
    portal.client.post("/webhooks", webhook).await.expect(201);
    portal.client.put("/webhooks/1", json!({ "events": ["booking.cancelled"] })).await.expect(200);
    portal.sandbox.cancel(1).await.unwrap();
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let text = browser.text("/ui/bookings/1").await;
    assert!(text.contains(">tests, attempt 1: 200<") && text.contains(">Backup, attempt 1: 200<"), "{text}");
}

#[tokio::test]
async fn a_history_says_that_nobody_receives_an_event() {
    let portal = Portal::start().await;
    portal.client.book("credits").await;
    let text = Browser::at(&portal).text("/ui/bookings/1").await;
    assert!(text.contains("booking.created") && text.contains("no endpoint subscribes to it"), "{text}");
}

#[tokio::test]
async fn requests_of_another_day_have_a_date() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    portal.client.get("/courses").await.expect(200);
    assert!(browser.text("/ui/requests").await.contains("number when\">11:00:00<"));
    portal.sandbox.advance(Duration::from_secs(24 * 60 * 60)).await.unwrap();
    assert!(browser.text("/ui/requests").await.contains("number when\">5 Jun, 11:00:00<"));
}

#[tokio::test]
async fn a_request_shows_why_it_was_refused_and_whose_it_was() {
    let portal = Portal::with(frozen(START).rate_limit(true)).await;
    let browser = Browser::at(&portal);
    let other = portal.another_account().await;
    other.post("/bookings", json!({ "pay_option": "credits" })).await.expect(422);
    portal.sandbox.inject(Fault::status("getBooking", 503)).await.unwrap();
    portal.client.get("/bookings/1").await.expect(503);
    let number = portal.sandbox.requests().await.unwrap().len() - 1;
    let text = browser.text(&format!("/ui/requests/{number}")).await;
    for line in ["hold_hash: The hold hash field is required.", "email: The email field is required."] {
        assert!(text.contains(line), "{line}");
    }
    let accounts = browser.text("/ui/account?account=2").await;
    let name = accounts.split("id=\"client-id\">").nth(1).unwrap().split('<').next().unwrap();
    assert!(text.contains(name) && text.contains("57 of 60"), "{text}");
    let count = async |query: &str| browser.text(&format!("/ui/requests?{query}")).await.matches("<tr id=").count();
    assert_eq!(count("").await, 4);
    assert_eq!(count("account=2").await, 2);
    assert_eq!(count("operation=createBooking").await, 1);
    assert_eq!(count("status=5xx").await, 1);
    assert!(browser.text("/ui/faults").await.contains("/ui/requests/4"), "who met the fault");
}
