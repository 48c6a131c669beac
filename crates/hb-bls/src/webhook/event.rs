//! The content of a delivery.

use std::{fmt, marker::PhantomData};

use hb_bls_gen::WebhookEventType;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    NotAnEvent,
    data::{EquipmentLate, Rescheduled, Test},
};
use crate::{Booking, text::Text, zone};

/// Something that happened. API: the body of a webhook delivery.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The id of the event, by which to deduplicate. It is the same for every attempt to deliver the event.
    pub event_id: Uuid,
    /// The type of the event.
    pub event_type: WebhookEventType,
    /// When the event occurred; `None` if the time cannot be read.
    pub occurred_at: Option<jiff::Timestamp>,
    /// The data of the event, such as the booking.
    pub data: EventData,
    json: Box<str>,
}

/// The data of an event.
///
/// The API does not publish the data of any event, so these types are based on assumptions. Data that does not fit is
/// [`Unexpected`](Self::Unexpected), never an error, and remains available in [`Event::data_json`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventData {
    /// `booking.created`: a booking is confirmed, at once or after the candidate paid.
    BookingCreated(Booking),
    /// `booking.confirmed`: the candidate paid for a pending booking.
    BookingConfirmed(Booking),
    /// `booking.rescheduled`: a booking was moved to another timeslot.
    BookingRescheduled(Rescheduled),
    /// `booking.cancelled`: a booking was cancelled.
    BookingCancelled(Booking),
    /// `booking.attendance_marked`: staff recorded whether the candidate attended; see [`Booking::attendance`].
    BookingAttendanceMarked(Booking),
    /// `booking.equipment_late`: the kit was not returned by the expected date.
    BookingEquipmentLate(EquipmentLate),
    /// `booking.certificate_available`: the training is completed and the kit has been returned.
    BookingCertificateAvailable(Booking),
    /// `webhook.test`: a test that somebody requested.
    WebhookTest(Test),
    /// An event of a type that this version does not know.
    Unknown,
    /// An event of a known type whose data does not have the assumed structure.
    Unexpected {
        /// The place in the data where decoding failed. It contains names of fields, but no values. `.` is the data as
        /// a whole.
        at: Box<str>,
    },
}

impl Event {
    /// Decodes a body that was verified, or that is otherwise known to come from the portal.
    ///
    /// # Errors
    ///
    /// [`NotAnEvent`] if the body is not a JSON object with `event_id` and `event_type`. Anything else in the body is
    /// accepted.
    pub fn from_json(body: &[u8]) -> Result<Self, NotAnEvent> {
        let json = std::str::from_utf8(body).map_err(|_| NotAnEvent)?;
        let raw: RawEvent = serde_json::from_str(json).or_else(|_| RawEvent::of_another_shape(json))?;
        let RawEvent { event_id, event_type, occurred_at, data } = raw;
        Ok(Self { event_id, event_type, occurred_at, data, json: json.into() })
    }

    /// An event in the form in which the portal would send it.
    #[cfg(feature = "testing")]
    pub(crate) fn written(
        event_id: Uuid,
        event_type: WebhookEventType,
        occurred_at: jiff::Timestamp,
        data: EventData,
    ) -> Self {
        use serde_json::{Value, json};
        let data_json = match &data {
            EventData::BookingCreated(booking)
            | EventData::BookingConfirmed(booking)
            | EventData::BookingCancelled(booking)
            | EventData::BookingAttendanceMarked(booking)
            | EventData::BookingCertificateAvailable(booking) => json!(booking),
            EventData::BookingRescheduled(rescheduled) => json!(rescheduled),
            EventData::BookingEquipmentLate(late) => json!(late),
            EventData::WebhookTest(test) => json!(test),
            EventData::Unknown => json!({}),
            EventData::Unexpected { .. } => Value::Null,
        };
        let name = Value::from(event_type.as_str());
        let json = format!(
            r#"{{"event_id":"{event_id}","event_type":{name},"occurred_at":"{}","data":{data_json}}}"#,
            occurred_at.strftime("%Y-%m-%dT%H:%M:%S%:z")
        );
        Self { event_id, event_type, occurred_at: Some(occurred_at), data, json: json.into() }
    }

