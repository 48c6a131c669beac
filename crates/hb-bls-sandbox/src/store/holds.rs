//! Holds: each reserves a timeslot for one account for half an hour.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::slots::{Slot, slot_json};
use super::{instant, millis};
use crate::format;
use crate::problem::Problem;
use crate::random;

/// How long a hold lives.
pub(crate) const HOLD_SECONDS: i64 = 1_800;

/// An active hold.
#[derive(Debug)]
pub(crate) struct Hold {
    pub(crate) hold_hash: String,
    pub(crate) course_id: i64,
    pub(crate) course_name: String,
    pub(crate) trainer_id: i64,
    pub(crate) date: String,
    pub(crate) time: String,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl Hold {
    /// A new one of this slot, which is not stored.
    pub(crate) fn of(slot: &Slot, expires_at: Timestamp) -> Self {
        Self {
            hold_hash: random::text(32),
            course_id: slot.course_id,
            course_name: slot.course_name.clone(),
            trainer_id: slot.trainer_id,
            date: slot.date.to_string(),
            time: format::hour_minute(slot.time),
            start: slot.start,
            end: slot.end,
            expires_at,
        }
    }

    pub(crate) fn json(&self, now: Timestamp) -> Value {
        json!({
            "hold_hash": self.hold_hash,
            "expires_at": format::utc(self.expires_at),
            "expires_in_seconds": self.expires_at.duration_since(now).as_secs().max(0),
            "slot": slot_json(&self.date, &self.time, self.course_id, &self.course_name),
        })
    }
}

const SELECT: &str = "SELECT h.hold_hash, h.course_id, c.name, h.trainer_id, h.date, h.time,
    h.start_at, h.end_at, h.expires_at FROM holds h JOIN courses c ON c.id = h.course_id";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Hold> {
    Ok(Hold {
        hold_hash: row.get(0)?,
        course_id: row.get(1)?,
        course_name: row.get(2)?,
        trainer_id: row.get(3)?,
        date: row.get(4)?,
        time: row.get(5)?,
        start: instant(row.get(6)?),
        end: instant(row.get(7)?),
        expires_at: instant(row.get(8)?),
    })
}

/// Deletes expired holds, so that every row is an active hold.
pub(crate) fn expire(db: &Connection, now: Timestamp) -> Result<(), Problem> {
    db.prepare_cached("DELETE FROM holds WHERE expires_at <= ?1")?.execute([millis(now)])?;
    Ok(())
}

/// The account's active hold.
pub(crate) fn active(db: &Connection, account: i64, now: Timestamp) -> Result<Option<Hold>, Problem> {
    let sql = format!("{SELECT} WHERE h.account_id = ?1 AND h.expires_at > ?2");
    Ok(db.prepare_cached(&sql)?.query_row([account, millis(now)], from_row).optional()?)
}

/// Keeps the slot for the account, which must not have another hold.
pub(crate) fn place(db: &Connection, account: i64, slot: &Slot, now: Timestamp) -> Result<Hold, Problem> {
    let hold = Hold::of(slot, now + SignedDuration::from_secs(HOLD_SECONDS));
    db.prepare_cached(
        "INSERT INTO holds (hold_hash, account_id, course_id, trainer_id, date, time, start_at, end_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        hold.hold_hash,
        account,
        hold.course_id,
        hold.trainer_id,
        hold.date,
        hold.time,
        millis(hold.start),
        millis(hold.end),
        millis(hold.expires_at),
    ])?;
    Ok(hold)
}

/// Ends the hold, and returns it if it was still active.
pub(crate) fn take(db: &Connection, account: i64, hold_hash: &str, now: Timestamp) -> Result<Option<Hold>, Problem> {
    let Some(hold) = active(db, account, now)?.filter(|hold| hold.hold_hash == hold_hash) else {
        return Ok(None);
    };
    db.prepare_cached("DELETE FROM holds WHERE hold_hash = ?1")?.execute([hold_hash])?;
    Ok(Some(hold))
}
