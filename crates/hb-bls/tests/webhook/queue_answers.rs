//! How the router of a queue responds.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request};
use hb_bls::webhook::{
    Accepted, EventFilter, EventQueue, MemoryEventQueue, NewEvent, Origin, Verifier, axum::queue_router,
};
use tokio::task::yield_now;
use tower::ServiceExt as _;

use crate::{
    clock::TestClock,
    vector::{BODY, SECRET, TIME, pairs, verifier},
};

async fn deliver(router: &Router, body: &'static str) -> u16 {
    let request = pairs().into_iter().fold(Request::post("/"), |request, (name, value)| request.header(name, value));
    router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_delivery_is_stored_before_it_is_answered() {
    let queue = MemoryEventQueue::new();
    let router = queue_router(verifier(), queue.clone());
    assert_eq!(deliver(&router, BODY).await, 200);
    let listed = queue.list(EventFilter::default()).await.unwrap();
    assert_eq!((listed.len(), listed[0].event_type.as_str()), (1, "webhook.test"));
    assert_eq!(queue.body(listed[0].event_id).await.unwrap().unwrap(), BODY.as_bytes());
    assert_eq!(deliver(&router, BODY).await, 200);
    assert_eq!(queue.list(EventFilter::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_genuine_is_not_stored() {
    let queue = MemoryEventQueue::new();
    let router = queue_router(verifier(), queue.clone());
    assert_eq!(deliver(&router, "{}").await, 401);
    assert!(queue.list(EventFilter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_queue_that_takes_too_long_is_an_error_for_the_portal() {
    let clock = TestClock::at_second(TIME);
    let queue = Slow(MemoryEventQueue::new());
    let verifier = Verifier::builder().secret(SECRET).clock(Arc::clone(&clock)).build().unwrap();
    let router = queue_router(verifier, queue);
    let answer = tokio::spawn(async move { deliver(&router, BODY).await });
    while !clock.is_waited_for() {
        yield_now().await;
    }
    clock.advance(Duration::from_secs(8));
    assert_eq!(answer.await.unwrap(), 503);
}

/// A queue that stores nothing.
#[derive(Debug)]
struct Slow(MemoryEventQueue);

mod slow {
    use hb_bls::{
        BookingId,
        state::{AccountKey, StateFuture},
        webhook::{Lease, Note, NoteChange, QueueStats, StoredEvent, TakenEvent},
    };
    use uuid::Uuid;

    use super::*;

    impl EventQueue for Slow {
        fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted> {
            assert_eq!(event.origin, Origin::Delivered);
            Box::pin(std::future::pending())
        }

        fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>> {
            self.0.take(limit, lease)
        }

        fn renew(&self, lease: Lease, by: Duration) -> StateFuture<'_, bool> {
            self.0.renew(lease, by)
        }

        fn done<'a>(&'a self, lease: Lease, change: Option<&'a NoteChange>) -> StateFuture<'a, bool> {
            self.0.done(lease, change)
        }

        fn failed<'a>(&'a self, lease: Lease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
            self.0.failed(lease, again_in, why)
        }

        fn give_back<'a>(&'a self, lease: Lease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
            self.0.give_back(lease, again_in, why)
        }

        fn dead<'a>(&'a self, lease: Lease, why: &'a str) -> StateFuture<'a, bool> {
            self.0.dead(lease, why)
        }

        fn list(&self, filter: EventFilter) -> StateFuture<'_, Vec<StoredEvent>> {
            self.0.list(filter)
        }

        fn body(&self, event_id: Uuid) -> StateFuture<'_, Option<Vec<u8>>> {
            self.0.body(event_id)
        }

        fn retry(&self, event_id: Uuid) -> StateFuture<'_, bool> {
            self.0.retry(event_id)
        }

        fn remove(&self, event_id: Uuid) -> StateFuture<'_, bool> {
            self.0.remove(event_id)
        }

        fn stats(&self) -> StateFuture<'_, QueueStats> {
            self.0.stats()
        }

        fn clean(&self) -> StateFuture<'_, ()> {
            self.0.clean()
        }

        fn notes<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, Note)>> {
            self.0.notes(bookings)
        }

        fn note<'a>(&'a self, booking: BookingId, change: &'a NoteChange) -> StateFuture<'a, bool> {
            self.0.note(booking, change)
        }

        fn assign_notes<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()> {
            self.0.assign_notes(account, bookings)
        }

        fn skip_note<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()> {
            self.0.skip_note(account, booking, text)
        }

        fn open_notes<'a>(
            &'a self,
            account: &'a AccountKey,
            after: Option<BookingId>,
            limit: usize,
        ) -> StateFuture<'a, Vec<(BookingId, Note)>> {
            self.0.open_notes(account, after, limit)
        }
    }
}
