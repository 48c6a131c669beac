//! Which slots can be booked: trainers' days, UK working hours, less what is held or booked.

use std::collections::{HashMap, HashSet};

use jiff::civil::{Date, Time, time};
use jiff::{SignedDuration, Span, Timestamp};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::courses::Course;
use super::{instant, millis};
use crate::format;
use crate::problem::Problem;

/// How far ahead a slot can be booked, in months.
pub(crate) const MAX_MONTHS_AHEAD: i64 = 12;
/// How far ahead `GET /timeslots` looks when it is not told.
pub(crate) const DEFAULT_MONTHS_AHEAD: i64 = 3;

const OPENS: Time = time(9, 0, 0, 0);
const CLOSES: Time = time(17, 0, 0, 0);

/// A place on a course with a trainer who is free.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) course_id: i64,
    pub(crate) course_name: String,
    pub(crate) trainer_id: i64,
    pub(crate) date: Date,
    pub(crate) time: Time,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Slot {
    pub(crate) fn json(&self) -> Value {
        slot_json(&self.date.to_string(), &format::hour_minute(self.time), self.course_id, &self.course_name)
    }
}

/// A slot as answers show it.
pub(crate) fn slot_json(date: &str, time: &str, course_id: i64, course_name: &str) -> Value {
    json!({ "date": date, "time": time, "course": { "id": course_id, "name": course_name } })
}

/// What became of a slot that somebody asks for.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// It can be had.
    Open(Slot),
    /// It is on the timetable, but held or booked.
    Taken,
    /// It is not on the timetable.
    NotOffered,
}

/// The open slots of a course between two days, in order of time.
pub(crate) fn open(
    db: &Connection,
    course: &Course,
    (from, to): (Date, Date),
    now: Timestamp,
) -> Result<Vec<Slot>, Problem> {
    let mut slots = Vec::new();
    if from > to {
        return Ok(slots);
    }
    let rota = rota(db, course.id)?;
    let taken = Taken::load(db, from, now, None)?;
    let mut date = from;
    while date <= to {
        if let Some(trainers) = rota.get(&date.weekday().to_monday_one_offset()) {
            for time in start_times(course) {
                slots.extend(taken.place(course, trainers, date, time)?);
            }
        }
        date = date.tomorrow()?;
    }
    Ok(slots)
}

/// Looks for one slot. A booking that is being moved does not stand in its own way.
pub(crate) fn find(
    db: &Connection,
    course: &Course,
    (date, time): (Date, Time),
    moving: Option<i64>,
    now: Timestamp,
) -> Result<Wanted, Problem> {
    let (first, last) = bookable_days(now, MAX_MONTHS_AHEAD)?;
    let rota = rota(db, course.id)?;
    let Some(trainers) = rota.get(&date.weekday().to_monday_one_offset()) else {
        return Ok(Wanted::NotOffered);
    };
    if date < first || date > last || !start_times(course).any(|start| start == time) {
        return Ok(Wanted::NotOffered);
    }
    let place = Taken::load(db, date, now, moving)?.place(course, trainers, date, time)?;
    Ok(place.map_or(Wanted::Taken, Wanted::Open))
}

/// From tomorrow, since the kit has to be posted, to so many months from today.
pub(crate) fn bookable_days(now: Timestamp, months: i64) -> Result<(Date, Date), Problem> {
    let today = format::london_date(now);
    Ok((today.tomorrow()?, today.checked_add(Span::new().try_months(months)?)?))
}

fn start_times(course: &Course) -> impl Iterator<Item = Time> + use<> {
    let length = SignedDuration::from_mins(course.duration_minutes.max(1));
    std::iter::successors(Some(OPENS), move |time| time.checked_add(length).ok())
        .take_while(move |time| time.checked_add(length).is_ok_and(|end| end <= CLOSES))
}

fn rota(db: &Connection, course: i64) -> Result<HashMap<i8, Vec<i64>>, Problem> {
    let mut rota: HashMap<i8, Vec<i64>> = HashMap::new();
    let mut statement = db.prepare_cached(
        "SELECT weekday, trainer_id FROM rota WHERE course_id = ?1 ORDER BY trainer_id",
    )?;
    for row in statement.query_map([course], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (weekday, trainer) = row?;
        rota.entry(weekday).or_default().push(trainer);
    }
    Ok(rota)
}

/// What is no longer free.
struct Taken {
    /// When each trainer is busy, by start.
    busy: HashMap<i64, Vec<(Timestamp, Timestamp)>>,
    /// Slots that somebody holds: nobody else may have them, even with a second trainer.
    held: HashSet<(i64, Timestamp)>,
}

impl Taken {
    fn load(
        db: &Connection,
        from: Date,
        now: Timestamp,
        moving: Option<i64>,
    ) -> Result<Self, Problem> {
        let start = millis(format::london_instant(from, Time::midnight())?);
        let mut taken = Self { busy: HashMap::new(), held: HashSet::new() };
        let mut bookings = db.prepare_cached(
            "SELECT trainer_id, start_at, end_at FROM bookings
             WHERE start_at >= ?1 AND booking_status <> 'cancelled' AND id IS NOT ?2
             ORDER BY start_at",
        )?;
        let rows = bookings.query_map(params![start, moving], |row| {
            Ok((row.get(0)?, instant(row.get(1)?), instant(row.get(2)?)))
        })?;
        for row in rows {
            let (trainer, start, end) = row?;
            taken.busy.entry(trainer).or_default().push((start, end));
        }
        let mut holds = db.prepare_cached(
            "SELECT trainer_id, start_at, end_at, course_id FROM holds WHERE expires_at > ?1",
        )?;
        let rows = holds.query_map([millis(now)], |row| {
            Ok((row.get(0)?, instant(row.get(1)?), instant(row.get(2)?), row.get(3)?))
        })?;
        for row in rows {
            let (trainer, start, end, course) = row?;
            taken.held.insert((course, start));
            let busy = taken.busy.entry(trainer).or_default();
            let at = busy.partition_point(|(other, _)| *other <= start);
            busy.insert(at, (start, end));
        }
        Ok(taken)
    }

    /// The slot with the first of the trainers who is free then.
    fn place(
        &self,
        course: &Course,
        trainers: &[i64],
        date: Date,
        time: Time,
    ) -> Result<Option<Slot>, Problem> {
        let start = format::london_instant(date, time)?;
        let end = start + SignedDuration::from_mins(course.duration_minutes);
        if self.held.contains(&(course.id, start)) {
            return Ok(None);
        }
        let free = trainers.iter().find(|trainer| self.is_free(**trainer, start, end));
        Ok(free.map(|&trainer_id| Slot {
            course_id: course.id,
            course_name: course.name.clone(),
            trainer_id,
            date,
            time,
            start,
            end,
        }))
    }

    fn is_free(&self, trainer: i64, start: Timestamp, end: Timestamp) -> bool {
        let Some(busy) = self.busy.get(&trainer) else { return true };
        // No lesson lasts longer than the working day, so only those starting near can overlap.
        let near = busy.partition_point(|(other, _)| *other < start - SignedDuration::from_hours(24));
        !busy[near..]
            .iter()
            .take_while(|(other, _)| *other < end)
            .any(|(_, other_end)| *other_end > start)
    }
}
