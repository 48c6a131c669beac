//! Which event fires when, once, and what it carries.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Delivered, EVENTS, Portal, Receiver, id, slot_request};

async fn watched() -> (Portal, Receiver) {
    let portal = Portal::start().await;
    let receiver = Receiver::start().await;
    receiver.register(&portal.client, &EVENTS).await;
    (portal, receiver)
}

/// The events since the last `seen`, after all deliveries are made.
async fn since(portal: &Portal, receiver: &Receiver, seen: &mut usize) -> Vec<Delivered> {
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let new = receiver.received().split_off(*seen);
    *seen += new.len();
    new
}

fn names(delivered: &[Delivered]) -> Vec<&str> {
    delivered.iter().map(Delivered::event).collect()
}

#[tokio::test]
async fn paid_at_once_is_created_at_once() {
    for option in ["credits", "balance", "invoice"] {
        let (portal, receiver) = watched().await;
        let booking = portal.client.book(option).await;
        let events = since(&portal, &receiver, &mut 0).await;
        assert_eq!(names(&events), ["booking.created"], "{option}");
        assert_eq!(events[0].body["data"], booking);
    }
}

#[tokio::test]
async fn a_candidates_payment_fires_created_and_confirmed() {
    let (portal, receiver) = watched().await;
    let mut seen = 0;
    let booking = id(&portal.client.book("candidate_pays").await);
    assert_eq!(names(&since(&portal, &receiver, &mut seen).await), [""; 0]);
    portal.sandbox.pay(booking).await.unwrap();
    let events = since(&portal, &receiver, &mut seen).await;
    assert_eq!(names(&events), ["booking.created", "booking.confirmed"]);
    assert_eq!(events[1].body["data"]["booking_status"], "booked");
    portal.sandbox.pay(booking).await.unwrap_err();
    assert_eq!(since(&portal, &receiver, &mut seen).await.len(), 0);
}

#[tokio::test]
async fn training_and_kit_make_a_certificate_in_either_order() {
    let (portal, receiver) = watched().await;
    let mut seen = 0;
    let booking = id(&portal.client.book("credits").await);
    since(&portal, &receiver, &mut seen).await;
    portal.sandbox.complete(booking).await.unwrap();
    let events = since(&portal, &receiver, &mut seen).await;
    assert_eq!(names(&events), ["booking.attendance_marked"]);
    assert_eq!(events[0].body["data"]["attendance"], "attended");
    portal.sandbox.return_kit(booking).await.unwrap();
    let events = since(&portal, &receiver, &mut seen).await;
    assert_eq!(names(&events), ["booking.certificate_available"]);
    assert_eq!(events[0].body["data"]["certificate_available"], true);
    portal.sandbox.complete(booking).await.unwrap_err();
    portal.sandbox.no_show(booking).await.unwrap_err();
    portal.sandbox.return_kit(booking).await.unwrap_err();
    portal.sandbox.cancel(booking).await.unwrap_err();
    assert_eq!(since(&portal, &receiver, &mut seen).await.len(), 0);

    let booking = id(&portal.client.book("credits").await);
    since(&portal, &receiver, &mut seen).await;
    portal.sandbox.return_kit(booking).await.unwrap();
    portal.sandbox.complete(booking).await.unwrap();
    let events = since(&portal, &receiver, &mut seen).await;
    assert_eq!(names(&events), ["booking.attendance_marked", "booking.certificate_available"]);
}

#[tokio::test]
async fn a_no_show_is_marked_and_gets_no_certificate() {
    let (portal, receiver) = watched().await;
    let booking = id(&portal.client.book("credits").await);
    let mut seen = 0;
    since(&portal, &receiver, &mut seen).await;
    let shown = portal.sandbox.no_show(booking).await.unwrap();
    assert_eq!(shown["training_status"], "no_show");
    portal.sandbox.return_kit(booking).await.unwrap();
    let events = since(&portal, &receiver, &mut seen).await;
    assert_eq!(names(&events), ["booking.attendance_marked"]);
    assert_eq!(events[0].body["data"]["attendance"], "no_show");
}

