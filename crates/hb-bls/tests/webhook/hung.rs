//! A queue that does not respond.

use std::{future::pending, time::Duration};

use hb_bls::{
    BookingId,
    state::{AccountKey, StateFuture},
    webhook::{
        Accepted, EventFilter, EventQueue, Lease, MemoryEventQueue, NewEvent, Note, NoteChange, QueueStats,
        StoredEvent, TakenEvent,
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

    fn renew(&self, lease: Lease, by: Duration) -> StateFuture<'_, bool> {
        self.0.renew(lease, by)
    }

    fn done<'a>(&'a self, lease: Lease, change: Option<&'a NoteChange>) -> StateFuture<'a, bool> {
        self.unless(Call::Done, self.0.done(lease, change))
    }

    fn failed<'a>(&'a self, lease: Lease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.0.failed(lease, again_in, why)
    }

    fn give_back<'a>(&'a self, lease: Lease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.unless(Call::GiveBack, self.0.give_back(lease, again_in, why))
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
        self.unless(Call::Stats, self.0.stats())
    }

    fn clean(&self) -> StateFuture<'_, ()> {
        self.unless(Call::Clean, self.0.clean())
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
