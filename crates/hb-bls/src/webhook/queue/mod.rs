//! Stores verified events before they are answered, and hands them to workers later.

mod event;
#[cfg_attr(
    not(feature = "client"),
    allow(dead_code, reason = "the reconciler, which needs a client, uses some of it alone")
)]
mod facts;
mod memory;
mod received;
#[cfg(feature = "client")]
mod reconciler;
mod sealed;
mod worker;

use std::{fmt, sync::Arc, time::Duration};

use uuid::Uuid;

pub use event::{
    Accepted, EventFilter, EventState, KnownState, KnownStateChange, NewEvent, Origin, QueueStats, StoredEvent,
    TakenEvent,
};
pub use memory::MemoryEventQueue;
pub use received::ReceivedEvent;
#[cfg(feature = "client")]
pub use reconciler::{ReconcileError, ReconcileProgress, Reconciler, ReconcilerBuilder};
pub use sealed::EncryptedQueue;
pub use worker::{Worker, WorkerBuilder};

use super::{EventLease, RETENTION};
use crate::{
    BookingId,
    state::{AccountKey, StateError, StateFuture},
};

/// How long the bodies of events are kept by default after the events were handled or removed: 30 days.
pub const KEEP_BODIES: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A durable queue of events: a receiver [accepts](Self::accept) them, and workers [take](Self::take) them.
///
/// An event is *open* until it is *done*, *dead* or *removed*. An open event is *due* at a time, at first at once. Whoever
/// takes it gets a [`EventLease`], and until the lease lapses nobody else can take it. Time is the store's.
///
/// Implement each method as one atomic operation of the store, which is complete when its future ends. If the future is
/// dropped, the operation is done or not, and never half done. `hb_bls::state::conformance` checks these rules, among
/// others:
///
/// - An event id is accepted once, even if it was handled or removed, for at least [`RETENTION`] after that.
/// - Of several callers that take at once, one gets each event.
/// - An event cannot be taken while an older one of its booking is open, or any of its booking is being handled. Older is what
///   occurred earlier, or was accepted earlier if both occurred at the same time. All other events overtake it.
/// - A lease that is neither renewed nor reported lapses, and the event can be taken again.
/// - What the owner of a lapsed lease reports changes nothing once another has taken the event, except that it is done.
/// - What is noted of the bookings of several accounts is kept apart.
///
/// One queue may serve any number of accounts of one portal, which gives each booking an id of its own. Events and notes are
/// therefore found by their booking alone: a delivery does not tell its account, and what it and a reconciler tell has to meet.
/// A note belongs to an account from when its reconciler has read the booking.
///
/// Bodies and reasons may contain personal data. A body is gone at the latest when its event is; a store removes both after
/// a time that can be set, [`KEEP_BODIES`] by default, when [`clean`](Self::clean) is called. Dead events are kept until
/// somebody retries or removes them.
pub trait EventQueue: fmt::Debug + Send + Sync {
    /// Stores an event, or finds that it was stored before.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. Refuse the delivery then, and the portal tries again.
    fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted>;

    /// Takes up to this number of events that are due, those first that have been due for longest. None can be taken by
    /// others during the lease. Counts an attempt for each.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. What may have been taken can be taken again when the lease has lapsed.
    fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>>;

    /// Lets a lease lapse after this time, counted from now. `false` if it is not valid any more, since another has taken
    /// the event, or it is not open.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The lease may then lapse as before, or as asked for.
    fn renew(&self, lease: EventLease, by: Duration) -> StateFuture<'_, bool>;

    /// Records that the event was handled, and changes what is noted of its booking, if a change is given, both or neither.
    /// This is valid even if the lease has lapsed. `false` if the event was already done or removed, or if what is noted is
    /// not what the change replaces; then nothing is changed.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event may then be handled again.
    fn done<'a>(&'a self, lease: EventLease, change: Option<&'a KnownStateChange>) -> StateFuture<'a, bool>;

    /// Ends a lease: the event is due again after this time. `false` if the lease is not valid any more.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event can then be taken again when the lease has lapsed.
    fn failed<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool>;

    /// Ends a lease as if the event had not been taken: it is due again after this time, and no attempt is counted. `false`
    /// if the lease is not valid any more.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event can then be taken again when the lease has lapsed.
    fn give_back<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool>;

    /// Ends a lease: the event is not handled any more, unless somebody [retries](Self::retry) it. `false` if the lease is
    /// not valid any more.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event can then be taken again when the lease has lapsed.
    fn dead<'a>(&'a self, lease: EventLease, why: &'a str) -> StateFuture<'a, bool>;

