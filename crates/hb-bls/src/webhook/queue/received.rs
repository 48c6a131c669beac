//! The argument of a handler.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::Timestamp;

use super::{KnownStateChange, Origin, TakenEvent};
use crate::webhook::{Event, EventLease};

/// An event to be handled.
#[derive(Clone)]
#[non_exhaustive]
pub struct ReceivedEvent {
    /// The event.
    pub event: Event,
    /// Whether the portal delivered it or the reconciler found it.
    pub origin: Origin,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// How often it was attempted, including this time.
    pub attempt: u32,
    /// Whether a newer event of its booking was handled already. That happens if this one arrived late, or was dead.
    pub is_out_of_order: bool,
    lease: EventLease,
    change: Option<KnownStateChange>,
    settlement: Settlement,
}

/// Who records that an event was handled.
#[derive(Debug, Clone, Default)]
pub(super) struct Settlement(Arc<AtomicBool>);

impl Settlement {
    /// Whether the handler does.
    pub(super) fn is_settled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl ReceivedEvent {
    pub(super) fn new(event: Event, taken: &TakenEvent, change: Option<KnownStateChange>) -> Self {
        Self {
            event,
            origin: taken.origin,
            received_at: taken.received_at,
            attempt: taken.attempt,
            is_out_of_order: taken.is_out_of_order,
            lease: taken.lease,
            change,
            settlement: Settlement::default(),
        }
    }

    /// As it is at the first attempt to handle a delivery, of which no queue knows.
    #[cfg(feature = "testing")]
    pub(crate) fn of_no_queue(event: Event, received_at: Timestamp) -> Self {
        let lease = EventLease::new(event.event_id, 0);
        Self::new(event, &TakenEvent::new(lease, Origin::Delivered, received_at, 1, Vec::new()), None)
    }

    /// The lease, for queues whose handlers record the end of an event themselves.
    #[must_use]
    pub const fn lease(&self) -> EventLease {
        self.lease
    }

    /// How the stored state of the booking changes when the event is done.
    #[must_use]
    pub const fn known_state_change(&self) -> Option<&KnownStateChange> {
        self.change.as_ref()
    }

    /// Tells the worker not to acknowledge the event, because the handler does so in its own transaction. A queue calls
    /// this once the transaction contains that record. If the transaction is not committed, the event is taken again
    /// when its lease has lapsed, or after the usual pause if the handler fails.
    pub fn acknowledged_by_handler(&self) {
        self.settlement.0.store(true, Ordering::Release);
    }

    pub(super) fn settlement(&self) -> Settlement {
        self.settlement.clone()
    }
}

impl fmt::Debug for ReceivedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedEvent")
            .field("event", &self.event)
            .field("origin", &self.origin)
            .field("attempt", &self.attempt)
            .field("is_out_of_order", &self.is_out_of_order)
            .finish_non_exhaustive()
    }
}
