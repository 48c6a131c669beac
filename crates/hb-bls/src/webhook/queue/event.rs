//! What a queue stores, and what it tells.

use std::{fmt, time::Duration};

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
    /// The `Reconciler` has found a change that no event has told.
    Reconciled,
}

impl Origin {
    /// A name for stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Reconciled => "reconciled",
        }
    }

    /// The origin with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Delivered, Self::Reconciled].into_iter().find(|it| it.as_str() == name)
    }
}

/// An event to be stored.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct NewEvent {
    /// The id, which is accepted once.
    pub event_id: Uuid,
    /// The type.
    pub event_type: WebhookEventType,
    /// The booking that the event is about: `id` of its data. Events of one booking are handled in order.
    pub booking_id: Option<BookingId>,
    /// When it occurred; if that is unknown, it counts as having occurred when it is accepted.
    pub occurred_at: Option<Timestamp>,
    /// Where it comes from.
    pub origin: Origin,
    /// The headers with which a delivery was verified, in lines of `name: value`. None if it was not delivered.
    pub headers: Option<String>,
    /// The JSON of the event, as it was received. A [`EncryptedQueue`](super::EncryptedQueue) encrypts it.
    pub body: Vec<u8>,
}

impl NewEvent {
    /// The event of a verified delivery.
    #[must_use]
    pub fn from_delivery(delivery: &Delivery) -> Self {
        let headers = delivery.verified.headers().map(|(name, value)| format!("{name}: {value}"));
        Self { headers: Some(headers.join("\n")), ..Self::from_event(&delivery.event, Origin::Delivered) }
    }

    /// An event of this origin.
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
    /// The event is stored now.
    New,
    /// It was accepted before.
    Duplicate,
}

/// An event to be handled until its lease lapses.
#[derive(Clone)]
pub struct TakenEvent {
    /// What to report it done or failed with.
    pub lease: EventLease,
    /// The booking that it is about.
    pub booking_id: Option<BookingId>,
    /// Where it comes from.
    pub origin: Origin,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// How often it was taken, including this time.
    pub attempt: u32,
    /// Whether a newer event of its booking is done already. That happens if this one arrived late, or was dead. What was
    /// found is newer if it was seen at least five minutes after this occurred, since clocks may differ.
    pub is_out_of_order: bool,
    /// What is noted of its booking.
    pub known_state: Option<KnownState>,
    /// The body, as it was accepted.
    pub body: Vec<u8>,
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

/// What is remembered of a booking. A queue replaces it together with the end of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownState {
    /// A short text, without personal data.
    pub text: String,
    /// Whether the booking may still change, so that it has to be looked at.
    pub may_change: bool,
}

/// Replaces a [`KnownState`], if what is noted is still what it was when the change was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownStateChange {
    /// The text that was noted; none if nothing was.
    pub before: Option<String>,
    /// What is to be noted instead.
    pub after: KnownState,
}

/// The state of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventState {
    /// It is to be handled, or is being handled.
    Open,
    /// It was handled.
    Done,
    /// It is not attempted any more.
    Dead,
    /// Somebody has removed it.
    Removed,
}

impl EventState {
    /// A name for stores and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Removed => "removed",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Done, Self::Dead, Self::Removed].into_iter().find(|it| it.as_str() == name)
    }
}

/// Which events to list.
#[derive(Debug, Clone, Copy)]
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

    /// Goes on after the event with this [sequence number](StoredEvent::sequence).
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

/// What a queue knows of an event, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the order in which events were accepted.
    pub sequence: u64,
    /// Its id.
    pub event_id: Uuid,
    /// Its type.
    pub event_type: WebhookEventType,
    /// The booking that it is about.
    pub booking_id: Option<BookingId>,
    /// Where it comes from.
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

/// How much is there to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueStats {
    /// The number of open events.
    pub open: u64,
    /// The number of dead events.
    pub dead: u64,
    /// How long ago the oldest open event was accepted.
    pub oldest_open: Option<Duration>,
}
