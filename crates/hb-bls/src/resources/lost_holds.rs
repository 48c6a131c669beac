//! Holds that may block the account because the response that created them was lost.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hb_bls_gen::{CourseId, Date, types};
use jiff::{SignedDuration, Timestamp, civil::Time};
use serde::{Deserialize, Serialize};

use crate::model::{CourseSummary, HoldDetails, Timeslot};

/// How long a lost hold can block the account: a hold lasts 30 minutes, and a request whose response was lost may still
/// make one.
const AGE: SignedDuration = SignedDuration::from_mins(60);

/// A timeslot to hold.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct SlotRequest {
    pub(crate) course_id: CourseId,
    pub(crate) date: Date,
    pub(crate) time: Time,
}

impl SlotRequest {
    pub(super) fn to_request(self) -> types::HoldRequest {
        types::HoldRequest { course_id: self.course_id, date: self.date, time: self.time.strftime("%H:%M").to_string() }
    }

    pub(crate) fn of(slot: &Timeslot) -> Option<Self> {
        let course_id = slot.course.as_ref()?.id;
        Some(Self { course_id, date: slot.date, time: slot.time })
    }

    pub(crate) fn to_slot(self) -> Timeslot {
        Timeslot { date: self.date, time: self.time, course: Some(self.to_course()) }
    }

    pub(super) fn to_course(self) -> CourseSummary {
        CourseSummary { id: self.course_id, name: None }
    }

    /// Whether the hold is for this timeslot. `None` if the portal does not say.
    pub(super) fn is(self, hold: &HoldDetails) -> Option<bool> {
        let slot = hold.slot.as_ref()?;
        let same_course = slot.course.as_ref().is_none_or(|course| course.id == self.course_id);
        Some(same_course && (slot.date, slot.time) == (self.date, self.time))
    }
}

/// What a client remembers of holds that it or another process may have left behind.
///
/// For that time, a timeslot whose request was lost counts as this client's own. If another process holds the same
/// timeslot of the same course in that time, the next hold of this client takes it over.
#[derive(Default)]
pub(crate) struct LostHolds(Mutex<Known>);

#[derive(Default)]
struct Known {
    lost: Vec<Lost>,
    /// The hashes of holds that this client has returned to a caller, and until when they are remembered.
    given: VecDeque<(String, Timestamp)>,
}

struct Lost {
    /// Tells it from others of the same timeslot, in notes too.
    id: u64,
    hold: LostHold,
    owner: HoldOwner,
    until: Timestamp,
}

/// What is known of a lost hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LostHold {
    /// A request for this timeslot is in flight or had no response. It may still be carried out, even if a hold has
    /// been made since.
    // existing stores contain this name
    #[serde(rename = "asked")]
    Requested(SlotRequest),
    /// A hold that may not have been released.
    Hash(String),
}

/// Who may have left a hold.
#[derive(Debug, Clone, Copy, PartialEq)]
enum HoldOwner {
    /// This client.
    Us,
    /// An earlier owner of the account's lock, which may have ended.
    Owner,
    /// A booking with a key whose program ended.
    Interrupted,
}

impl LostHold {
    fn is(&self, hold: &HoldDetails) -> bool {
        match self {
            Self::Requested(wanted) => wanted.is(hold) == Some(true),
            Self::Hash(hash) => *hash == hold.hold_hash,
        }
    }
}

/// The note of an account's lock for its next owner: the holds that may be in the way, those of the owner and those in
/// the note that it received. An owner writes it before it asks for a hold, and again when it has one.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct LockNote(Vec<NotedHold>);

#[derive(Debug, Serialize, Deserialize)]
struct NotedHold {
    id: u64,
    hold: LostHold,
    /// For how many seconds it is remembered: the clocks of two hosts may differ.
    seconds: i64,
}

impl LockNote {
    /// Nothing if another program has written it.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Nothing if there is nothing to say.
    pub(crate) fn to_text(&self) -> Option<String> {
        if self.0.is_empty() { None } else { serde_json::to_string(self).ok() }
    }

    /// Adds the hold that the owner asks for, or has.
    pub(crate) fn with(mut self, wanted: SlotRequest, hold_hash: Option<&str>) -> Self {
        let hold = hold_hash.map_or(LostHold::Requested(wanted), |hash| LostHold::Hash(hash.to_owned()));
        self.0.push(NotedHold { id: fastrand::u64(..), hold, seconds: AGE.as_secs() });
        self
    }
}

/// How a hold has come to be in the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum HoldOrigin {
    /// This client has made it.
    Us,
    /// Another process may still be booking it, so it is only cleared away: its hash books once, whoever has it.
    Another,
}

