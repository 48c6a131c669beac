//! The events that a queue stores and returns.

use std::{fmt, str::FromStr, time::Duration};

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    BookingId, WebhookEventType,
    webhook::{Delivery, Event, EventLease},
};

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// The portal has delivered it.
    Delivered,
    /// The `Reconciler` has found a change that no event has reported.
    Reconciled,
}

impl Origin {
    /// The name under which stores keep it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Reconciled => "reconciled",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Origin {
    type Err = UnknownNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Delivered, Self::Reconciled].into_iter().find(|it| it.as_str() == name).ok_or(UnknownNameError)
    }
}

/// A text is not the name of an [`Origin`] or an [`EventState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such name")]
#[non_exhaustive]
pub struct UnknownNameError;

/// An event to be stored.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct NewEvent {
    /// The id. An event with the same id is not accepted again.
    pub event_id: Uuid,
    /// The type.
    pub event_type: WebhookEventType,
    /// The booking that the event is about: `id` of its data. Events of one booking are handled in order.
    pub booking_id: Option<BookingId>,
    /// When it occurred; if that is unknown, it counts as having occurred when it is accepted.
    pub occurred_at: Option<Timestamp>,
    /// Whether the portal delivered it or the reconciler found it.
    pub origin: Origin,
    /// The headers with which a delivery was verified, in lines of `name: value`. None if it was not delivered.
    pub headers: Option<String>,
    /// The JSON of the event, as it was received. A [`EncryptedQueue`](super::EncryptedQueue) encrypts it.
    pub body: Vec<u8>,
}

impl NewEvent {
    /// Makes an event from a verified delivery.
    #[must_use]
    pub fn from_delivery(delivery: &Delivery) -> Self {
        let headers = delivery.verified.headers().map(|(name, value)| format!("{name}: {value}"));
        Self { headers: Some(headers.join("\n")), ..Self::from_event(&delivery.event, Origin::Delivered) }
    }

    /// Makes an event of this origin.
    #[must_use]
    pub fn from_event(event: &Event, origin: Origin) -> Self {
        Self {
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            booking_id: event.data.booking().map(|booking| booking.id).or_else(|| booking_of(event)),
            occurred_at: event.occurred_at,
            origin,
            headers: None,
            body: event.json().into(),
        }
    }
}

/// Events whose data cannot be read have a booking, too, if they say that they are about one. Other ids are those of something
/// else, such as the events of another API of the portal.
fn booking_of(event: &Event) -> Option<BookingId> {
    #[derive(Deserialize)]
    struct Data {
        id: BookingId,
    }
    let is_about_one = event.event_type.as_str().starts_with("booking.");
    serde_json::from_str(event.data_json()).ok().filter(|_| is_about_one).map(|Data { id }| id)
}

/// Leaves out the body, which is about a candidate.
impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEvent")
            .field("event_id", &self.event_id)
            .field("event_type", &self.event_type)
            .field("booking", &self.booking_id)
            .field("occurred_at", &self.occurred_at)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The outcome of [`accept`](super::EventQueue::accept).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Accepted {
    /// The event is new, and is now stored.
    New,
    /// It was accepted before.
    Duplicate,
}

/// An event that a worker has taken, to be handled before its lease lapses.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct TakenEvent {
    /// The lease, with which to report it done or failed.
    pub lease: EventLease,
    /// The booking that it is about.
    pub booking_id: Option<BookingId>,
    /// Whether the portal delivered it or the reconciler found it.
    pub origin: Origin,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// How often it was taken, including this time.
    pub attempt: u32,
    /// Whether a newer event of its booking is done already, which happens if this one arrived late or was dead. A
    /// change found by the reconciler counts as newer only if it was seen more than five minutes after this event
    /// occurred, since clocks may differ.
    pub is_out_of_order: bool,
    /// The known state of its booking.
    pub known_state: Option<KnownState>,
    /// The body, as it was accepted.
    pub body: Vec<u8>,
}

impl TakenEvent {
    /// Makes an event that is about no booking; set the other fields afterwards. For implementations of
    /// [`EventQueue`](super::EventQueue).
    #[must_use]
    pub const fn new(lease: EventLease, origin: Origin, received_at: Timestamp, attempt: u32, body: Vec<u8>) -> Self {
        let (booking_id, is_out_of_order, known_state) = (None, false, None);
        Self { lease, booking_id, origin, received_at, attempt, is_out_of_order, known_state, body }
    }
}

/// Leaves out the body, which is about a candidate.
impl fmt::Debug for TakenEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakenEvent")
            .field("lease", &self.lease)
            .field("booking", &self.booking_id)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// What a queue remembers about a booking. It is replaced in the same operation that acknowledges an event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownState {
    /// A short text, without personal data.
    pub text: String,
    /// Whether the booking may still change, so that reconcilers read it again.
    pub may_change: bool,
}