#[tokio::test]
async fn a_cancellation_pays_back() {
    let (portal, receiver) = watched().await;
    let mut seen = 0;
    for option in ["credits", "balance", "invoice", "candidate_pays"] {
        let booking = id(&portal.client.book(option).await);
        since(&portal, &receiver, &mut seen).await;
        let shown = portal.sandbox.cancel(booking).await.unwrap();
        assert_eq!(shown["booking_status"], "cancelled");
        let events = since(&portal, &receiver, &mut seen).await;
        assert_eq!(names(&events), ["booking.cancelled"]);
        portal.sandbox.cancel(booking).await.unwrap_err();
        portal.sandbox.complete(booking).await.unwrap_err();
        let credits = portal.client.get("/credits").await.expect(200);
        assert_eq!(credits["booking_credits"][0]["credits"], 12, "{option}");
        assert_eq!(credits["booking_money_balance"], 480.0, "{option}");
    }
}

#[tokio::test]
async fn a_move_tells_where_it_came_from() {
    let (portal, receiver) = watched().await;
    let mut seen = 0;
    let booking = portal.client.book("credits").await;
    since(&portal, &receiver, &mut seen).await;
    let slots = portal.client.slots(1).await;
    let (date, time) = (slots[20]["date"].as_str().unwrap(), slots[20]["time"].as_str().unwrap());
    let moved = portal.sandbox.reschedule(id(&booking), date, time).await.unwrap();
    assert!(moved["start_date"].as_str().unwrap().starts_with(&format!("{date}T{time}")));
    let events = since(&portal, &receiver, &mut seen).await;
    assert_eq!(names(&events), ["booking.rescheduled"]);
    assert_eq!(events[0].body["data"]["previous_start_date"], booking["start_date"]);
    assert_eq!(events[0].body["data"]["previous_end_date"], booking["end_date"]);
    assert_eq!(events[0].body["data"]["start_date"], moved["start_date"]);
    assert_eq!(portal.client.slots(1).await[0]["time"], "09:00", "the old slot is free");

    portal.sandbox.reschedule(id(&booking), date, time).await.unwrap_err();
    let taken = portal.client.book("credits").await;
    since(&portal, &receiver, &mut seen).await;
    let start = taken["start_date"].as_str().unwrap();
    portal.sandbox.reschedule(id(&booking), &start[..10], &start[11..16]).await.unwrap_err();
    portal.sandbox.reschedule(id(&booking), "2026-06-06", "09:00").await.unwrap_err();
    portal.sandbox.reschedule(id(&booking), "soon", "09:00").await.unwrap_err();
    assert_eq!(since(&portal, &receiver, &mut seen).await.len(), 0);
}

#[tokio::test]
async fn a_kit_is_late_once_a_week_after_the_training() {
    let (portal, receiver) = watched().await;
    let booking = portal.client.book("credits").await;
    let returned = id(&portal.client.book("credits").await);
    // Not paid, so no kit was posted.
    portal.client.book("candidate_pays").await;
    let cancelled = id(&portal.client.book("credits").await);
    portal.sandbox.return_kit(returned).await.unwrap();
    portal.sandbox.cancel(cancelled).await.unwrap();
    let mut seen = 0;
    since(&portal, &receiver, &mut seen).await;

    // The training is on 8 June, so the kit is due on the 15th, which ends at 23:00 UTC.
    let to_midnight = Duration::from_secs((10 * 24 + 13) * 3_600);
    portal.sandbox.advance(to_midnight - Duration::from_secs(1)).await.unwrap();
    assert_eq!(since(&portal, &receiver, &mut seen).await.len(), 0);
    portal.sandbox.advance(Duration::from_secs(90_000)).await.unwrap();
    let events = receiver.received().split_off(seen);
    assert_eq!(names(&events), ["booking.equipment_late"]);
    assert_eq!(events[0].body["occurred_at"], "2026-06-15T23:00:00+00:00", "at its own time");
    assert_eq!(events[0].body["data"]["id"], booking["id"]);
    assert_eq!(events[0].body["data"]["equipment_status"], "late");
    assert_eq!(events[0].body["data"]["expected_return_date"], "2026-06-15");

    portal.sandbox.complete(id(&booking)).await.unwrap();
    let back = portal.sandbox.return_kit(id(&booking)).await.unwrap();
    assert_eq!(back["certificate_available"], true);
}

