//! Attempts, retries, their order and their log.

use std::time::Duration;

use hb_bls_sandbox::{ClockMode, DeliveryAttempt, DeliveryState, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Portal, Receiver, Reply, id};

const QUARTER: Duration = Duration::from_secs(900);

fn failing(times: usize) -> Vec<Reply> {
    vec![Reply::Status(500); times]
}

async fn states(sandbox: &Sandbox) -> Vec<(i64, &'static str)> {
    let log = sandbox.deliveries().await.unwrap();
    log.iter().map(|delivery| (delivery.attempt, delivery.state.name())).collect()
}

#[tokio::test]
async fn six_attempts_a_quarter_of_an_hour_apart_each_freshly_signed() {
    let portal = Portal::start().await;
    let receiver = Receiver::scripted(failing(6)).await;
    let webhook = receiver.register(&portal.client, &["booking.created"]).await;
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::from_secs(7_200)).await.unwrap();

    let received = receiver.received();
    let timestamps: Vec<i64> =
        received.iter().map(|delivered| delivered.header("x-tdta-timestamp").parse().unwrap()).collect();
    let start = 1_780_653_600;
    assert_eq!(timestamps, (0..6).map(|n| start + n * 900).collect::<Vec<i64>>());
    let mut signatures: Vec<&str> = received.iter().map(|delivered| delivered.header("x-tdta-signature")).collect();
    signatures.dedup();
    assert_eq!(signatures.len(), 6);
    let mut ids: Vec<i64> =
        received.iter().map(|delivered| delivered.header("x-tdta-delivery-id").parse().unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 6, "one id per attempt");
    for delivered in &received {
        assert!(delivered.is_signed_with(webhook["secret"].as_str().unwrap()));
        assert_eq!(delivered.raw, received[0].raw, "the same event");
        assert_eq!(delivered.header("x-tdta-event-id"), received[0].header("x-tdta-event-id"), "the same event id");
    }
    let failed = (1..=6).map(|attempt| (attempt, "failed")).collect::<Vec<_>>();
    assert_eq!(states(&portal.sandbox).await, failed);
}

#[tokio::test]
async fn a_retry_comes_neither_early_nor_after_an_acknowledgement() {
    let portal = Portal::start().await;
    let receiver = Receiver::scripted(failing(1)).await;
    receiver.register(&portal.client, &["booking.created"]).await;
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    assert_eq!(states(&portal.sandbox).await, [(1, "failed"), (2, "scheduled")]);
    portal.sandbox.advance(QUARTER - Duration::from_secs(1)).await.unwrap();
    assert_eq!(receiver.received().len(), 1);
    portal.sandbox.advance(Duration::from_secs(1)).await.unwrap();
    assert_eq!(receiver.received().len(), 2);
    portal.sandbox.advance(Duration::from_secs(86_400)).await.unwrap();
    assert_eq!(receiver.received().len(), 2);
    assert_eq!(states(&portal.sandbox).await, [(1, "failed"), (2, "delivered")]);
}

#[tokio::test]
async fn any_2xx_acknowledges_and_nothing_else_does() {
    for (reply, status, state) in [
        (Reply::Status(200), Some(200), DeliveryState::Delivered),
        (Reply::Status(204), Some(204), DeliveryState::Delivered),
        (Reply::Status(299), Some(299), DeliveryState::Delivered),
        (Reply::Status(400), Some(400), DeliveryState::Failed),
        (Reply::Redirect, Some(302), DeliveryState::Failed),
    ] {
        let portal = Portal::start().await;
        let receiver = Receiver::scripted([reply]).await;
        receiver.register(&portal.client, &["booking.created"]).await;
        portal.client.book("credits").await;
        portal.sandbox.advance(Duration::ZERO).await.unwrap();
        let log = portal.sandbox.deliveries().await.unwrap();
        assert_eq!((log[0].response_status, log[0].state), (status, state));
        let paths: Vec<String> = receiver.received().iter().map(|delivered| delivered.path.clone()).collect();
        assert_eq!(paths, ["/hook"], "a redirect is not followed");
    }
}

/// The one test that lets real time pass: the webhook's own timeout of a second.
#[tokio::test]
async fn silence_is_a_failure() {
    let portal = Portal::start().await;
    let receiver = Receiver::scripted([Reply::Silence]).await;
    let webhook = receiver.register(&portal.client, &["booking.created"]).await;
    let path = format!("/webhooks/{}", id(&webhook));
    portal.client.put(&path, json!({ "timeout_seconds": 1 })).await.expect(200);
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let log = portal.sandbox.deliveries().await.unwrap();
    assert_eq!(log[0].state, DeliveryState::Failed);
    assert_eq!(log[0].error.as_deref(), Some("no response within 1 s"));
    portal.sandbox.advance(QUARTER).await.unwrap();
    assert_eq!(states(&portal.sandbox).await, [(1, "failed"), (2, "delivered")]);
}