impl KnownState {
    /// Makes the state that a queue has stored.
    #[must_use]
    pub fn new(text: impl Into<String>, may_change: bool) -> Self {
        Self { text: text.into(), may_change }
    }
}

/// Replaces a [`KnownState`], if it is still the one for which the change was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownStateChange {
    /// The text of the state to replace; `None` if there was none.
    pub before: Option<String>,
    /// The new state.
    pub after: KnownState,
}

impl KnownStateChange {
    /// Makes a change that replaces the state with the text `before`, or no state.
    #[must_use]
    pub const fn new(before: Option<String>, after: KnownState) -> Self {
        Self { before, after }
    }
}

/// The state of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventState {
    /// It is to be handled, or is being handled.
    Open,
    /// It was handled.
    Done,
    /// A dead letter: it is not attempted any more, since its attempts failed. [`retry`](super::EventQueue::retry)
    /// makes it due again.
    Dead,
    /// Somebody has removed it.
    Removed,
}

impl EventState {
    /// The name in stores and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Removed => "removed",
        }
    }
}

impl fmt::Display for EventState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for EventState {
    type Err = UnknownNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let all = [Self::Open, Self::Done, Self::Dead, Self::Removed];
        all.into_iter().find(|it| it.as_str() == name).ok_or(UnknownNameError)
    }
}

/// Which events to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFilter {
    /// Only those in this state.
    pub state: Option<EventState>,
    /// Only the one with this id.
    pub event_id: Option<Uuid>,
    /// Only those accepted after the one with this number.
    pub after: Option<u64>,
    /// At most this number; 100 by default.
    pub limit: usize,
}

impl Default for EventFilter {
    fn default() -> Self {
        Self { state: None, event_id: None, after: None, limit: 100 }
    }
}

impl EventFilter {
    /// Lists only events in this state.
    #[must_use]
    pub fn state(mut self, state: EventState) -> Self {
        self.state = Some(state);
        self
    }

    /// Lists only the event with this id.
    #[must_use]
    pub fn event_id(mut self, event_id: Uuid) -> Self {
        self.event_id = Some(event_id);
        self
    }

    /// Lists only events after the one with this [sequence number](StoredEvent::sequence).
    #[must_use]
    pub fn after(mut self, number: u64) -> Self {
        self.after = Some(number);
        self
    }

    /// Lists at most this number of events.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

/// An event as a queue lists it, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEvent {
    /// Its place in the order in which events were accepted.
    pub sequence: u64,
    /// Its id.
    pub event_id: Uuid,
    /// Its type.
    pub event_type: WebhookEventType,
    /// The booking that it is about.
    pub booking_id: Option<BookingId>,
    /// Whether the portal delivered it or the reconciler found it.
    pub origin: Origin,
    /// When it occurred, or when it was accepted if that is unknown.
    pub occurred_at: Timestamp,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Its state.
    pub state: EventState,
    /// When it can be taken next, or was due.
    pub due_at: Timestamp,
    /// How often it was taken.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// The headers with which it was verified, in lines of `name: value`, if it was delivered.
    pub headers: Option<String>,
}

impl StoredEvent {
    /// Makes an event that occurred and is due when it was accepted, was never attempted and is about no booking; set the
    /// other fields afterwards. For implementations of [`EventQueue`](super::EventQueue), and for tests.
    #[must_use]
    pub const fn new(
        sequence: u64,
        event_id: Uuid,
        event_type: WebhookEventType,
        origin: Origin,
        state: EventState,
        received_at: Timestamp,
    ) -> Self {
        Self {
            sequence,
            event_id,
            event_type,
            booking_id: None,
            origin,
            occurred_at: received_at,
            received_at,
            state,
            due_at: received_at,
            attempts: 0,
            last_error: None,
            headers: None,
        }
    }
}

/// The number of open and dead events, and the age of the oldest open one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct QueueStats {
    /// The number of open events.
    pub open: u64,
    /// The number of dead events.
    pub dead: u64,
    /// How long ago the oldest open event was accepted.
    pub oldest_open: Option<Duration>,
}

impl QueueStats {
    /// Makes the numbers that a queue has counted.
    #[must_use]
    pub const fn new(open: u64, dead: u64, oldest_open: Option<Duration>) -> Self {
        Self { open, dead, oldest_open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for origin in [Origin::Delivered, Origin::Reconciled] {
            assert_eq!(origin.to_string().parse(), Ok(origin));
        }
        for state in [EventState::Open, EventState::Done, EventState::Dead, EventState::Removed] {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        assert_eq!("Open".parse::<EventState>(), Err(UnknownNameError));
        assert_eq!("".parse::<Origin>(), Err(UnknownNameError));
    }
}
