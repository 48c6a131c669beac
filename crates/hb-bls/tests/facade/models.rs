//! The values that the client returns can be compared and stored.

use futures::TryStreamExt as _;
use hb_bls::{BookRequest, CourseId, WebhookEventType, WebhookRequest, WebhookUpdate};
use hb_bls_sandbox::Sandbox;
use serde::{Serialize, de::DeserializeOwned};

use crate::{client, walk::details};

/// Stores a value as JSON, and reads it back.
fn stored<T: Serialize + DeserializeOwned + PartialEq + Clone + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text).unwrap();
    assert!(read == *value && read == value.clone(), "{text}");
    // absent fields are stored, too
    let bare = serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let known: serde_json::Map<_, _> = match bare {
        serde_json::Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => return,
    };
    assert!(serde_json::from_value::<T>(known.into()).unwrap() == *value, "{text}");
}

#[tokio::test]
async fn every_model_is_the_same_after_it_was_stored() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let booking = client.book(&BookRequest::earliest(CourseId::new(1), details())).await.unwrap();
    stored(&booking);
    stored(&details());
    let courses = client.courses().list().await.unwrap();
    courses.iter().for_each(stored);
    assert_ne!(courses[0], courses[1]);
    let slots = client.timeslots().list(CourseId::new(1)).await.unwrap();
    slots.iter().for_each(stored);
    let hold = client.timeslots().hold(CourseId::new(1), slots[0].date, slots[0].time).await.unwrap().keep();
    stored(&hold);
    client.timeslots().release(&hold.hold_hash).await.unwrap();
    let balances = client.account().balances().await.unwrap();
    stored(&balances);
    stored(&client.account().token_info().await.unwrap());
    let transactions: Vec<_> = client.account().transactions().items().try_collect().await.unwrap();
    assert!(transactions.iter().any(|transaction| transaction.amount.is_some()));
    transactions.iter().for_each(stored);
    let request = WebhookRequest::builder().name("CRM").url("http://127.0.0.1:9/");
    let request = request.events([WebhookEventType::BookingCreated]).build();
    stored(&request);
    stored(&WebhookUpdate::builder().name("other").build());
    let created = client.webhooks().create(&request).await.unwrap();
    stored(&created);
    let again = client.webhooks().create(&request).await.unwrap();
    assert!(created.secret != again.secret && created != again);
    stored(&client.webhooks().get(created.id).await.unwrap());
}
