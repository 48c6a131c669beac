//! The file, and how it is used.

use std::{
    fs::OpenOptions,
    io::ErrorKind,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hb_bls::state::{StateError, StateFuture};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

/// How long other processes may write, each of which takes a moment.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often another process may write just when the journal mode is changed.
const TRIES: u32 = 100;
/// The version of the tables, which the file contains.
const VERSION: i64 = 1;

/// A file whose tables are ours. Clones share its connection.
#[derive(Debug, Clone)]
pub(crate) struct Database(Arc<Mutex<Connection>>);

impl Database {
    /// Opens the file, and makes it if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, StateError> {
        create(path).map_err(StateError::new)?;
        let mut connection = Connection::open(path).map_err(StateError::new)?;
        prepare(&mut connection)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Does something in one transaction that no other process writes in. It is completed even if nobody waits for it.
    pub(crate) fn with<'a, T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> StateFuture<'a, T> {
        let connection = Arc::clone(&self.0);
        Box::pin(async move {
            let runtime = tokio::runtime::Handle::try_current().map_err(StateError::new)?;
            let working = runtime.spawn_blocking(move || {
                let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let outcome = work(&transaction)?;
                transaction.commit()?;
                Ok(outcome)
            });
            working.await.map_err(StateError::new)?.map_err(|error: rusqlite::Error| StateError::new(error))
        })
    }

    /// Moves what was written into the file itself, so that what was removed is nowhere any more. Another process may keep it
    /// from that; the next time will do.
    pub(crate) fn tidy(&self) -> StateFuture<'_, ()> {
        let connection = Arc::clone(&self.0);
        Box::pin(async move {
            let runtime = tokio::runtime::Handle::try_current().map_err(StateError::new)?;
            let tidying = runtime.spawn_blocking(move || {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            });
            tidying.await.map_err(StateError::new)
        })
    }
}

/// Only its owner may read it. SQLite gives its other files the same permissions.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn prepare(connection: &mut Connection) -> Result<(), StateError> {
    connection.busy_timeout(PATIENCE).map_err(StateError::new)?;
    // before anything of a file is changed that is not ours
    is_empty(&connection.transaction().map_err(StateError::new)?)?;
    write_ahead(connection).map_err(StateError::new)?;
    let pragmas = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;";
    connection.execute_batch(pragmas).map_err(StateError::new)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StateError::new)?;
    if is_empty(&transaction)? {
        transaction.execute_batch(include_str!("schema.sql")).map_err(StateError::new)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(StateError::new)?;
    }
    transaction.commit().map_err(StateError::new)
}

/// Changes the journal mode, which fails at once while another process writes, so that neither waits for the other. A
/// transaction waits.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let change = || connection.execute_batch("PRAGMA journal_mode = WAL");
    for _ in 0..TRIES {
        match change() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
            }
            outcome => return outcome,
        }
    }
    change()
}

/// Whether it is a database without tables. An error if its tables are not ours. In a transaction, since another process may
/// create them at the same time.
fn is_empty(connection: &Transaction<'_>) -> Result<bool, StateError> {
    let number = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0)).map_err(StateError::new);
    match number("PRAGMA user_version")? {
        VERSION => Ok(false),
        0 if number("SELECT count(*) FROM sqlite_master")? == 0 => Ok(true),
        0 => Err(StateError::new("the file is a database of something else")),
        _ => Err(StateError::new("the file was written by a newer version of hb-bls-sqlite")),
    }
}
