//! Holds that stand in the account's way because an answer was lost.

use std::sync::{Mutex, PoisonError};

use hb_bls_gen::{CourseId, Date, types};
use jiff::{SignedDuration, Timestamp, civil::Time};

use crate::model::HoldDetails;

/// How long a hold may be in the way: it lives half an hour, and a request whose answer was lost may yet make one.
const AGE: SignedDuration = SignedDuration::from_mins(60);

/// A timeslot to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(super) course_id: CourseId,
    pub(super) date: Date,
    pub(super) time: Time,
}

impl Wanted {
    pub(super) fn to_request(self) -> types::HoldRequest {
        types::HoldRequest { course_id: self.course_id, date: self.date, time: self.time.strftime("%H:%M").to_string() }
    }

    /// Whether a hold is for it; nothing if the portal does not tell.
    pub(super) fn is(self, hold: &HoldDetails) -> Option<bool> {
        let slot = hold.slot.as_ref()?;
        let same_course = slot.course.as_ref().is_none_or(|course| course.id == self.course_id);
        Some(same_course && (slot.date, slot.time) == (self.date, self.time))
    }
}

/// What a client knows of holds that it may have left.
///
/// A timeslot whose request was lost counts as its own until then: if another process holds the very same one within
/// that time, and this client did not book it, it loses it to the next hold of this client.
#[derive(Default)]
pub(crate) struct LostHolds(Mutex<Vec<Lost>>);

struct Lost {
    hold: Clue,
    until: Timestamp,
}

enum Clue {
    /// A request for this timeslot was not answered.
    Slot(Wanted),
    /// This hold was not released for certain.
    Hash(String),
}

impl LostHolds {
    pub(super) fn slot(&self, wanted: Wanted, now: Timestamp) {
        self.note(Clue::Slot(wanted), now);
    }

    pub(crate) fn hash(&self, hold_hash: &str, now: Timestamp) {
        self.note(Clue::Hash(hold_hash.to_owned()), now);
    }

    fn note(&self, hold: Clue, now: Timestamp) {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.retain(|lost| lost.until > now);
        lost.push(Lost { hold, until: now.saturating_add(AGE).unwrap_or(Timestamp::MAX) });
    }

    /// Whether a hold is one of them.
    pub(super) fn has(&self, hold: &HoldDetails, now: Timestamp) -> bool {
        let lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.iter().filter(|lost| lost.until > now).any(|lost| match &lost.hold {
            Clue::Slot(wanted) => wanted.is(hold) == Some(true),
            Clue::Hash(hash) => *hash == hold.hold_hash,
        })
    }
}
