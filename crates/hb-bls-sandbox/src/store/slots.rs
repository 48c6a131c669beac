//! Bookable slots: trainers' days in UK working hours, less what is held or booked.

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
/// How far ahead `GET /timeslots` looks by default.
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

/// A slot as responses show it.
pub(crate) fn slot_json(date: &str, time: &str, course_id: i64, course_name: &str) -> Value {
    json!({ "date": date, "time": time, "course": { "id": course_id, "name": course_name } })
}

/// Whether a requested slot can be booked.
#[derive(Debug)]
pub(crate) enum SlotAvailability {
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
    let taken = UnavailableSlots::load(db, from, now, None)?;
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

/// Looks for one slot. A booking that is being moved does not block its own new slot.
pub(crate) fn find(
    db: &Connection,
    course: &Course,
    (date, time): (Date, Time),
    moving: Option<i64>,
    now: Timestamp,
) -> Result<SlotAvailability, Problem> {
    let (first, last) = bookable_days(now, MAX_MONTHS_AHEAD)?;
    let rota = rota(db, course.id)?;
    let Some(trainers) = rota.get(&date.weekday().to_monday_one_offset()) else {
        return Ok(SlotAvailability::NotOffered);
    };
    if date < first || date > last || !start_times(course).any(|start| start == time) {
        return Ok(SlotAvailability::NotOffered);
    }
    let place = UnavailableSlots::load(db, date, now, moving)?.place(course, trainers, date, time)?;
    Ok(place.map_or(SlotAvailability::Taken, SlotAvailability::Open))
}

/// From tomorrow, since the kit has to be posted, to this many months from today.
pub(crate) fn bookable_days(now: Timestamp, months: i64) -> Result<(Date, Date), Problem> {
    let today = format::london_date(now);
    Ok((today.tomorrow()?, today.checked_add(Span::new().try_months(months)?)?))
}

pub(super) fn start_times(course: &Course) -> impl Iterator<Item = Time> + use<> {
    let length = SignedDuration::from_mins(course.duration_minutes.max(1));
    std::iter::successors(Some(OPENS), move |time| time.checked_add(length).ok())
        .take_while(move |time| time.checked_add(length).is_ok_and(|end| end <= CLOSES))
}

pub(super) fn rota(db: &Connection, course: i64) -> Result<HashMap<i8, Vec<i64>>, Problem> {
    let mut rota: HashMap<i8, Vec<i64>> = HashMap::new();
    let mut statement =
        db.prepare_cached("SELECT weekday, trainer_id FROM rota WHERE course_id = ?1 ORDER BY trainer_id")?;
    for row in statement.query_map([course], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (weekday, trainer) = row?;
        rota.entry(weekday).or_default().push(trainer);
    }
    Ok(rota)
}

/// What is no longer free.
struct UnavailableSlots {
    /// When each trainer is busy, by start.
    busy: HashMap<i64, Vec<(Timestamp, Timestamp)>>,
    /// Slots that somebody holds: nobody else may have them, even with a second trainer.
    held: HashSet<(i64, Timestamp)>,
}

impl UnavailableSlots {
    fn load(db: &Connection, from: Date, now: Timestamp, moving: Option<i64>) -> Result<Self, Problem> {
        let start = millis(format::london_instant(from, Time::midnight())?);
        let mut taken = Self { busy: HashMap::new(), held: HashSet::new() };
        let mut bookings = db.prepare_cached(
            "SELECT trainer_id, start_at, end_at FROM bookings
             WHERE start_at >= ?1 AND booking_status <> 'cancelled' AND id IS NOT ?2
             ORDER BY start_at",
        )?;
        let rows = bookings
            .query_map(params![start, moving], |row| Ok((row.get(0)?, instant(row.get(1)?), instant(row.get(2)?))))?;
        for row in rows {
            let (trainer, start, end) = row?;
            taken.busy.entry(trainer).or_default().push((start, end));
        }
        let mut holds =
            db.prepare_cached("SELECT trainer_id, start_at, end_at, course_id FROM holds WHERE expires_at > ?1")?;
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
    fn place(&self, course: &Course, trainers: &[i64], date: Date, time: Time) -> Result<Option<Slot>, Problem> {
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
        !busy[near..].iter().take_while(|(other, _)| *other < end).any(|(_, other_end)| *other_end > start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockReading;
    use crate::credentials::SandboxCredentials;
    use crate::store::contents::Contents;
    use crate::store::{Store, accounts, courses, holds};
    use jiff::civil::date;

    const MONDAY: Date = date(2026, 6, 8);

    /// A portal where a second trainer gives course 1 on Mondays.
    fn with_two_trainers(test: impl FnOnce(&Connection, &Course, Timestamp)) {
        let now = "2026-06-05T10:00:00Z".parse().unwrap();
        let (store, _) = Store::open(None).unwrap();
        store
            .reset(&SandboxCredentials::well_known(), &Contents::default(), ClockReading { time: now, ahead: None })
            .unwrap();
        let done = store.write(|db| {
            db.execute("INSERT INTO rota (course_id, weekday, trainer_id) VALUES (1, 1, 3)", [])?;
            test(db, &courses::by_id(db, 1)?.unwrap(), now);
            Ok(())
        });
        done.unwrap();
    }

    fn hold_first(db: &Connection, course: &Course, now: Timestamp) -> (String, i64) {
        let slot = open(db, course, (MONDAY, MONDAY), now).unwrap().remove(0);
        let account = accounts::first(db).unwrap().id;
        let hold = holds::place(db, account, &slot, now).unwrap();
        (hold.hold_hash, slot.trainer_id)
    }

    #[test]
    fn there_are_as_many_places_as_free_trainers() {
        with_two_trainers(|db, course, now| {
            let all = open(db, course, (MONDAY, MONDAY), now).unwrap().len();
            let mut trainers = Vec::new();
            for _ in 0..2 {
                assert_eq!(open(db, course, (MONDAY, MONDAY), now).unwrap().len(), all);
                let (hash, trainer) = hold_first(db, course, now);
                // As a booking does it: the place stays taken, the hold goes.
                book(db, trainer, now);
                holds::take(db, accounts::first(db).unwrap().id, &hash, now).unwrap();
                trainers.push(trainer);
            }
            assert_eq!(trainers, [1, 3]);
            assert_eq!(open(db, course, (MONDAY, MONDAY), now).unwrap().len(), all - 1);
        });
    }

    #[test]
    fn a_held_slot_is_nobody_elses_even_with_a_second_trainer() {
        with_two_trainers(|db, course, now| {
            let all = open(db, course, (MONDAY, MONDAY), now).unwrap().len();
            hold_first(db, course, now);
            assert_eq!(open(db, course, (MONDAY, MONDAY), now).unwrap().len(), all - 1);
            let nine = (MONDAY, time(9, 0, 0, 0));
            assert!(matches!(find(db, course, nine, None, now), Ok(SlotAvailability::Taken)));
        });
    }

    #[test]
    fn a_trainer_of_two_courses_is_in_one_place_at_a_time() {
        with_two_trainers(|db, _, now| {
            db.execute("UPDATE rota SET trainer_id = 1 WHERE course_id = 2 AND weekday = 1", []).unwrap();
            book(db, 1, now);
            let other = courses::by_id(db, 2).unwrap().unwrap();
            let times: Vec<String> = open(db, &other, (MONDAY, MONDAY), now)
                .unwrap()
                .iter()
                .map(|slot| format::hour_minute(slot.time))
                .collect();
            assert_eq!(times, ["10:30", "12:00", "13:30", "15:00"], "09:00 to 10:00 is taken");
        });
    }

    /// A booking of course 1 at nine with this trainer.
    fn book(db: &Connection, trainer: i64, now: Timestamp) {
        crate::store::seed::bookings(db, 1, now).unwrap();
        let start = millis(format::london_instant(MONDAY, OPENS).unwrap());
        db.execute(
            "UPDATE bookings SET trainer_id = ?1, start_at = ?2, end_at = ?2 + 3600000,
                booking_status = 'booked' WHERE id = last_insert_rowid()",
            [trainer, start],
        )
        .unwrap();
    }
}