    /// The whole event as JSON, as it was received.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The data as JSON, as it was received, or `null` if there is none. Each call locates it again. It contains
    /// personal data.
    #[must_use]
    pub fn data_json(&self) -> &str {
        Object::read(&self.json).ok().and_then(|envelope: Envelope<'_>| envelope.data).map_or("null", RawValue::get)
    }
}

/// The parts of an event, read in one pass: its type comes before its data.
struct RawEvent {
    event_id: Uuid,
    event_type: WebhookEventType,
    occurred_at: Option<jiff::Timestamp>,
    data: EventData,
}

impl RawEvent {
    /// Reads an event whose fields are in another order, or whose data does not have the assumed structure.
    #[cold]
    fn of_another_shape(json: &str) -> Result<Self, NotAnEvent> {
        let envelope: Envelope<'_> = Object::read(json).map_err(|_| NotAnEvent)?;
        let event_type = WebhookEventType::from(&*envelope.event_type.0);
        let data = envelope.data.map_or("null", RawValue::get);
        let mut track = serde_path_to_error::Track::new();
        let mut reader = serde_json::Deserializer::from_str(data);
        let read = Data(&event_type).deserialize(serde_path_to_error::Deserializer::new(&mut reader, &mut track));
        Ok(Self {
            event_id: envelope.event_id,
            occurred_at: time(envelope.occurred_at),
            data: read.unwrap_or_else(|_| EventData::Unexpected { at: track.path().to_string().into() }),
            event_type,
        })
    }
}

impl<'de> Deserialize<'de> for RawEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = RawEvent;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RawEvent, A::Error> {
                let (mut event_id, mut event_type, mut occurred_at, mut data) = (None, None, None, None);
                while let Some(Text(name)) = members.next_key()? {
                    match &*name {
                        "event_id" if event_id.is_none() => event_id = Some(members.next_value()?),
                        "event_type" if event_type.is_none() => {
                            event_type = Some(WebhookEventType::from(&*members.next_value::<Text<'_>>()?.0));
                        }
                        "occurred_at" if occurred_at.is_none() => occurred_at = Some(members.next_value()?),
                        "data" if data.is_none() => {
                            let event_type =
                                event_type.as_ref().ok_or_else(|| A::Error::custom("the type comes later"))?;
                            data = Some(members.next_value_seed(Data(event_type))?);
                        }
                        "event_id" | "event_type" | "occurred_at" | "data" => {
                            return Err(A::Error::custom("it is there twice"));
                        }
                        _ => drop(members.next_value::<IgnoredAny>()?),
                    }
                }
                let missing = A::Error::missing_field;
                Ok(RawEvent {
                    event_id: event_id.ok_or_else(|| missing("event_id"))?,
                    event_type: event_type.ok_or_else(|| missing("event_type"))?,
                    occurred_at: time(occurred_at.flatten()),
                    data: data.ok_or_else(|| missing("data"))?,
                })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// An event whose parts are still unparsed.
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

fn time(raw: Option<&RawValue>) -> Option<jiff::Timestamp> {
    zone::parse(&serde_json::from_str::<Text<'_>>(raw?.get()).ok()?.0)
}

/// Decodes the data of an event of this type.
struct Data<'t>(&'t WebhookEventType);

impl<'de> DeserializeSeed<'de> for Data<'_> {
    type Value = EventData;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EventData, D::Error> {
        use WebhookEventType as Type;
        match self.0 {
            Type::BookingCreated => Object::of(deserializer).map(EventData::BookingCreated),
            Type::BookingConfirmed => Object::of(deserializer).map(EventData::BookingConfirmed),
            Type::BookingRescheduled => Object::of(deserializer).map(EventData::BookingRescheduled),
            Type::BookingCancelled => Object::of(deserializer).map(EventData::BookingCancelled),
            Type::BookingAttendanceMarked => Object::of(deserializer).map(EventData::BookingAttendanceMarked),
            Type::BookingEquipmentLate => Object::of(deserializer).map(EventData::BookingEquipmentLate),
            Type::BookingCertificateAvailable => Object::of(deserializer).map(EventData::BookingCertificateAvailable),
            Type::WebhookTest => Object::of(deserializer).map(EventData::WebhookTest),
            _ => IgnoredAny::deserialize(deserializer).map(|_| EventData::Unknown),
        }
    }
}

/// Decodes an object. Derived code would also accept an array and read its entries in the order of the fields.
struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Object<T> {
    fn of<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(Self(PhantomData))
    }

    fn read(json: &'de str) -> serde_json::Result<T> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let value = Self::of(&mut reader)?;
        reader.end().map(|()| value)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

impl EventData {
    /// The booking that the event is about, if there is one and it could be decoded.
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
