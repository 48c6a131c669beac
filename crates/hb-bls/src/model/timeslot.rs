use std::fmt;

use hb_bls_gen::{Date, types};
use jiff::{Zoned, civil::Time};

use super::{CourseSummary, FromRaw, Unreadable, optional};
use crate::zone::{LONDON, instant};

/// A time at which a course can be taken. API: `GET /timeslots`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Timeslot {
    /// The day in the United Kingdom.
    pub date: Date,
    /// The time of day in the United Kingdom.
    pub time: Time,
    /// The course.
    pub course: Option<CourseSummary>,
}

impl Timeslot {
    /// When the training starts, in the United Kingdom's time zone. `None` only for dates beyond the year 9999.
    pub fn starts_at(&self) -> Option<Zoned> {
        self.date.to_datetime(self.time).to_zoned(LONDON).ok()
    }
}

impl FromRaw<types::Timeslot> for Timeslot {
    fn from_raw(raw: types::Timeslot) -> Result<Self, Unreadable> {
        let time = raw.time.parse().map_err(|_| Unreadable::new("time", "not a time of day"))?;
        Ok(Self { date: raw.date, time, course: optional(raw.course, "course")? })
    }
}

/// A timeslot reserved for the account, of which it can have one at a time. API: `POST /timeslots/hold`.
#[derive(Clone)]
#[non_exhaustive]
pub struct Hold {
    /// What the API knows the hold by.
    pub hold_hash: String,
    /// When it lapses: 30 minutes after it was made.
    pub expires_at: Option<jiff::Timestamp>,
    /// The timeslot.
    pub slot: Option<Timeslot>,
}

/// Leaves out the hash: whoever has it can use the hold.
impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").field("expires_at", &self.expires_at).field("slot", &self.slot).finish_non_exhaustive()
    }
}

impl FromRaw<types::Hold> for Hold {
    fn from_raw(raw: types::Hold) -> Result<Self, Unreadable> {
        Ok(Self {
            hold_hash: raw.hold_hash,
            expires_at: raw.expires_at.and_then(instant),
            slot: optional(raw.slot, "slot")?,
        })
    }
}

/// The details stand under `hold` or beside the message.
impl FromRaw<types::HoldConflict> for Hold {
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
