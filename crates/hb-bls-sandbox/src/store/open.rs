//! Opening the database: in memory, or a file that outlives the process.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;

use rusqlite::{Connection, ErrorCode};

use super::Store;
use crate::SandboxError;
use crate::live::Live;

/// Raised whenever `schema.sql` changes; a file with another number is refused.
const VERSION: i64 = 5;

const SCHEMA: &str = include_str!("schema.sql");

/// Every table; those that refer come before those they refer to.
const TABLES: [&str; 13] = [
    "deliveries",
    "events",
    "webhooks",
    "transactions",
    "bookings",
    "holds",
    "tokens",
    "credits",
    "rota",
    "trainers",
    "courses",
    "accounts",
    "meta",
];

impl Store {
    /// Opens the file, or a database in memory. The flag says whether it is new and still empty.
    pub(crate) fn open(path: Option<&Path>) -> Result<(Self, bool), SandboxError> {
        let (connection, new) = match path {
            Some(path) => open_file(path)?,
            None => (Connection::open_in_memory().map_err(SandboxError::database)?, true),
        };
        connection.pragma_update(None, "foreign_keys", true).map_err(SandboxError::database)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok((Self { connection: Mutex::new(connection), live: Live::default() }, new))
    }
}

fn open_file(path: &Path) -> Result<(Connection, bool), SandboxError> {
    let connection = lock_file(path).map_err(in_use)?;
    let new = is_new(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(in_use)?;
    // A commit is on the disk before the response goes out.
    connection.pragma_update(None, "synchronous", "FULL").map_err(SandboxError::database)?;
    Ok((connection, new))
}

fn lock_file(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::ZERO)?;
    // Exclusive, since two sandboxes on one file would each have a clock and quota of their own.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    // The lock is only taken by a first write.
    connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
    Ok(connection)
}

/// Whether the file is still empty. Nothing in it is changed before this check:
/// a version of 0 or 1 alone proves nothing, since any program's file may have it.
fn is_new(db: &Connection) -> Result<bool, SandboxError> {
    let read = || -> rusqlite::Result<(i64, HashSet<String>)> {
        let found = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let mut statement = db.prepare("SELECT name FROM sqlite_schema")?;
        let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok((found, names))
    };
    let (found, names) = read().map_err(SandboxError::database)?;
    match found {
        0 if names.is_empty() => Ok(true),
        VERSION if TABLES.iter().all(|table| names.contains(*table)) => Ok(false),
        0 | VERSION => Err(SandboxError::DatabaseForeign),
        _ => Err(SandboxError::DatabaseVersion { found, expected: VERSION }),
    }
}

fn in_use(error: rusqlite::Error) -> SandboxError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => SandboxError::DatabaseInUse,
        _ => SandboxError::database(error),
    }
}

/// Creates every table in an empty database.
pub(super) fn create_all(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(SCHEMA)?;
    db.pragma_update(None, "user_version", VERSION)
}

/// Drops every table, and with them the counters of their ids.
pub(super) fn drop_all(db: &Connection) -> rusqlite::Result<()> {
    for table in TABLES {
        db.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_database_says_is_the_cause() {
        let folder = tempfile::tempdir().unwrap();
        let refused = Store::open(Some(folder.path())).unwrap_err();
        assert!(matches!(refused, SandboxError::Database(_)), "{refused}");
        let cause = std::error::Error::source(&refused).unwrap();
        assert!(cause.is::<rusqlite::Error>(), "{cause}");
    }

    #[test]
    fn a_file_is_durable_and_belongs_to_one_sandbox() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portal.db");
        let (store, new) = Store::open(Some(&path)).unwrap();
        assert!(new);
        let (mode, sync): (String, i64) = store
            .read(|db| {
                Ok((
                    db.pragma_query_value(None, "journal_mode", |row| row.get(0))?,
                    db.pragma_query_value(None, "synchronous", |row| row.get(0))?,
                ))
            })
            .unwrap();
        assert_eq!((mode.as_str(), sync), ("wal", 2));
        assert!(matches!(Store::open(Some(&path)), Err(SandboxError::DatabaseInUse)));
    }

    #[test]
    fn a_file_of_another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portal.db");
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let refused = Store::open(Some(&path)).unwrap_err();
        assert!(matches!(refused, SandboxError::DatabaseVersion { found: 99, .. }));
    }

    #[test]
    fn another_programs_file_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for version in [0, VERSION] {
            let path = folder.path().join(format!("app-{version}.db"));
            let theirs = Connection::open(&path).unwrap();
            theirs.execute_batch("CREATE TABLE accounts (id); INSERT INTO accounts VALUES (7)").unwrap();
            theirs.pragma_update(None, "user_version", version).unwrap();
            drop(theirs);
            let before = std::fs::read(&path).unwrap();
            let refused = Store::open(Some(&path)).unwrap_err();
            assert!(matches!(refused, SandboxError::DatabaseForeign), "{refused}");
            assert_eq!(std::fs::read(&path).unwrap(), before, "version {version}");
        }
    }

    #[test]
    fn an_empty_file_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portal.db");
        std::fs::write(&path, "").unwrap();
        assert!(Store::open(Some(&path)).unwrap().1);
    }
}
