//! A queue that does not respond.

use std::{future::pending, time::Duration};

use hb_bls::{
    BookingId,
    state::{AccountKey, StateFuture},
    webhook::{
        Accepted, EventFilter, EventLease, EventQueue, KnownState, KnownStateChange, MemoryEventQueue, NewEvent,
        QueueStats, StoredEvent, TakenEvent,
    },
};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Call {
    Accept,
    Take,
    Done,
    GiveBack,
    Stats,
    Clean,
}

/// A queue in which one call never ends.
#[derive(Debug)]
pub struct Hung(pub MemoryEventQueue, pub Call);

impl Hung {
    fn unless<'a, T: 'a>(&self, call: Call, ends: StateFuture<'a, T>) -> StateFuture<'a, T> {
        if self.1 == call { Box::pin(pending()) } else { ends }
    }
}

impl EventQueue for Hung {
    fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted> {
        self.unless(Call::Accept, self.0.accept(event))
    }

    fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>> {
        self.unless(Call::Take, self.0.take(limit, lease))
    }

    fn renew(&self, lease: EventLease, by: Duration) -> StateFuture<'_, bool> {
        self.0.renew(lease, by)
    }

    fn done<'a>(&'a self, lease: EventLease, change: Option<&'a KnownStateChange>) -> StateFuture<'a, bool> {
        self.unless(Call::Done, self.0.done(lease, change))
    }

    fn failed<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.0.failed(lease, again_in, why)
    }

    fn give_back<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.unless(Call::GiveBack, self.0.give_back(lease, again_in, why))
    }

    fn dead<'a>(&'a self, lease: EventLease, why: &'a str) -> StateFuture<'a, bool> {
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
        self.unless(Call::Stats, self.0.stats())
    }

    fn clean(&self) -> StateFuture<'_, ()> {
        self.unless(Call::Clean, self.0.clean())
    }

    fn known_states<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        self.0.known_states(bookings)
    }

    fn set_known_state<'a>(&'a self, booking: BookingId, change: &'a KnownStateChange) -> StateFuture<'a, bool> {
        self.0.set_known_state(booking, change)
    }

    fn assign_bookings<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()> {
        self.0.assign_bookings(account, bookings)
    }

    fn skip_booking<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()> {
        self.0.skip_booking(account, booking, text)
    }

    fn unfinished_bookings<'a>(
        &'a self,
        account: &'a AccountKey,
        after: Option<BookingId>,
        limit: usize,
    ) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        self.0.unfinished_bookings(account, after, limit)
    }
}
