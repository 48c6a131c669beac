use std::fmt;

use hb_bls_gen::{Date, types};
use jiff::{ZonedDateTime, civil::Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{CourseSummary, FromRaw, Unreadable, optional};
use crate::zone::{self, LONDON, instant};

/// A time at which a course can be taken. API: `GET /timeslots`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Timeslot {
    /// The day in the United Kingdom.
    pub date: Date,
    /// The time of day in the United Kingdom.
    #[serde(serialize_with = "hours_and_minutes", deserialize_with = "time_of_day")]
    pub time: Time,
    /// The course.
    pub course: Option<CourseSummary>,
}

impl Timeslot {
    /// When the training starts, in the United Kingdom's time zone. `None` only for dates beyond the year 9999.
    pub fn starts_at(&self) -> Option<ZonedDateTime> {
        self.date.to_datetime(self.time).to_zoned_datetime(LONDON).ok()
    }
}

impl FromRaw<types::Timeslot> for Timeslot {
    fn from_raw(raw: types::Timeslot) -> Result<Self, Unreadable> {
        let time = raw.time.parse().map_err(|_| Unreadable::new("time", "not a time of day"))?;
        Ok(Self { date: raw.date, time, course: optional(raw.course, "course")? })
    }
}

fn hours_and_minutes<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.strftime("%H:%M"))
}

fn time_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom("not a time of day"))
}

/// What is known of a hold. API: the answer of `POST /timeslots/hold`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HoldDetails {
    /// The hash that identifies the hold. Anyone who has it can book or release the hold.
    pub hold_hash: String,
    /// When it expires: 30 minutes after it was made.
    #[serde(default, with = "zone::utc")]
    pub expires_at: Option<jiff::Timestamp>,
    /// Whether the portal did not say when it expires, so that this was worked out by the client's clock.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expires_at_is_estimated: bool,
    /// The timeslot.
    pub slot: Option<Timeslot>,
}

impl HoldDetails {
    /// A hold of which no more is known than its hash.
    pub fn new(hold_hash: impl Into<String>) -> Self {
        Self { hold_hash: hold_hash.into(), expires_at: None, expires_at_is_estimated: false, slot: None }
    }
}

/// Leaves out the hash, with which anyone can use the hold.
impl fmt::Debug for HoldDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HoldDetails")
            .field("expires_at", &self.expires_at)
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}

impl FromRaw<types::Hold> for HoldDetails {
    fn from_raw(raw: types::Hold) -> Result<Self, Unreadable> {
        Ok(Self {
            hold_hash: raw.hold_hash,
            expires_at: raw.expires_at.and_then(instant),
            expires_at_is_estimated: false,
            slot: optional(raw.slot, "slot")?,
        })
    }
}

/// The details stand under `hold` or beside the message.
impl FromRaw<types::HoldConflict> for HoldDetails {
    fn from_raw(raw: types::HoldConflict) -> Result<Self, Unreadable> {
        match (raw.hold, raw.hold_hash) {
            (Some(hold), _) => Self::from_raw(hold).map_err(|error| error.below("hold")),
            (None, Some(hold_hash)) => Self::from_raw(types::Hold {
                hold_hash,
                expires_at: raw.expires_at,
                expires_in_seconds: raw.expires_in_seconds,
                slot: raw.slot,
            }),
            (None, None) => Err(Unreadable::new("hold", "missing")),
        }
    }
}
