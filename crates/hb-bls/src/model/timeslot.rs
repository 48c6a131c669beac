use std::fmt;

use hb_bls_gen::Date;
use jiff::{ZonedDateTime, civil::Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::CourseSummary;
use crate::zone::{self, LONDON};

/// A timeslot in which a course can be taken. API: `GET /timeslots`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Timeslot {
    /// The day, in UK local time.
    pub date: Date,
    /// The time of day, in UK local time.
    #[serde(serialize_with = "hours_and_minutes", deserialize_with = "time_of_day")]
    pub time: Time,
    /// The course.
    pub course: Option<CourseSummary>,
}

impl Timeslot {
    /// When the training starts, in UK local time. It is `None` only for dates after the year 9999.
    pub fn starts_at(&self) -> Option<ZonedDateTime> {
        self.date.to_datetime(self.time).to_zoned_datetime(LONDON).ok()
    }
}

fn hours_and_minutes<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.strftime("%H:%M"))
}

fn time_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom("not a time of day"))
}

/// The details of a hold. API: the response of `POST /timeslots/hold`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HoldDetails {
    /// The hash that identifies the hold. Anyone who has it can book or release the hold.
    pub hold_hash: String,
    /// When it expires: 30 minutes after it was made.
    #[serde(default, with = "zone::utc")]
    pub expires_at: Option<jiff::Timestamp>,
    /// Whether `expires_at` was calculated by the client's clock, because the portal did not send it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expires_at_is_estimated: bool,
    /// The timeslot that is held.
    pub slot: Option<Timeslot>,
}

impl HoldDetails {
    /// The details of a hold of which only the hash is known.
    pub fn new(hold_hash: impl Into<String>) -> Self {
        Self { hold_hash: hold_hash.into(), expires_at: None, expires_at_is_estimated: false, slot: None }
    }

    /// Reads the hold from the body of a 409 response. Its details are in `hold`, or beside the message.
    pub(crate) fn from_conflict(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Conflict {
            hold: Option<HoldDetails>,
        }

        let inner = serde_json::from_slice::<Conflict>(body).ok().and_then(|conflict| conflict.hold);
        inner.or_else(|| serde_json::from_slice(body).ok())
    }
}

/// Leaves out the hash, since anybody who has it can use the hold.
impl fmt::Debug for HoldDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HoldDetails")
            .field("expires_at", &self.expires_at)
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}
