//! Stores verified events before they are answered, and hands them to workers later.

mod encrypted;
mod event;
#[cfg_attr(
    not(feature = "client"),
    allow(dead_code, reason = "the reconciler, which needs a client, uses some of it alone")
)]
mod known_state;
mod memory;
mod received;
#[cfg(feature = "client")]
mod reconciler;
mod worker;

use std::{fmt, sync::Arc, time::Duration};

use uuid::Uuid;

pub use encrypted::EncryptedQueue;
pub use event::{
    Accepted, EventFilter, EventState, KnownState, KnownStateChange, NewEvent, Origin, QueueStats, StoredEvent,
    TakenEvent, UnknownNameError,
};
pub use memory::MemoryEventQueue;
pub use received::ReceivedEvent;
#[cfg(feature = "client")]
pub use reconciler::{ReconcileError, ReconcileProgress, Reconciler, ReconcilerBuilder};
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
/// An event is *open* until it is *done*, *dead* or *removed*. An open event is *due* at a time, at first at once. A worker
/// that takes it gets an [`EventLease`], and until the lease lapses no other worker can take it. All times are the store's.
///
/// Implement each method as one atomic operation of the store, which is complete when its future ends. If the future is
/// dropped, the operation is either done or not done, never half done. `hb_bls::state::conformance` checks these rules,
/// among others:
///
/// - An event id is accepted once, even if it was handled or removed, for at least [`RETENTION`] after that.
/// - Of several callers that take at once, one gets each event.
/// - An event cannot be taken while an older one of its booking is open, or any of its booking is being handled. Older is what
///   occurred earlier, or was accepted earlier if both occurred at the same time. All other events overtake it.
/// - A lease that is neither renewed nor reported lapses, and the event can be taken again.
/// - What the owner of a lapsed lease reports changes nothing once another has taken the event, except that it is done.
/// - The known states of several accounts' bookings are kept apart.
///
/// One queue may serve any number of accounts of one portal, which gives each booking an id of its own. Events are
/// therefore found by their booking alone: a delivery does not say which account it is for, so deliveries and
/// reconcilers share one record per booking, its *known state*. That belongs to an account once the account's
/// reconciler has read the booking.
///
/// Bodies and reasons may contain personal data. When [`clean`](Self::clean) is called, a store removes bodies, and
/// later the events, after a time that can be set, [`KEEP_BODIES`] by default. Dead events are kept until somebody
/// retries or removes them.
pub trait EventQueue: fmt::Debug + Send + Sync {
    /// Stores an event, or finds that it was stored before.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. Refuse the delivery then, and the portal tries again.
    fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted>;

    /// Takes up to this number of events that are due, beginning with those that have been due for longest. Nobody else
    /// can take them during the lease. Counts an attempt for each.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. What may have been taken can be taken again when the lease has lapsed.
    fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>>;

    /// Extends a lease to this duration from now. Returns `false` if the lease is no longer valid, because another has
    /// taken the event or the event is not open.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The lease may then lapse as before, or as asked for.
    fn renew(&self, lease: EventLease, by: Duration) -> StateFuture<'_, bool>;

    /// Acknowledges an event: records that it was handled and, if a change is given, changes the known state of its
    /// booking, both or neither. This is valid even if the lease has lapsed. Returns `false` and changes nothing if the
    /// event was already done or removed, or if the known state is not the one that the change replaces.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event may then be handled again.
    fn done<'a>(&'a self, lease: EventLease, change: Option<&'a KnownStateChange>) -> StateFuture<'a, bool>;

    /// Negative acknowledgement: ends a lease, and the event is due again after this time. Returns `false` if the lease
    /// is no longer valid.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event can then be taken again when the lease has lapsed.
    fn failed<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool>;

    /// Releases an event without counting an attempt: it is due again after this time. Returns `false` if the lease is
    /// no longer valid.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event can then be taken again when the lease has lapsed.
    fn give_back<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool>;

    /// Moves an event to the dead letters: it is not handled any more, unless somebody [retries](Self::retry) it.
    /// Returns `false` if the lease is no longer valid.
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

    /// Returns the body of an event, if it is still stored.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails, or the body cannot be read.
    fn body(&self, event_id: Uuid) -> StateFuture<'_, Option<Vec<u8>>>;

    /// Makes an event that is dead, or that waits for its next attempt, due at once, as if nobody had attempted it.
    /// Returns `false` for any other event, or if it is being handled.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn retry(&self, event_id: Uuid) -> StateFuture<'_, bool>;

    /// Removes the body of an event, whatever its state. If it was open or dead, it will never be handled. Its id
    /// stays, so that it is not accepted again. Returns `false` if it is unknown or was removed before.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn remove(&self, event_id: Uuid) -> StateFuture<'_, bool>;

    /// Returns the number of open and dead events, and the age of the oldest open one.
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

    /// Returns the known states of these bookings. Bookings without one are left out.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn known_states<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, KnownState)>>;

    /// Changes the known state of a booking. Returns `false` if it is not the one that the change replaces.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn set_known_state<'a>(&'a self, booking: BookingId, change: &'a KnownStateChange) -> StateFuture<'a, bool>;

    /// Records that these bookings belong to this account. Their known states are the account's from now on, even if
    /// they were another's. Bookings without a known state are left out.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn assign_bookings<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()>;

    /// Records that this account cannot see a booking: it is not listed for the account while its known state has this
    /// text, or until it is [assigned](Self::assign_bookings) to the account. For others nothing changes.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails.
    fn skip_booking<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()>;

    /// Returns the bookings that may still change and belong to this account, or to none yet, with their known states,
    /// in the order of their ids: those after this id, up to this number. Those that the account skips are left out.
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

    /// Waits until an event may have arrived. It may wait forever, which is the default, since workers also poll.
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
