//! Everything the portal remembers, in one SQLite database.

pub(crate) mod accounts;
pub(crate) mod bookings;
pub(crate) mod contents;
pub(crate) mod courses;
pub(crate) mod deliveries;
pub(crate) mod events;
mod fixtures;
pub(crate) mod holds;
pub(crate) mod listing;
mod open;
pub(crate) mod overview;
pub(crate) mod seed;
pub(crate) mod slots;
pub(crate) mod timetable;
pub(crate) mod tokens;
pub(crate) mod transactions;
pub(crate) mod webhooks;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use self::contents::Contents;
use crate::SandboxError;
use crate::clock::ClockReading;
use crate::credentials::SandboxCredentials;
use crate::live::{Live, Topic};
use crate::problem::Problem;

/// The database, one user at a time.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Mutex<Connection>,
    pub(crate) live: Live,
}

impl Store {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads. The lock is held, so nothing changes in between.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
        work(&self.lock())
    }

    /// How far the clock of an earlier run on the same file had come.
    pub(crate) fn clock_reading(&self) -> Result<Option<ClockReading>, SandboxError> {
        let connection = self.lock();
        let value = |key| -> rusqlite::Result<Option<String>> {
            let mut statement = connection.prepare("SELECT value FROM meta WHERE key = ?1")?;
            statement.query_row([key], |row| row.get(0)).optional()
        };
        let time = value("clock").map_err(SandboxError::database)?.and_then(|text| text.parse().ok());
        let ahead = value("ahead").map_err(SandboxError::database)?.and_then(|text| text.parse().ok());
        Ok(time.map(|time| ClockReading { time, ahead }))
    }

    /// Writes in one transaction: an error rolls everything back.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        self.live.changed(Topic::Data);
        Ok(done)
    }

    /// Forgets everything and starts over with these contents; without accounts in them, with the first account.
    pub(crate) fn reset(
        &self,
        first: &SandboxCredentials,
        contents: &Contents,
        clock: ClockReading,
    ) -> Result<(), Problem> {
        self.write(|db| {
            open::drop_all(db)?;
            open::create_all(db)?;
            fixtures::insert(db, first, contents, clock.time)?;
            note_clock(db, clock)
        })
    }
}

/// Notes how far the clock has come, so that a later run on the same file does not go back.
pub(crate) fn note_clock(db: &Connection, clock: ClockReading) -> Result<(), Problem> {
    db.execute("DELETE FROM meta WHERE key IN ('clock', 'ahead')", [])?;
    let mut insert = db.prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2)")?;
    insert.execute(["clock", &clock.time.to_string()])?;
    if let Some(ahead) = clock.ahead {
        insert.execute(["ahead", &ahead.to_string()])?;
    }
    Ok(())
}

/// An instant as a column holds it.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// An instant from a column.
pub(crate) fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}
