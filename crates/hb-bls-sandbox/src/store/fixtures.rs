//! The contents of a new portal.

use jiff::Timestamp;
use rusqlite::Connection;

use super::accounts::{self, NewAccount};
use super::contents::{self, Contents};
use crate::credentials::SandboxCredentials;
use crate::problem::Problem;

const COURSES: [(i64, &str, i64, i64); 2] =
    [(1, "Basic Life Support", 4_800, 60), (2, "Paediatric Basic Life Support", 6_000, 90)];

const TRAINERS: [(i64, &str); 3] = [(1, "Sarah Whitfield"), (2, "Daniel Okafor"), (3, "Mairi MacLeod")];

/// Course, weekday, trainer. One trainer for a course at a time, so a slot is one place,
/// and nobody gives two courses on one day.
const ROTA: [(i64, i64, i64); 10] =
    [(1, 1, 1), (1, 2, 1), (1, 3, 1), (1, 4, 2), (1, 5, 2), (2, 1, 2), (2, 2, 2), (2, 3, 3), (2, 4, 3), (2, 5, 3)];

/// Fills an empty portal with its contents, and with the usual timetable and account where those are left out.
pub(super) fn insert(
    db: &Connection,
    first: &SandboxCredentials,
    contents: &Contents,
    now: Timestamp,
) -> Result<(), Problem> {
    if !contents.has_timetable()? {
        timetable(db)?;
    }
    contents::add_timetable(db, contents)?;
    if contents.accounts.is_empty() {
        accounts::open(db, first, &NewAccount::first(), now)?;
    }
    contents::add_accounts(db, contents, now)?;
    contents::add_bookings(db, contents, now)
}

fn timetable(db: &Connection) -> Result<(), Problem> {
    for course in COURSES {
        db.execute("INSERT INTO courses (id, name, price, duration_minutes) VALUES (?1, ?2, ?3, ?4)", course)?;
    }
    for trainer in TRAINERS {
        db.execute("INSERT INTO trainers (id, name) VALUES (?1, ?2)", trainer)?;
    }
    for entry in ROTA {
        db.execute("INSERT INTO rota (course_id, weekday, trainer_id) VALUES (?1, ?2, ?3)", entry)?;
    }
    Ok(())
}
