//! From credentials to certificate.

use std::time::Duration;

use serde_json::json;

use crate::support::{Portal, Receiver, id, order, slot_request};

#[tokio::test]
async fn a_candidate_is_booked_trained_and_certified() {
    let portal = Portal::start().await;
    let receiver = Receiver::start().await;
    let events = ["booking.created", "booking.attendance_marked", "booking.certificate_available", "webhook.test"];
    let webhook = receiver.register(&portal.client, &events).await;
    let secret = webhook["secret"].as_str().unwrap();

    let courses = portal.client.get("/courses").await.expect(200);
    assert_eq!(courses["data"][0]["id"], 1);
    let slot = portal.client.slots(1).await.remove(0);
    let hold = portal.client.post("/timeslots/hold", slot_request(&slot)).await.expect(201);
    assert_eq!(hold["slot"], slot);
    assert_eq!(hold["hold_hash"].as_str().unwrap().len(), 32);
    assert_eq!(hold["expires_in_seconds"], 1800);
    assert_eq!(hold["expires_at"], "2026-06-05T10:30:00+00:00");

    let booking = portal.client.post("/bookings", order(&hold, "credits")).await.expect(201);
    assert_eq!(booking["booking_status"], "booked");
    assert_eq!(booking["pay_status"], "completed");
    assert_eq!(booking["start_date"], "2026-06-08T09:00:00+01:00");
    assert_eq!(booking["end_date"], "2026-06-08T10:00:00+01:00");
    assert_eq!(booking["created_at"], "2026-06-05T10:00:00+00:00");
    assert_eq!(booking["candidate"]["name"], "Ștefan Łukasz");
    let booking_id = id(&booking);
    let credits = portal.client.get("/credits").await.expect(200);
    assert_eq!(credits["booking_credits"][0]["credits"], 11);

    let certificate = format!("/bookings/{booking_id}/certificate");
    assert_eq!(portal.client.get(&certificate).await.refused_fields(), ["certificate"]);
    portal.sandbox.complete(booking_id).await.unwrap();
    assert_eq!(portal.client.get(&certificate).await.status, 422);
    portal.sandbox.return_kit(booking_id).await.unwrap();
    let pdf = portal.client.get(&certificate).await;
    assert_eq!(pdf.status, 200);
    assert_eq!(pdf.headers["content-type"], "application/pdf");
    assert!(pdf.bytes.starts_with(b"%PDF-"));
    assert_eq!(portal.client.get(&certificate).await.bytes, pdf.bytes, "deterministic");

    let test = format!("/webhooks/{}/test", id(&webhook));
    portal.client.post(&test, json!({})).await.expect(200);
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    assert_eq!(receiver.events(), events);
    for delivered in receiver.received() {
        assert!(delivered.is_signed_with(secret));
        assert_eq!(delivered.header("x-tdta-timestamp"), "1780653600");
        assert_eq!(delivered.header("content-type"), "application/json");
        assert_eq!(delivered.body["event_type"], delivered.event());
        assert_eq!(delivered.body["event_id"], delivered.header("x-tdta-event-id"));
        assert_eq!(delivered.body["occurred_at"], "2026-06-05T10:00:00+00:00");
    }
    let shown = portal.client.get(&format!("/bookings/{booking_id}")).await.expect(200);
    assert_eq!(receiver.received()[2].body["data"], shown);
}