#[tokio::test]
async fn nobody_there_and_https_are_failures_with_a_reason() {
    let portal = Portal::start().await;
    let unused = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    for url in [unused.as_str(), "https://127.0.0.1:1/"] {
        let body = json!({ "name": "x", "url": url, "events": ["booking.created"] });
        portal.client.post("/webhooks", body).await.expect(201);
    }
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let log = portal.sandbox.deliveries().await.unwrap();
    for delivery in &log[..2] {
        assert_eq!(delivery.state, DeliveryState::Failed);
        assert!(delivery.error.as_ref().is_some_and(|reason| !reason.is_empty()));
    }
}

#[cfg(not(feature = "https"))]
#[tokio::test]
async fn nobody_is_connected_to_over_https() {
    let portal = Portal::start().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let body = json!({ "name": "x", "url": url, "events": ["booking.created"] });
    portal.client.post("/webhooks", body).await.expect(201);
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    let log = portal.sandbox.deliveries().await.unwrap();
    assert_eq!(log[0].error.as_deref(), Some("this sandbox is built without its feature https"));
}

#[tokio::test]
async fn each_webhook_gets_its_events_in_order() {
    let portal = Portal::start().await;
    // The first event of four fails; the three after it are not held up, and it is retried after them.
    let receiver = Receiver::scripted(failing(1)).await;
    let events = ["booking.created", "booking.attendance_marked", "booking.certificate_available"];
    receiver.register(&portal.client, &events).await;
    let first = id(&portal.client.book("credits").await);
    portal.sandbox.complete(first).await.unwrap();
    portal.sandbox.return_kit(first).await.unwrap();
    let second = id(&portal.client.book("credits").await);
    portal.sandbox.advance(QUARTER).await.unwrap();
    let seen: Vec<(String, i64)> = receiver
        .received()
        .iter()
        .map(|delivered| (delivered.event().to_owned(), id(&delivered.body["data"])))
        .collect();
    let event = |name: &str, booking| (name.to_owned(), booking);
    assert_eq!(
        seen,
        [
            event(events[0], first),
            event(events[1], first),
            event(events[2], first),
            event(events[0], second),
            event(events[0], first),
        ]
    );
}

#[tokio::test]
async fn retries_of_several_events_keep_their_order_too() {
    let portal = Portal::start().await;
    let receiver = Receiver::scripted(failing(6)).await;
    receiver.register(&portal.client, &["booking.created"]).await;
    let bookings: Vec<i64> =
        [portal.client.book("credits").await, portal.client.book("credits").await, portal.client.book("credits").await]
            .iter()
            .map(id)
            .collect();
    portal.sandbox.advance(3 * QUARTER).await.unwrap();
    let seen: Vec<i64> = receiver.received().iter().map(|delivered| id(&delivered.body["data"])).collect();
    assert_eq!(seen, bookings.repeat(3));
}

#[tokio::test]
async fn one_webhook_does_not_hold_up_another() {
    let portal = Portal::start().await;
    let (slow, quick) = (Receiver::scripted([Reply::Silence]).await, Receiver::start().await);
    let webhook = slow.register(&portal.client, &["booking.created"]).await;
    let path = format!("/webhooks/{}", id(&webhook));
    portal.client.put(&path, json!({ "timeout_seconds": 1 })).await.expect(200);
    quick.register(&portal.client, &["booking.created"]).await;
    for _ in 0..3 {
        portal.client.book("credits").await;
    }
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let log = portal.sandbox.deliveries().await.unwrap();
    let finished = |delivery: &&DeliveryAttempt| delivery.state == DeliveryState::Delivered;
    assert_eq!(log.iter().filter(finished).count(), 5, "three quick ones, two after the timeout");
    assert_eq!(quick.received().len(), 3);
}

#[tokio::test]
async fn deleting_or_switching_off_calls_retries_off() {
    let portal = Portal::start().await;
    let (one, two) = (Receiver::scripted(failing(1)).await, Receiver::scripted(failing(1)).await);
    let deleted = id(&one.register(&portal.client, &["booking.created"]).await);
    let off = id(&two.register(&portal.client, &["booking.created"]).await);
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    portal.client.delete(&format!("/webhooks/{deleted}")).await.expect(200);
    portal.client.put(&format!("/webhooks/{off}"), json!({ "is_active": false })).await.expect(200);
    portal.sandbox.advance(QUARTER).await.unwrap();
    assert_eq!((one.received().len(), two.received().len()), (1, 1));
    let log = portal.sandbox.deliveries().await.unwrap();
    let cancelled = log.iter().filter(|entry| entry.state == DeliveryState::Cancelled).count();
    assert_eq!(cancelled, 2);
}

