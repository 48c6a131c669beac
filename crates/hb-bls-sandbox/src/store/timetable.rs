//! The whole timetable of a course, with what is free, held and taken.

use std::collections::HashMap;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::courses::Course;
use super::{instant, millis, slots};
use crate::format;
use crate::problem::Problem;

/// An entry of the timetable.
#[derive(Debug)]
pub(crate) struct TimetableEntry {
    pub(crate) time: Time,
    pub(crate) state: EntryState,
}

/// What an entry of the timetable is.
#[derive(Debug)]
pub(crate) enum EntryState {
    /// It can be held.
    Free,
    /// An account keeps it for a while.
    Held { until: Timestamp },
    /// A booking has it.
    Booked { booking: i64, candidate: String },
    /// It has passed, or its trainer is busy with another course.
    Closed,
}

/// The entries of each day from one to the other, both included.
pub(crate) fn between(
    db: &Connection,
    course: &Course,
    (from, to): (Date, Date),
    now: Timestamp,
) -> Result<Vec<(Date, Vec<TimetableEntry>)>, Problem> {
    let mut occupied = occupied(db, course, (from, to), now)?;
    let open: Vec<(Date, Time)> = {
        let (first, last) = slots::bookable_days(now, slots::MAX_MONTHS_AHEAD)?;
        let open = slots::open(db, course, (from.max(first), to.min(last)), now)?;
        open.iter().map(|slot| (slot.date, slot.time)).collect()
    };
    let rota = slots::rota(db, course.id)?;
    let mut days = Vec::new();
    let mut date = from;
    while date <= to {
        let mut entries = Vec::new();
        if rota.contains_key(&date.weekday().to_monday_one_offset()) {
            for time in slots::start_times(course) {
                let state = match occupied.remove(&(date, time)) {
                    Some(state) => state,
                    None if open.binary_search(&(date, time)).is_ok() => EntryState::Free,
                    None => EntryState::Closed,
                };
                entries.push(TimetableEntry { time, state });
            }
        }
        days.push((date, entries));
        date = date.tomorrow()?;
    }
    Ok(days)
}

fn occupied(
    db: &Connection,
    course: &Course,
    (from, to): (Date, Date),
    now: Timestamp,
) -> Result<HashMap<(Date, Time), EntryState>, Problem> {
    let start = format::london_instant(from, Time::midnight())?;
    let end = format::london_instant(to, Time::midnight())? + SignedDuration::from_hours(24);
    let span = params![course.id, millis(start), millis(end)];
    let start = |at: i64| {
        let local = format::in_london(instant(at));
        (local.date(), local.time())
    };
    let mut occupied = HashMap::new();
    let mut statement = db.prepare_cached(
        "SELECT start_at, id, first_name || ' ' || last_name FROM bookings
         WHERE course_id = ?1 AND start_at >= ?2 AND start_at < ?3 AND booking_status <> 'cancelled'",
    )?;
    let rows = statement.query_map(span, |row| {
        Ok((row.get(0)?, EntryState::Booked { booking: row.get(1)?, candidate: row.get(2)? }))
    })?;
    for row in rows {
        let (at, state) = row?;
        occupied.insert(start(at), state);
    }
    let mut statement = db.prepare_cached(
        "SELECT start_at, expires_at FROM holds WHERE course_id = ?1 AND start_at >= ?2 AND start_at < ?3",
    )?;
    for row in statement.query_map(span, |row| Ok((row.get(0)?, instant(row.get(1)?))))? {
        let (at, until) = row?;
        if until > now {
            occupied.insert(start(at), EntryState::Held { until });
        }
    }
    Ok(occupied)
}
