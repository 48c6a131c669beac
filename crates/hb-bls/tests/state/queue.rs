//! Queues of events keep to the rules, and each rule is broken by something.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use hb_bls::{
    BookingId, Secret,
    state::{
        AccountKey, StateFuture,
        conformance::{self, Subject},
    },
    webhook::{
        Accepted, EncryptedQueue, EventFilter, EventLease, EventQueue, KEEP_BODIES, KnownState, KnownStateChange,
        MemoryEventQueue, NewEvent, QueueStats, StoredEvent, TakenEvent, Worker,
    },
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{
    clock::ShiftedClock,
    conformance::{broken_by, passing},
};

fn memory() -> (MemoryEventQueue, ShiftedClock) {
    let clock = ShiftedClock::default();
    (MemoryEventQueue::new().with_clock(clock.clone()), clock)
}

#[tokio::test]
async fn a_queue_in_memory_keeps_to_the_rules() {
    conformance::event_queue(KEEP_BODIES, async || {
        let (queue, clock) = memory();
        passing(Subject::new(queue.clone(), queue), clock)
    })
    .await;
}

#[tokio::test]
async fn an_encrypted_queue_keeps_to_the_rules() {
    conformance::event_queue(KEEP_BODIES, async || {
        let (queue, clock) = memory();
        let queue = EncryptedQueue::new(queue, &Secret::from("a secret of ours")).unwrap();
        passing(Subject::new(queue.clone(), queue), clock)
    })
    .await;
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    AcceptsTwice,
    LosesBodies,
    TakesMore,
    TakesNothing,
    NeverRenews,
    FailsAll,
    CountsAll,
    KeepsTheDead,
    NeverRetries,
    RemovesNothing,
    NeverCleans,
    CleansAll,
    NoNotes,
    NoBookings,
    Unordered,
    ForgetsTheNewer,
    OneForAll,
    ClosesTheSkipped,
}

/// A queue with a fault.
#[derive(Debug)]
struct Faulty(MemoryEventQueue, Fault);

impl Faulty {
    fn is(&self, fault: Fault) -> bool {
        self.1 == fault
    }

    fn account(&self, account: &AccountKey) -> AccountKey {
        if self.is(Fault::OneForAll) {
            AccountKey::without_api_key("https://example.com", "all")
        } else {
            account.clone()
        }
    }
}

impl EventQueue for Faulty {
    fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted> {
        Box::pin(async move {
            let mut event = event.clone();
            if self.is(Fault::LosesBodies) {
                event.body.pop();
            }
            if self.is(Fault::NoBookings) {
                event.booking_id = None;
            }
            if self.is(Fault::Unordered) {
                event.occurred_at = None;
            }
            let accepted = self.0.accept(&event).await?;
            Ok(if self.is(Fault::AcceptsTwice) { Accepted::New } else { accepted })
        })
    }

    fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>> {
        let limit = match self.1 {
            Fault::TakesMore => limit + 1,
            Fault::TakesNothing => 0,
            _ => limit,
        };
        Box::pin(async move {
            let mut taken = self.0.take(limit, lease).await?;
            for event in taken.iter_mut().filter(|_| self.is(Fault::ForgetsTheNewer)) {
                event.is_out_of_order = false;
            }
            Ok(taken)
        })
    }

