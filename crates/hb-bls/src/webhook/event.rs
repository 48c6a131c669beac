//! What a delivery tells.

use std::{fmt, ops::Range};

use hb_bls_gen::WebhookEventType;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    NotAnEvent,
    data::{EquipmentLate, Rescheduled, Test},
};
use crate::{Booking, text::Text, zone};

/// What happened. API: the body of a webhook delivery.
#[derive(Clone)]
#[non_exhaustive]
pub struct Event {
    /// The same for every attempt to deliver the event: what to deduplicate by.
    pub event_id: Uuid,
    /// What kind of thing happened.
    pub event_type: WebhookEventType,
    /// When it happened; none if that cannot be read.
    pub occurred_at: Option<jiff::Timestamp>,
    /// What it happened to.
    pub data: EventData,
    json: Box<str>,
    data_at: Option<Range<usize>>,
}

/// What an event happened to.
///
/// The API publishes the data of no event. These types are what is assumed of it, and data that is otherwise is
/// [`Unexpected`](Self::Unexpected), never an error: it remains in [`Event::data_json`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventData {
    /// `booking.created`: a booking is confirmed, at once or after the candidate paid.
    BookingCreated(Booking),
    /// `booking.confirmed`: the candidate paid for a pending booking.
    BookingConfirmed(Booking),
    /// `booking.rescheduled`: moved to another timeslot.
    BookingRescheduled(Rescheduled),
    /// `booking.cancelled`.
    BookingCancelled(Booking),
    /// `booking.attendance_marked`: staff recorded whether the candidate came; see [`Booking::attendance`].
    BookingAttendanceMarked(Booking),
    /// `booking.equipment_late`: the kit is not back by the expected date.
    BookingEquipmentLate(EquipmentLate),
    /// `booking.certificate_available`: the training is completed and the kit is back.
    BookingCertificateAvailable(Booking),
    /// `webhook.test`: sent by hand.
    WebhookTest(Test),
    /// An event of a type that this version does not know.
    Unknown,
    /// An event of a known type with data of another shape than is assumed.
    Unexpected {
        /// Where in the data reading stopped: names of members, no values. `.` is the data as a whole.
        at: Box<str>,
    },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    event_id: Uuid,
    #[serde(borrow)]
    event_type: Text<'a>,
    #[serde(borrow, default)]
    occurred_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

impl Event {
    /// Decodes a body that was verified, or that is known to be the portal's.
    ///
    /// # Errors
    ///
    /// If it is not a JSON object with `event_id` and `event_type`. Whatever else it holds is no error.
    pub fn from_json(body: &[u8]) -> Result<Self, NotAnEvent> {
        let json = std::str::from_utf8(body).map_err(|_| NotAnEvent)?;
        let envelope: Envelope<'_> = object(json).map_err(|_| NotAnEvent)?;
        let event_type = WebhookEventType::from(&*envelope.event_type.0);
        let occurred_at = envelope.occurred_at.and_then(|raw| serde_json::from_str::<Text<'_>>(raw.get()).ok());
        Ok(Self {
            event_id: envelope.event_id,
            occurred_at: occurred_at.and_then(|text| zone::parse(&text.0)),
            data: EventData::read(&event_type, envelope.data.map_or("null", RawValue::get)),
            event_type,
            data_at: envelope.data.and_then(|data| place(json, data.get())),
            json: json.into(),
        })
    }

    /// The whole event as it was received.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Its data as it was received, `null` if there is none. It is about a candidate.
    #[must_use]
    pub fn data_json(&self) -> &str {
        self.data_at.clone().and_then(|range| self.json.get(range)).unwrap_or("null")
    }
}

/// Where in the whole a part that was borrowed from it is.
fn place(whole: &str, part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    Some(start..start + part.len())
}

/// An object: derived code would take an array, too, and read its entries in the order of the members.
fn object<'a, T: Deserialize<'a>>(json: &'a str) -> serde_json::Result<T> {
    if !json.trim_start().starts_with('{') {
        return Err(serde::de::Error::custom("not an object"));
    }
    serde_json::from_str(json)
}

impl EventData {
    fn read(event_type: &WebhookEventType, json: &str) -> Self {
        use WebhookEventType as Type;
        match event_type {
            Type::BookingCreated => typed(json, Self::BookingCreated),
            Type::BookingConfirmed => typed(json, Self::BookingConfirmed),
            Type::BookingRescheduled => typed(json, Self::BookingRescheduled),
            Type::BookingCancelled => typed(json, Self::BookingCancelled),
            Type::BookingAttendanceMarked => typed(json, Self::BookingAttendanceMarked),
            Type::BookingEquipmentLate => typed(json, Self::BookingEquipmentLate),
            Type::BookingCertificateAvailable => typed(json, Self::BookingCertificateAvailable),
            Type::WebhookTest => typed(json, Self::WebhookTest),
            _ => Self::Unknown,
        }
    }

    /// The booking that the event is about, if it is about one and could be read.
    #[must_use]
    pub fn booking(&self) -> Option<&Booking> {
        match self {
            Self::BookingCreated(booking)
            | Self::BookingConfirmed(booking)
            | Self::BookingCancelled(booking)
            | Self::BookingAttendanceMarked(booking)
            | Self::BookingCertificateAvailable(booking) => Some(booking),
            Self::BookingRescheduled(rescheduled) => Some(&rescheduled.booking),
            Self::BookingEquipmentLate(late) => Some(&late.booking),
            Self::WebhookTest(_) | Self::Unknown | Self::Unexpected { .. } => None,
        }
    }
}

fn typed<'a, T: Deserialize<'a>>(json: &'a str, event: impl FnOnce(T) -> EventData) -> EventData {
    match object(json) {
        Ok(data) => event(data),
        Err(_) => EventData::Unexpected { at: trouble::<T>(json) },
    }
}

/// Reads once more for the place, which costs too much to keep track of every time.
#[cold]
fn trouble<'a, T: Deserialize<'a>>(json: &'a str) -> Box<str> {
    let mut reader = serde_json::Deserializer::from_str(json);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => error.path().to_string().into(),
        Ok(_) => ".".into(),
    }
}

/// Leaves out the data, which is about a candidate.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("event_id", &self.event_id)
            .field("event_type", &self.event_type)
            .field("occurred_at", &self.occurred_at)
            .finish_non_exhaustive()
    }
}
