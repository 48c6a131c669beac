//! The types of the event queue, filled with what they must not show.

use std::{convert::Infallible, sync::Arc};

use hb_bls::{
    Secret,
    webhook::{self, EventQueue as _},
};
use tokio::sync::Mutex;

use super::types::{SECRET, Shown, delivery, event, show};
use crate::canned::Canned;

pub async fn queue_types(shown: &mut Shown) {
    let body = event("booking.created", "");
    let (builder, headers) = delivery(&body);
    let received = builder.build().unwrap().verify_and_decode(&headers, body.as_bytes()).unwrap();
    let new = webhook::NewEvent::from_delivery(&received);
    let queue = webhook::EncryptedQueue::new(webhook::MemoryEventQueue::new(), &Secret::from(SECRET)).unwrap();
    let accepted = queue.accept(&new).await.unwrap();
    let stored = queue.list(webhook::EventFilter::default()).await.unwrap().remove(0);
    let stats = queue.stats().await.unwrap();
    let taken = queue.take(1, std::time::Duration::from_secs(60)).await.unwrap().remove(0);
    queue.retry(new.event_id).await.unwrap();

    let plain = webhook::MemoryEventQueue::new();
    plain.accept(&new).await.unwrap();
    let handled = Arc::new(Mutex::new(None));
    let end = Arc::new(tokio::sync::Notify::new());
    let (seen, ended) = (Arc::clone(&handled), Arc::clone(&end));
    let worker = webhook::Worker::builder(plain.clone()).build(move |event: webhook::ReceivedEvent| {
        let (seen, ended) = (Arc::clone(&seen), Arc::clone(&ended));
        async move {
            *seen.lock().await = Some(event);
            ended.notify_one();
            Ok::<_, Infallible>(())
        }
    });
    worker.run_until(end.notified()).await;
    let handled = handled.lock().await.take().unwrap();
    show! { shown,
        webhook::Accepted = accepted;
        webhook::EventFilter = webhook::EventFilter::default();
        webhook::EventState = stored.state;
        webhook::StoredEvent = stored;
        webhook::QueueStats = stats;
        webhook::TakenEvent = taken;
        webhook::NewEvent = new;
        webhook::Origin = new.origin;
        webhook::UnknownNameError = SECRET.parse::<webhook::Origin>().unwrap_err();
        webhook::ReceivedEvent = handled;
        webhook::EncryptedQueue<webhook::MemoryEventQueue> = queue;
        webhook::MemoryEventQueue = plain;
        webhook::WorkerBuilder<webhook::MemoryEventQueue> = webhook::Worker::<_, ()>::builder(plain.clone());
    }
    shown.add("webhook::Worker", &worker);

    let client = Canned::start("").await.client();
    let error = webhook::ReconcileError::from(hb_bls::Error::from(hb_bls::ErrorKind::Timeout));
    let note = webhook::KnownState::new("booked", true);
    show! { shown,
        webhook::KnownState = note;
        webhook::KnownStateChange = webhook::KnownStateChange::new(None, note.clone());
        webhook::ReconcileProgress = webhook::ReconcileProgress::default();
        webhook::ReconcileError = error;
        webhook::ReconcilerBuilder<webhook::MemoryEventQueue> =
            webhook::Reconciler::builder(client.clone(), plain.clone());
        webhook::Reconciler<webhook::MemoryEventQueue> =
            webhook::Reconciler::builder(client.clone(), plain.clone()).build();
    }
}
