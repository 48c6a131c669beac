use std::sync::Arc;

use hb_bls::{
    BookingId,
    state::{AccountKey, BookingLog, BookingRecord, LoggedBooking, StateError, StateFuture},
};

use crate::{
    PostgresState,
    driver::{Driver, signed, unexpected},
    hex,
};

/// A [`BookingLog`] in a table, with a row for each key. From [`PostgresState::booking_log`].
///
/// A step is recorded with the server's own setting of `synchronous_commit`. Keep it `on`, the default: a step that is lost
/// in a crash may mean that a candidate is booked twice.
///
/// Records are kept forever. To forget a key, delete its row; the column `key` holds its text in UTF-8.
#[derive(Debug, Clone)]
pub struct PostgresBookingLog {
    driver: Arc<dyn Driver>,
    statements: Arc<Statements>,
}

#[derive(Debug)]
struct Statements {
    read: String,
    write_first: String,
    write: String,
    unfinished: String,
    key_of: String,
}

impl PostgresState {
    /// Records how far bookings with a key have come.
    #[must_use]
    pub fn booking_log(&self) -> PostgresBookingLog {
        PostgresBookingLog::new(self)
    }
}

impl PostgresBookingLog {
    pub(crate) fn new(state: &PostgresState) -> Self {
        let statements = Statements {
            read: state.statement(include_str!("sql/read_booking.sql")),
            write_first: state.statement(include_str!("sql/write_first_booking.sql")),
            write: state.statement(include_str!("sql/write_booking.sql")),
            unfinished: state.statement(include_str!("sql/unfinished_bookings.sql")),
            key_of: state.statement(include_str!("sql/key_of_booking.sql")),
        };
        Self { driver: state.driver(), statements: Arc::new(statements) }
    }
}

impl BookingLog for PostgresBookingLog {
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>> {
        Box::pin(async move {
            let rows = self.driver.query(&self.statements.read, &[account.as_str(), &hex(key)]).await?;
            let Some(row) = rows.into_iter().next() else { return Ok(None) };
            let [revision, record] = row.try_into().map_err(|_| unexpected())?;
            logged(revision, record).map(Some)
        })
    }

    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let text = serde_json::to_string(record).map_err(StateError::new)?;
            let (key, finished) = (hex(key), record.is_finished().to_string());
            let booking = record.booking_id().map(|id| id.to_string()).unwrap_or_default();
            let row = [account.as_str(), &key, &finished, &text, &booking];
            let rows = if revision == 0 {
                self.driver.query(&self.statements.write_first, &row).await?
            } else {
                let [account, key, finished, text, booking] = row;
                let parameters = [account, key, finished, text, booking, &signed(revision)];
                self.driver.query(&self.statements.write, &parameters).await?
            };
            Ok(!rows.is_empty())
        })
    }

    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>> {
        Box::pin(async move {
            let rows = self.driver.query(&self.statements.unfinished, &[account.as_str()]).await?;
            let read = |row: Vec<_>| {
                let [key, revision, record]: [Option<String>; 3] = row.try_into().map_err(|_| unexpected())?;
                Ok((key.as_deref().and_then(unhex).ok_or_else(unexpected)?, logged(revision, record)?))
            };
            rows.into_iter().map(read).collect()
        })
    }

    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>> {
        Box::pin(async move {
            let parameters = [account.as_str(), &booking_id.to_string()];
            let rows = self.driver.query(&self.statements.key_of, &parameters).await?;
            let Some(row) = rows.into_iter().next() else { return Ok(None) };
            let [key]: [Option<String>; 1] = row.try_into().map_err(|_| unexpected())?;
            key.as_deref().and_then(unhex).ok_or_else(unexpected).map(Some)
        })
    }
}

fn logged(revision: Option<String>, record: Option<String>) -> Result<LoggedBooking, StateError> {
    let revision = revision.and_then(|revision| revision.parse().ok()).ok_or_else(unexpected)?;
    let record = serde_json::from_str(&record.ok_or_else(unexpected)?).map_err(StateError::new)?;
    Ok(LoggedBooking::new(revision, record))
}

/// A key may contain any character, but a text of PostgreSQL no NUL.
fn hex(key: &str) -> String {
    hex::hex(key.as_bytes())
}

fn unhex(key: &str) -> Option<String> {
    String::from_utf8(hex::unhex(key)?).ok()
}