    /// Lists events in the order in which they were accepted, without their bodies.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn list(&self, filter: EventFilter) -> StateFuture<'_, Vec<StoredEvent>>;

    /// The body of an event, if it is there yet.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails, or the body cannot be read.
    fn body(&self, event_id: Uuid) -> StateFuture<'_, Option<Vec<u8>>>;

    /// Makes an event that is dead, or that waits for its next attempt, due at once, as if nobody had attempted it. `false`
    /// if it is anything else, or is being handled.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn retry(&self, event_id: Uuid) -> StateFuture<'_, bool>;

    /// Removes the body of an event, whatever its state. If it was open or dead, it will never be handled. Its id stays, so
    /// that it is not accepted again. `false` if it is unknown or was removed before.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn remove(&self, event_id: Uuid) -> StateFuture<'_, bool>;

    /// How much is there to do.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn stats(&self) -> StateFuture<'_, QueueStats>;

    /// Removes the bodies, and then the events, that have been done or removed for long enough. Workers call it from time to
    /// time.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn clean(&self) -> StateFuture<'_, ()>;

    /// What is noted of bookings. Those of which nothing is noted are left out.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn known_states<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, KnownState)>>;

    /// Changes what is noted of a booking. `false` if that is not what the change replaces.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn set_known_state<'a>(&'a self, booking: BookingId, change: &'a KnownStateChange) -> StateFuture<'a, bool>;

    /// Records that these bookings belong to this account. What is noted of them is the account's from now on, even if it was
    /// another's; what is not noted yet is left out.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn assign_bookings<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()>;

    /// Records that this account cannot see a booking: it is not listed for the account while this text is noted of it, or
    /// until it is [assigned](Self::assign_bookings) to the account. For others nothing changes.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn skip_booking<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()>;

    /// The bookings whose notes are open and belong to this account, or to none yet, by their ids, after this one, up to this
    /// number. Those that the account skips are left out.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn unfinished_bookings<'a>(
        &'a self,
        account: &'a AccountKey,
        after: Option<BookingId>,
        limit: usize,
    ) -> StateFuture<'a, Vec<(BookingId, KnownState)>>;

    /// Waits until an event may have arrived. It may wait for ever, which is the default, since workers also look by
    /// themselves.
    fn arrival(&self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

impl<Q: EventQueue + ?Sized> EventQueue for Arc<Q> {
    fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted> {
        (**self).accept(event)
    }

    fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>> {
        (**self).take(limit, lease)
    }

    fn renew(&self, lease: EventLease, by: Duration) -> StateFuture<'_, bool> {
        (**self).renew(lease, by)
    }

    fn done<'a>(&'a self, lease: EventLease, change: Option<&'a KnownStateChange>) -> StateFuture<'a, bool> {
        (**self).done(lease, change)
    }

    fn failed<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        (**self).failed(lease, again_in, why)
    }

    fn give_back<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        (**self).give_back(lease, again_in, why)
    }

    fn dead<'a>(&'a self, lease: EventLease, why: &'a str) -> StateFuture<'a, bool> {
        (**self).dead(lease, why)
    }

    fn list(&self, filter: EventFilter) -> StateFuture<'_, Vec<StoredEvent>> {
        (**self).list(filter)
    }

    fn body(&self, event_id: Uuid) -> StateFuture<'_, Option<Vec<u8>>> {
        (**self).body(event_id)
    }

    fn retry(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        (**self).retry(event_id)
    }

    fn remove(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        (**self).remove(event_id)
    }

    fn stats(&self) -> StateFuture<'_, QueueStats> {
        (**self).stats()
    }

    fn clean(&self) -> StateFuture<'_, ()> {
        (**self).clean()
    }

    fn known_states<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        (**self).known_states(bookings)
    }

    fn set_known_state<'a>(&'a self, booking: BookingId, change: &'a KnownStateChange) -> StateFuture<'a, bool> {
        (**self).set_known_state(booking, change)
    }

    fn assign_bookings<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()> {
        (**self).assign_bookings(account, bookings)
    }

    fn skip_booking<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()> {
        (**self).skip_booking(account, booking, text)
    }

    fn unfinished_bookings<'a>(
        &'a self,
        account: &'a AccountKey,
        after: Option<BookingId>,
        limit: usize,
    ) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        (**self).unfinished_bookings(account, after, limit)
    }

    fn arrival(&self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        (**self).arrival()
    }
}

/// How long a done or removed event is remembered by a queue that keeps bodies for this long.
fn remember(keep_bodies: Duration) -> Duration {
    keep_bodies.max(RETENTION)
}

/// An error of a queue whose text is constant.
pub(super) const fn refused(why: &'static str) -> StateError {
    StateError::of(why)
}