#[tokio::test]
async fn a_late_kit_of_a_booking_that_moves_has_a_new_deadline() {
    let (portal, receiver) = watched().await;
    let booking = id(&portal.client.book("credits").await);
    portal.sandbox.advance(Duration::from_secs(14 * 86_400)).await.unwrap();
    assert_eq!(receiver.events(), ["booking.created", "booking.equipment_late"]);
    let moved = portal.sandbox.reschedule(booking, "2026-06-22", "09:00").await.unwrap();
    assert_eq!(moved["equipment_status"], "out");
    portal.sandbox.advance(Duration::from_secs(14 * 86_400)).await.unwrap();
    assert_eq!(receiver.events().split_off(2), ["booking.rescheduled", "booking.equipment_late"]);
    assert_eq!(receiver.received()[3].body["data"]["expected_return_date"], "2026-06-29");

    portal.sandbox.return_kit(booking).await.unwrap();
    let moved = portal.sandbox.reschedule(booking, "2026-07-06", "09:00").await.unwrap();
    assert_eq!(moved["equipment_status"], "in", "what is back stays back");
}

#[tokio::test]
async fn no_kit_comes_back_from_who_never_paid() {
    let portal = Portal::start().await;
    let booking = id(&portal.client.book("candidate_pays").await);
    portal.sandbox.return_kit(booking).await.unwrap_err();
    portal.sandbox.cancel(booking).await.unwrap();
    portal.sandbox.return_kit(booking).await.unwrap_err();

    let paid = id(&portal.client.book("credits").await);
    portal.sandbox.cancel(paid).await.unwrap();
    assert_eq!(portal.sandbox.return_kit(paid).await.unwrap()["equipment_status"], "in");
}

#[tokio::test]
async fn a_test_goes_to_its_webhook_only_whatever_it_asked_for() {
    let portal = Portal::start().await;
    let (one, two) = (Receiver::start().await, Receiver::start().await);
    let webhook = one.register(&portal.client, &["booking.created"]).await;
    two.register(&portal.client, &["webhook.test"]).await;
    let path = format!("/webhooks/{}/test", id(&webhook));
    portal.client.post(&path, json!({})).await.expect(200);
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    assert_eq!(one.events(), ["webhook.test"]);
    assert!(one.received()[0].body["data"]["message"].is_string());
    assert_eq!(two.events(), [""; 0]);
}

#[tokio::test]
async fn only_active_webhooks_of_the_account_receive_events() {
    let portal = Portal::start().await;
    let other = portal.another_account().await;
    let receivers = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    receivers[0].register(&portal.client, &["booking.cancelled"]).await;
    let off = receivers[1].register(&portal.client, &["booking.created"]).await;
    let path = format!("/webhooks/{}", id(&off));
    portal.client.put(&path, json!({ "is_active": false })).await.expect(200);
    receivers[2].register(&other, &["booking.created"]).await;
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    for receiver in &receivers {
        assert_eq!(receiver.events(), [""; 0]);
    }
}

#[tokio::test]
async fn the_control_routes_do_the_same() {
    let (portal, receiver) = watched().await;
    let slots = portal.client.slots(1).await;
    let to = slot_request(&slots[9]);
    let to = json!({ "date": to["date"], "time": to["time"] });
    let booking = id(&portal.client.book("candidate_pays").await);
    let call = |name: &str, body: Value| {
        let path = format!("/bookings/{booking}/{name}");
        let portal = &portal;
        async move { portal.control(Method::POST, &path, body).await }
    };
    assert_eq!(call("pay", json!({})).await.expect(200)["booking_status"], "booked");
    call("pay", json!({})).await.expect(422);
    call("reschedule", to).await.expect(200);
    call("reschedule", json!({ "date": "x" })).await.expect(422);
    assert_eq!(call("complete", Value::Null).await.expect(200)["attendance"], "attended");
    assert_eq!(call("return-kit", json!({})).await.expect(200)["equipment_status"], "in");
    call("cancel", json!({})).await.expect(422);
    let other = id(&portal.client.book("credits").await);
    for (name, field, value) in [("no-show", "attendance", "no_show"), ("return-kit", "equipment_status", "in")] {
        let path = format!("/bookings/{other}/{name}");
        let shown = portal.control(Method::POST, &path, json!({})).await.expect(200);
        assert_eq!(shown[field], value);
    }
    portal.control(Method::POST, "/clock/advance", json!({ "seconds": 0 })).await.expect(200);
    assert_eq!(
        receiver.events(),
        [
            "booking.created",
            "booking.confirmed",
            "booking.rescheduled",
            "booking.attendance_marked",
            "booking.certificate_available",
            "booking.created",
            "booking.attendance_marked",
        ]
    );
}
