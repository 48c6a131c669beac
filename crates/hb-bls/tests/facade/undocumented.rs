//! A beta that changes: whatever a response gains or lacks, calls succeed, and everything new is reported.

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use hb_bls::{BookingId, Client, UndocumentedKind, WebhookEventType, WebhookRequest, WebhookUpdate};
use hb_bls_gen::Operation;
use hb_bls_sandbox::{Fault, FaultKind, Seed};

use crate::{
    canned::{Canned, json},
    virtual_time::VirtualTime,
    walk::details,
};

/// Every operation with a JSON response.
async fn everything(client: &Client) -> hb_bls::Result<()> {
    client.account().balances().await?;
    client.account().booking_url().await?;
    client.account().transactions().items().try_for_each(|_| async { Ok(()) }).await?;
    client.account().token_info().await?;
    let course = client.courses().list().await?.remove(0).id;
    let slot = client.timeslots().list(course).await?.remove(0);
    client.timeslots().hold(course, slot.date, slot.time).await?.release().await?;
    let hold = client.timeslots().hold(course, slot.date, slot.time).await?;
    let booking = client.bookings().create(hold, &details()).await?;
    client.bookings().get(booking.id).await?;
    client.bookings().list().items().try_for_each(|_| async { Ok(()) }).await?;
    let webhooks = client.webhooks();
    let events = [WebhookEventType::BookingCreated];
    let request = WebhookRequest::builder().name("one").url("http://127.0.0.1:9/").events(events).build();
    let id = webhooks.create(&request).await?.id;
    webhooks.list().await?;
    webhooks.get(id).await?;
    webhooks.update(id, &WebhookUpdate::builder().is_active(false).build()).await?;
    webhooks.rotate_secret(id).await?;
    webhooks.test(id).await?;
    webhooks.delete(id).await?;
    client.account().revoke_token().await
}

#[tokio::test]
async fn every_call_survives_what_is_undocumented_and_tells_of_it() {
    let time = VirtualTime::without_rate_limit().await;
    time.sandbox.seed(Seed::default().bookings(30).transactions(30)).await.unwrap();
    let client = time.builder().without_rate_limit().record_undocumented().build().unwrap();
    time.drive(everything(&client)).await.unwrap();
    assert_eq!(client.undocumented(), [], "the sandbox is what the document says");

    time.sandbox.inject(Fault::new("*", FaultKind::LaterVersion).times(1000)).await.unwrap();
    let client = time.builder().without_rate_limit().record_undocumented().build().unwrap();
    time.drive(everything(&client)).await.unwrap();
    let found = client.undocumented();
    let told: BTreeSet<_> = found.iter().map(|found| found.operation).collect();
    for operation in Operation::ALL.into_iter().filter(|operation| operation.accept() == Some("application/json")) {
        // the client revoked its token, so it had no use for this one
        if operation != Operation::RefreshToken {
            assert!(told.contains(operation.id()), "{operation:?}: {told:?}");
        }
    }
    let values: BTreeSet<_> =
        found.iter().filter(|d| matches!(d.kind, UndocumentedKind::Value(_))).map(|d| &d.path).collect();
    assert!(values.iter().any(|path| path.ends_with("booking_status")), "{values:?}");
    assert!(found.iter().any(|found| found.path.starts_with("data[].") && found.count >= 20), "each is counted");
    let text: String = found.iter().map(|found| format!("{found}\n")).collect();
    for personal in ["@", "+44", "Lukasz", "O'Neill"] {
        assert!(!text.contains(personal), "{text}");
    }
}

#[tokio::test]
async fn unknown_values_are_kept_and_written_again() {
    let body = r#"{"id":1,"booking_status":"waitlisted","pay_status":null,"training_status":"in_review","new":{}}"#;
    let server = Canned::start(json(body)).await;
    let booking = server.client().bookings().get(BookingId::new(1)).await.unwrap();
    assert_eq!(booking.booking_status.as_ref().unwrap().as_str(), "waitlisted");
    let written = serde_json::to_value(&booking).unwrap();
    assert_eq!((&written["booking_status"], &written["training_status"]), (&"waitlisted".into(), &"in_review".into()));
    assert!(server.client().undocumented().is_empty(), "nobody asked for it");
}

#[tokio::test]
async fn an_answer_far_longer_than_a_page_is_read_and_not_compared() {
    for (length, told) in [(1_000_000, 1), (1_100_000, 0)] {
        let server = Canned::start(json(&format!(r#"[{{"id":1,"level":"{}"}}]"#, "a".repeat(length)))).await;
        let client = server.builder().record_undocumented().build().unwrap();
        client.courses().list().await.unwrap();
        assert_eq!(client.undocumented().len(), told, "{length}");
    }
}