    fn renew(&self, lease: EventLease, by: Duration) -> StateFuture<'_, bool> {
        if self.is(Fault::NeverRenews) { Box::pin(async { Ok(true) }) } else { self.0.renew(lease, by) }
    }

    fn done<'a>(&'a self, lease: EventLease, change: Option<&'a KnownStateChange>) -> StateFuture<'a, bool> {
        self.0.done(lease, change.filter(|_| !self.is(Fault::NoNotes)))
    }

    fn failed<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let valid = self.0.failed(lease, again_in, why).await?;
            Ok(valid || self.is(Fault::FailsAll))
        })
    }

    fn give_back<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        if self.is(Fault::CountsAll) {
            self.0.failed(lease, again_in, why)
        } else {
            self.0.give_back(lease, again_in, why)
        }
    }

    fn dead<'a>(&'a self, lease: EventLease, why: &'a str) -> StateFuture<'a, bool> {
        let again_in = Duration::from_secs(1);
        if self.is(Fault::KeepsTheDead) { self.0.failed(lease, again_in, why) } else { self.0.dead(lease, why) }
    }

    fn list(&self, filter: EventFilter) -> StateFuture<'_, Vec<StoredEvent>> {
        self.0.list(filter)
    }

    fn body(&self, event_id: Uuid) -> StateFuture<'_, Option<Vec<u8>>> {
        self.0.body(event_id)
    }

    fn retry(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        if self.is(Fault::NeverRetries) { Box::pin(async { Ok(true) }) } else { self.0.retry(event_id) }
    }

    fn remove(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        if self.is(Fault::RemovesNothing) { Box::pin(async { Ok(true) }) } else { self.0.remove(event_id) }
    }

    fn stats(&self) -> StateFuture<'_, QueueStats> {
        self.0.stats()
    }

    fn clean(&self) -> StateFuture<'_, ()> {
        match self.1 {
            Fault::NeverCleans => Box::pin(async { Ok(()) }),
            Fault::CleansAll => Box::pin(async { self.0.clone().with_body_retention(Duration::ZERO).clean().await }),
            _ => self.0.clean(),
        }
    }

    fn known_states<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        self.0.known_states(bookings)
    }

    fn set_known_state<'a>(&'a self, booking: BookingId, change: &'a KnownStateChange) -> StateFuture<'a, bool> {
        self.0.set_known_state(booking, change)
    }

    fn assign_bookings<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()> {
        Box::pin(async move { self.0.assign_bookings(&self.account(account), bookings).await })
    }

    fn skip_booking<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()> {
        Box::pin(async move {
            if self.is(Fault::ClosesTheSkipped) {
                let change = KnownStateChange::new(Some(text.to_owned()), KnownState::new(text, false));
                return self.0.set_known_state(booking, &change).await.map(drop);
            }
            self.0.skip_booking(&self.account(account), booking, text).await
        })
    }

    fn unfinished_bookings<'a>(
        &'a self,
        account: &'a AccountKey,
        after: Option<BookingId>,
        limit: usize,
    ) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        Box::pin(async move { self.0.unfinished_bookings(&self.account(account), after, limit).await })
    }
}

async fn broken(fault: Fault) -> BTreeSet<String> {
    broken_by(conformance::event_queue(KEEP_BODIES, async || {
        let (queue, clock) = memory();
        let queue = Arc::new(Faulty(queue, fault));
        passing(Subject::new(Arc::clone(&queue), queue), clock)
    }))
    .await
}

#[tokio::test]
async fn the_rules_are_broken_by_what_does_not_keep_to_them() {
    assert_eq!(broken(Fault::None).await, BTreeSet::new());
    for (fault, rule) in [
        (Fault::AcceptsTwice, "an event is accepted once"),
        (Fault::AcceptsTwice, "of those who accept an event at once one is first"),
        (Fault::LosesBodies, "an event is taken as it was accepted"),
        (Fault::TakesMore, "no more is taken than asked for"),
        (Fault::TakesNothing, "an event is taken by one"),
        (Fault::NeverRenews, "a lease can be renewed"),
        (Fault::FailsAll, "a lease that has lapsed changes nothing"),
        (Fault::CountsAll, "an event that is given back has not been attempted"),
        (Fault::KeepsTheDead, "a dead event is not taken, and lets others pass"),
        (Fault::NeverRetries, "a dead event can be retried"),
        (Fault::RemovesNothing, "a removed event is not handled or accepted again"),
        (Fault::NeverCleans, "bodies are removed in time"),
        (Fault::CleansAll, "an event that is done stays done"),
        (Fault::NoNotes, "a note is replaced with the end of an event"),
        (Fault::NoBookings, "events of a booking are taken in order"),
        (Fault::Unordered, "what occurred earlier is taken first"),
        (Fault::ForgetsTheNewer, "what occurred earlier is taken first"),
        (Fault::OneForAll, "the notes of two accounts are kept apart"),
        (Fault::ClosesTheSkipped, "a note that an account skips is listed for others"),
    ] {
        let broken = broken(fault).await;
        assert!(broken.contains(rule), "{fault:?} does not break {rule:?}, but {broken:?}");
    }
}

