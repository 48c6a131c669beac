//! Holds that may block the account because the response that created them was lost.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use hb_bls_gen::{CourseId, Date, types};
use jiff::{SignedDuration, Timestamp, civil::Time};
use serde::{Deserialize, Serialize};

use crate::{
    Client,
    model::{CourseSummary, HoldDetails, Timeslot},
    pipeline::Call,
};

/// How long a lost hold can block the account: a hold lasts 30 minutes, and a request whose response was lost may still
/// make one.
const AGE: SignedDuration = SignedDuration::from_mins(60);

/// A timeslot to hold.
#[derive(Debug, Clone, Copy)]
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

/// What a client remembers of holds that it may have left behind.
///
/// For that time, a timeslot whose request was lost counts as this client's own. If another process holds the same
/// timeslot of the same course in that time, the next hold of this client takes it over.
#[derive(Default)]
pub(crate) struct LostHolds(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    lost: Vec<Lost>,
    /// The hashes of holds that this client has returned to a caller, and until when they are remembered.
    given: VecDeque<(String, Timestamp)>,
    asked: u64,
}

struct Lost {
    hold: Trace,
    until: Timestamp,
}

impl Lost {
    fn to_left(&self) -> (Left, Timestamp) {
        let left = match &self.hold {
            Trace::Asked(_, wanted) | Trace::Interrupted(wanted) => Left::asked(*wanted),
            Trace::Hash(hash) => Left::Hash(hash.clone()),
            Trace::Left(left) => left.clone(),
        };
        (left, self.until)
    }
}

enum Trace {
    /// A request for this timeslot is in flight or had no response. It may still be carried out, even if a hold has
    /// been made since.
    Asked(u64, SlotRequest),
    /// A hold that may not have been released.
    Hash(String),
    /// Another process had the account locked, and may have left this hold when it ended.
    Left(Left),
    /// A booking with a key asked for this timeslot, and its program ended.
    Interrupted(SlotRequest),
}

/// The note of an account's lock for its next owner: the holds that may be in the way, those of the owner and those that
/// it has been told of. An owner writes it before it asks for a hold, and again when it has one.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Note(Vec<(Left, Timestamp)>);

/// A hold that may be in the way.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Left {
    /// One for this timeslot, which was asked for.
    Asked { course_id: CourseId, date: Date, time: Time },
    /// One of which the hash is known.
    Hash(String),
}

impl Left {
    fn asked(SlotRequest { course_id, date, time }: SlotRequest) -> Self {
        Self::Asked { course_id, date, time }
    }

    fn is(&self, hold: &HoldDetails) -> bool {
        match self {
            Self::Asked { course_id, date, time } => {
                SlotRequest { course_id: *course_id, date: *date, time: *time }.is(hold) == Some(true)
            }
            Self::Hash(hash) => *hash == hold.hold_hash,
        }
    }
}

impl Note {
    /// Nothing if another program has written it.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Nothing if there is nothing to say.
    pub(crate) fn to_text(&self) -> Option<String> {
        if self.0.is_empty() { None } else { serde_json::to_string(self).ok() }
    }

    /// Adds the hold that the owner asks for, or has.
    pub(crate) fn with(mut self, wanted: SlotRequest, hold_hash: Option<&str>, now: Timestamp) -> Self {
        let left = hold_hash.map_or(Left::asked(wanted), |hash| Left::Hash(hash.to_owned()));
        self.0.push((left, until(now)));
        self
    }
}

/// How a hold has come to be in the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum LeftBy {
    /// This client has made it.
    Us,
    /// Another process may still be booking it, so it is only cleared away: its hash books once, whoever has it.
    Another,
}

