//! The timeslots that a list has named, so that not every booking of the earliest one asks for it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use hb_bls_gen::{CourseId, Date};
use jiff::{SignedDuration, Timestamp, civil::Time};

/// How long a list is used. Timeslots that become free meanwhile are not seen.
const AGE: SignedDuration = SignedDuration::from_mins(1);

/// What a list was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SlotQuery {
    pub(super) course_id: CourseId,
    pub(super) months_ahead: Option<u8>,
    pub(super) date: Option<Date>,
}

#[derive(Debug)]
struct List {
    slots: VecDeque<(Date, Time)>,
    listed: Timestamp,
}

/// Lists of timeslots, the earliest first.
#[derive(Debug, Default)]
pub(crate) struct KnownSlots(Mutex<HashMap<SlotQuery, List>>);

impl KnownSlots {
    fn lists(&self) -> MutexGuard<'_, HashMap<SlotQuery, List>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn remember(&self, query: SlotQuery, mut slots: Vec<(Date, Time)>, now: Timestamp) {
        slots.sort_unstable();
        let mut lists = self.lists();
        lists.retain(|_, list| is_young(list, now));
        lists.insert(query, List { slots: slots.into(), listed: now });
    }

    /// The earliest timeslot that is not known to be taken. It is not given again.
    pub(super) fn take(&self, query: SlotQuery, now: Timestamp) -> Option<(Date, Time)> {
        let mut lists = self.lists();
        lists.get_mut(&query).filter(|list| is_young(list, now))?.slots.pop_front()
    }

    /// Forgets what was listed of a course, since somebody else books there or a timeslot has become free again.
    pub(super) fn forget(&self, course_id: CourseId) {
        self.lists().retain(|query, _| query.course_id != course_id);
    }
}

fn is_young(list: &List, now: Timestamp) -> bool {
    (SignedDuration::ZERO..AGE).contains(&now.duration_since(list.listed))
}