#[tokio::test]
async fn a_worker_bears_a_queue_that_returns_more_than_it_is_asked_for() {
    let (queue, _) = memory();
    for number in 1..=3_u8 {
        let mut event = event();
        (event.event_id, event.booking_id) = (Uuid::from_u128(number.into()), Some(BookingId::new(number.into())));
        queue.accept(&event).await.unwrap();
    }
    let (begun, may_end) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (begins, ends) = (Arc::clone(&begun), Arc::clone(&may_end));
    let worker = Worker::builder(Faulty(queue, Fault::TakesMore)).concurrency(1).poll(Duration::ZERO);
    let worker = worker.build(move |_| {
        let (begins, ends) = (Arc::clone(&begins), Arc::clone(&ends));
        async move {
            begins.add_permits(1);
            ends.acquire().await.map(drop)
        }
    });
    let three = async {
        begun.acquire_many(2).await.unwrap().forget();
        // the worker looks around, with two handlers instead of one
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        may_end.add_permits(3);
        drop(begun.acquire().await.unwrap());
    };
    worker.run_until(three).await;
}

fn event() -> NewEvent {
    let delivery = hb_bls::testing::delivery(hb_bls::testing::event(hb_bls::WebhookEventType::BookingCreated));
    NewEvent::from_delivery(&delivery)
}

#[tokio::test]
async fn an_encrypted_body_is_decrypted_by_its_secret_alone() {
    let (memory, clock) = memory();
    let (old, new) = (Secret::from("the old secret"), Secret::from("the new secret"));
    let lease = Duration::from_secs(60);
    let event = event();
    EncryptedQueue::new(memory.clone(), &old).unwrap().accept(&event).await.unwrap();
    let stored = memory.body(event.event_id).await.unwrap().unwrap();
    assert!(!stored.windows(6).any(|part| event.body.starts_with(part)), "the body is readable");

    let without = EncryptedQueue::new(memory.clone(), &new).unwrap();
    assert!(without.take(1, lease).await.unwrap().is_empty());
    assert!(without.body(event.event_id).await.is_err());
    let listed = without.list(EventFilter::default()).await.unwrap();
    assert_eq!(listed[0].last_error.as_deref(), Some("its body was encrypted with another secret"));

    // however long it takes until there is a worker that has the secret
    for _ in 0..20 {
        clock.advance(Duration::from_secs(601));
        assert!(without.take(1, lease).await.unwrap().is_empty());
    }
    clock.advance(Duration::from_secs(601));
    let both = without.with_previous_secret(&old).unwrap();
    let taken = both.take(1, lease).await.unwrap();
    assert_eq!(taken[0].attempt, 1, "nobody has attempted it");
    assert!(taken[0].body == event.body);
    assert!(EncryptedQueue::new(memory, &Secret::from("")).is_err());
}

#[tokio::test]
async fn an_encrypted_body_belongs_to_its_event() {
    let (memory, _) = memory();
    let encrypted = EncryptedQueue::new(memory.clone(), &Secret::from("a secret")).unwrap();
    let event = event();
    assert!(event.headers.as_ref().unwrap().starts_with("x-tdta-event: booking.created\nx-tdta-event-id: "));
    encrypted.accept(&event).await.unwrap();
    let mut other = event.clone();
    other.event_id = Uuid::from_u128(7);
    other.body = memory.body(event.event_id).await.unwrap().unwrap();
    memory.accept(&other).await.unwrap();
    assert!(encrypted.body(other.event_id).await.is_err());
    assert_eq!(encrypted.body(event.event_id).await.unwrap(), Some(event.body));
}