impl LostHolds {
    fn known(&self, now: Timestamp) -> MutexGuard<'_, Memory> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.lost.retain(|lost| lost.until > now);
        while known.given.front().is_some_and(|(_, until)| *until <= now) {
            known.given.pop_front();
        }
        known
    }

    fn ask(&self, wanted: SlotRequest, now: Timestamp) -> u64 {
        let mut known = self.known(now);
        known.asked += 1;
        let number = known.asked;
        known.lost.push(Lost { hold: Trace::Asked(number, wanted), until: until(now) });
        number
    }

    fn answered(&self, number: u64, lost: bool, now: Timestamp) {
        let mut known = self.known(now);
        let place = known.lost.iter().position(|lost| matches!(lost.hold, Trace::Asked(asked, _) if asked == number));
        match place {
            Some(place) if lost => known.lost[place].until = until(now),
            Some(place) => drop(known.lost.swap_remove(place)),
            None => {}
        }
    }

    /// Records that a caller has this hold now, so it is not lost.
    pub(super) fn give(&self, hold_hash: &str, now: Timestamp) {
        let mut known = self.known(now);
        known.lost.retain(|lost| !matches!(&lost.hold, Trace::Hash(hash) if hash == hold_hash));
        known.given.push_back((hold_hash.to_owned(), until(now)));
    }

    /// Records a hold that may not have been released.
    pub(crate) fn hash(&self, hold_hash: &str, now: Timestamp) {
        self.known(now).lost.push(Lost { hold: Trace::Hash(hold_hash.to_owned()), until: until(now) });
    }

    /// Takes over what the last owner of the account's lock has noted.
    pub(crate) fn inherit(&self, note: Option<Note>, now: Timestamp) {
        let mut known = self.known(now);
        known.lost.retain(|lost| !matches!(lost.hold, Trace::Left(_)));
        // what this client has noted itself is not added once more, or notes would grow with each owner
        let mut seen: HashSet<_> = known.lost.iter().map(Lost::to_left).collect();
        for (left, until) in note.unwrap_or_default().0 {
            if seen.insert((left.clone(), until)) {
                known.lost.push(Lost { hold: Trace::Left(left), until });
            }
        }
    }

    /// Records that a hold which a process had left is gone. Another process may have asked for the same.
    pub(super) fn cleared(&self, hold: &HoldDetails, now: Timestamp) {
        let mut known = self.known(now);
        let place = known.lost.iter().position(|lost| match &lost.hold {
            Trace::Left(left) => left.is(hold),
            Trace::Interrupted(wanted) => wanted.is(hold) == Some(true),
            Trace::Asked(..) | Trace::Hash(_) => false,
        });
        if let Some(place) = place {
            known.lost.swap_remove(place);
        }
    }

    /// What the next owner of the account's lock has to know.
    pub(crate) fn to_note(&self, now: Timestamp) -> Note {
        Note(self.known(now).lost.iter().map(Lost::to_left).collect())
    }

    /// Records that an interrupted booking may have left a hold.
    pub(crate) fn interrupted(&self, wanted: SlotRequest, now: Timestamp) {
        self.known(now).lost.push(Lost { hold: Trace::Interrupted(wanted), until: until(now) });
    }

    /// Whether a hold is one that was lost, and by whom.
    pub(super) fn find(&self, hold: &HoldDetails, now: Timestamp) -> Option<LeftBy> {
        let known = self.known(now);
        let given = known.given.iter().any(|(hash, _)| *hash == hold.hold_hash);
        let left = known.lost.iter().filter_map(|lost| match &lost.hold {
            Trace::Asked(_, wanted) => (!given && wanted.is(hold) == Some(true)).then_some(LeftBy::Us),
            Trace::Hash(hash) => (*hash == hold.hold_hash).then_some(LeftBy::Us),
            Trace::Left(left) => (!given && left.is(hold)).then_some(LeftBy::Another),
            Trace::Interrupted(wanted) => (!given && wanted.is(hold) == Some(true)).then_some(LeftBy::Another),
        });
        left.min_by_key(|by| *by != LeftBy::Us)
    }
}

fn until(now: Timestamp) -> Timestamp {
    now.saturating_add(AGE).unwrap_or(Timestamp::MAX)
}

/// A request for a hold that is in flight. The caller may stop waiting for it.
pub(super) struct PendingHold<'a> {
    client: &'a Client,
    call: &'a Call,
    number: u64,
    over: bool,
}

impl<'a> PendingHold<'a> {
    pub(super) fn new(client: &'a Client, call: &'a Call, wanted: SlotRequest) -> Self {
        let pipeline = &client.pipeline;
        Self { client, call, number: client.memory.lost_holds.ask(wanted, pipeline.clock().now()), over: false }
    }

    /// Records that the call has ended.
    pub(super) fn over(mut self) {
        self.over = true;
    }
}

impl Drop for PendingHold<'_> {
    fn drop(&mut self) {
        let lost = self.call.is_unsettled() || (!self.over && self.call.is_at_large());
        let pipeline = &self.client.pipeline;
        self.client.memory.lost_holds.answered(self.number, lost, pipeline.clock().now());
    }
}