#[tokio::test]
async fn a_webhook_deleted_during_an_attempt_gets_no_retry_of_it() {
    let portal = Portal::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let body = json!({ "name": "x", "url": url, "events": ["booking.created"] });
    let webhook = id(&portal.client.post("/webhooks", body).await.expect(201));
    portal.client.book("credits").await;
    let (under_way, _) = listener.accept().await.unwrap();
    portal.client.delete(&format!("/webhooks/{webhook}")).await.expect(200);
    drop(under_way);
    portal.sandbox.advance(QUARTER).await.unwrap();
    assert_eq!(states(&portal.sandbox).await, [(1, "cancelled")]);
}

#[tokio::test]
async fn a_delivery_can_be_sent_again() {
    let portal = Portal::start().await;
    let receiver = Receiver::scripted(failing(1)).await;
    receiver.register(&portal.client, &["booking.created"]).await;
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    // The scheduled retry is brought forward, not doubled.
    let retry = portal.sandbox.retry_delivery(1).await.unwrap();
    assert_eq!((retry.id, retry.attempt), (2, 2));
    portal.sandbox.advance(QUARTER).await.unwrap();
    assert_eq!(states(&portal.sandbox).await, [(1, "failed"), (2, "delivered")]);
    // A delivered one goes out as a new attempt.
    let again = portal.control(Method::POST, "/deliveries/2/retry", json!({})).await.expect(200);
    assert_eq!((&again["id"], &again["attempt"]), (&json!(3), &json!(3)));
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    assert_eq!(receiver.received().len(), 3);
    portal.sandbox.retry_delivery(99).await.unwrap_err();
    portal.control(Method::POST, "/deliveries/99/retry", json!({})).await.expect(404);
}

#[tokio::test]
async fn a_retry_that_is_asked_for_comes_after_the_sixth_attempt_too() {
    let portal = Portal::start().await;
    let receiver = Receiver::scripted(failing(7)).await;
    receiver.register(&portal.client, &["booking.created"]).await;
    portal.client.book("credits").await;
    portal.sandbox.advance(6 * QUARTER).await.unwrap();
    assert_eq!(portal.sandbox.retry_delivery(1).await.unwrap().attempt, 7);
    portal.sandbox.advance(6 * QUARTER).await.unwrap();
    assert_eq!(receiver.received().len(), 7, "nothing follows it by itself");
}

#[tokio::test]
async fn the_log_can_be_read() {
    let portal = Portal::start().await;
    let receiver = Receiver::scripted(failing(1)).await;
    let webhook = receiver.register(&portal.client, &["booking.created"]).await;
    let booking = portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let log = portal.control(Method::GET, "/deliveries", Value::Null).await.expect(200);
    let first = &log["data"][0];
    assert_eq!(
        *first,
        json!({
            "id": 1,
            "webhook_id": webhook["id"],
            "event_id": receiver.received()[0].header("x-tdta-event-id"),
            "event_type": "booking.created",
            "attempt": 1,
            "state": "failed",
            "due_at": "2026-06-05T10:00:00+00:00",
            "sent_at": "2026-06-05T10:00:00+00:00",
            "response_status": 500,
            "took_ms": first["took_ms"],
            "response_body": null,
            "response_headers": [],
            "signature": receiver.received()[0].header("x-tdta-signature"),
            "error": null,
            "body": receiver.received()[0].body,
        })
    );
    assert!(first["took_ms"].is_u64());
    assert_eq!(first["body"]["data"], booking);
    assert_eq!(log["data"][1]["state"], "scheduled");
    assert_eq!(log["data"][1]["due_at"], "2026-06-05T10:15:00+00:00");
}

/// A receiver that reports each connection and hangs up on it, which is a failed attempt.
async fn bell() -> (String, tokio::sync::mpsc::UnboundedReceiver<()>) {
    let (arrived, seen) = tokio::sync::mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
            arrived.send(()).unwrap();
        }
    });
    (url, seen)
}

/// Nothing but the background task sends here: nobody advances the clock.
#[tokio::test]
async fn deliveries_go_out_by_themselves() {
    let portal = Portal::start().await;
    let (url, mut seen) = bell().await;
    let body = json!({ "name": "x", "url": url, "events": ["booking.created"] });
    portal.client.post("/webhooks", body).await.expect(201);
    portal.client.book("credits").await;
    seen.recv().await.unwrap();
}

/// In real time so does a retry: the last half second before it is due really passes.
#[tokio::test]
async fn retries_go_out_by_themselves_when_their_time_comes() {
    let builder = Sandbox::builder().rate_limit(false).clock(ClockMode::Real);
    let portal = Portal::with(builder).await;
    let (url, mut seen) = bell().await;
    let body = json!({ "name": "x", "url": url, "events": ["booking.created"] });
    portal.client.post("/webhooks", body).await.expect(201);
    portal.client.book("credits").await;
    seen.recv().await.unwrap();
    portal.sandbox.advance(QUARTER - Duration::from_millis(500)).await.unwrap();
    seen.recv().await.unwrap();
}