impl LostHolds {
    fn known(&self, now: Timestamp) -> MutexGuard<'_, Known> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.lost.retain(|lost| lost.until > now);
        while known.given.front().is_some_and(|(_, until)| *until <= now) {
            known.given.pop_front();
        }
        known
    }

    /// Notes a hold that has been requested, until it is [`decided`](Self::decided) whether it may be lost.
    pub(super) fn requested(&self, wanted: SlotRequest, now: Timestamp) -> u64 {
        self.add(LostHold::Requested(wanted), HoldOwner::Us, now)
    }

    fn add(&self, hold: LostHold, owner: HoldOwner, now: Timestamp) -> u64 {
        let id = fastrand::u64(..);
        self.known(now).lost.push(Lost { id, hold, owner, until: until(now) });
        id
    }

    pub(super) fn decided(&self, id: u64, lost: bool, now: Timestamp) {
        let mut known = self.known(now);
        match known.lost.iter().position(|lost| lost.id == id) {
            Some(place) if lost => known.lost[place].until = until(now),
            Some(place) => drop(known.lost.swap_remove(place)),
            None => {}
        }
    }

    /// Records that a caller has this hold now, so it is not lost.
    pub(super) fn give(&self, hold_hash: &str, now: Timestamp) {
        let mut known = self.known(now);
        let is_given = |lost: &Lost| {
            lost.owner == HoldOwner::Us && matches!(&lost.hold, LostHold::Hash(hash) if hash == hold_hash)
        };
        known.lost.retain(|lost| !is_given(lost));
        known.given.push_back((hold_hash.to_owned(), until(now)));
    }

    /// Records a hold that may not have been released.
    pub(crate) fn hash(&self, hold_hash: &str, now: Timestamp) {
        self.add(LostHold::Hash(hold_hash.to_owned()), HoldOwner::Us, now);
    }

    /// Records that an interrupted booking may have left a hold.
    pub(crate) fn interrupted(&self, wanted: SlotRequest, now: Timestamp) {
        self.add(LostHold::Requested(wanted), HoldOwner::Interrupted, now);
    }

    /// Takes over what the last owner of the account's lock has noted, except what it has from this client.
    pub(crate) fn inherit(&self, note: Option<LockNote>, now: Timestamp) {
        let mut known = self.known(now);
        known.lost.retain(|lost| lost.owner != HoldOwner::Owner);
        for NotedHold { id, hold, seconds } in note.unwrap_or_default().0 {
            if known.lost.iter().all(|lost| lost.id != id) {
                let age = SignedDuration::from_secs(seconds).min(AGE);
                let until = now.saturating_add(age).unwrap_or(Timestamp::MAX);
                known.lost.push(Lost { id, hold, owner: HoldOwner::Owner, until });
            }
        }
    }

    /// What the next owner of the account's lock has to know.
    pub(crate) fn to_note(&self, now: Timestamp) -> LockNote {
        let known = self.known(now);
        let noted = |lost: &Lost| NotedHold {
            id: lost.id,
            hold: lost.hold.clone(),
            seconds: lost.until.duration_since(now).as_secs(),
        };
        LockNote(known.lost.iter().map(noted).collect())
    }

    /// Records that a hold which a process had left is gone. Another process may have asked for the same.
    pub(super) fn cleared(&self, hold: &HoldDetails, now: Timestamp) {
        let mut known = self.known(now);
        if let Some(place) = known.lost.iter().position(|lost| lost.owner != HoldOwner::Us && lost.hold.is(hold)) {
            known.lost.swap_remove(place);
        }
    }

    /// Whether a hold is one that was lost, and by whom.
    pub(super) fn find(&self, hold: &HoldDetails, now: Timestamp) -> Option<HoldOrigin> {
        let known = self.known(now);
        let given = known.given.iter().any(|(hash, _)| *hash == hold.hold_hash);
        let is_it = |lost: &&Lost| match (lost.owner, &lost.hold) {
            // one that could not be released is lost even if a caller once had it
            (HoldOwner::Us, LostHold::Hash(_)) => lost.hold.is(hold),
            _ => !given && lost.hold.is(hold),
        };
        let left = known.lost.iter().filter(is_it);
        let left = left.map(|lost| if lost.owner == HoldOwner::Us { HoldOrigin::Us } else { HoldOrigin::Another });
        left.min_by_key(|by| *by != HoldOrigin::Us)
    }
}

fn until(now: Timestamp) -> Timestamp {
    now.saturating_add(AGE).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_that_existing_stores_contain_are_read_and_written() {
        let wanted = r#"{"asked":{"course_id":1,"date":"2026-06-08","time":"09:00:00"}}"#;
        let stored =
            format!(r#"[{{"id":7,"hold":{wanted},"seconds":60}},{{"id":8,"hold":{{"hash":"9f2c"}},"seconds":9}}]"#);
        let note: LockNote = serde_json::from_str(&stored).unwrap();
        assert!(matches!(note.0[0].hold, LostHold::Requested(_)));
        assert_eq!(serde_json::to_string(&note).unwrap(), stored);
    }
}
