//! The queue.

use std::{fmt, path::Path, pin::Pin, sync::Arc, time::Duration};

use hb_bls::{
    BookingId, Clock, SystemClock,
    state::{AccountKey, StateError, StateFuture},
    webhook::{
        Accepted, EventFilter, EventLease, EventQueue, EventState, KEEP_BODIES, KnownState, KnownStateChange, NewEvent,
        QueueStats, RETENTION, StoredEvent, TakenEvent,
    },
};
use rusqlite::{OptionalExtension as _, Params, Transaction, params};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    database::Database,
    rows::{earlier, later, micros, noted, stored, taken},
};

const TAKE: &str = include_str!("take.sql");

/// An [`EventQueue`] in a SQLite file, which the processes of one machine may share. Clones share a connection.
#[derive(Clone)]
pub struct SqliteEventQueue {
    database: Database,
    arrived: Arc<Notify>,
    clock: Arc<dyn Clock>,
    keep: Duration,
}

impl SqliteEventQueue {
    /// Opens the file, or creates it if it does not exist. Its folder must exist.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the file cannot be opened or created, is not a SQLite database, belongs to another program, or
    /// was written by a newer version of this crate.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StateError> {
        let database = Database::open(path.as_ref())?;
        Ok(Self { database, arrived: Arc::default(), clock: Arc::new(SystemClock), keep: KEEP_BODIES })
    }

    /// Sets how long bodies are kept after their events were done or removed, 30 days by default.
    #[must_use]
    pub fn with_body_retention(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// Sets the clock. By default, the system's clock. All processes that use the file must have the same time.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn now(&self) -> i64 {
        micros(self.clock.now())
    }

    /// Runs a statement, and returns whether it has changed anything.
    fn changes<'a>(&self, statement: &'static str, parameters: impl Params + Send + 'static) -> StateFuture<'a, bool> {
        self.database.with(move |it| changes(it, statement, parameters))
    }

    /// Ends a lease and makes the event due again later, after this number of attempts: one, or none if it is given back.
    fn postpone<'a>(&self, lease: EventLease, again_in: Duration, why: &str, attempts: u32) -> StateFuture<'a, bool> {
        let parameters = (id(lease), claim(lease), later(self.now(), again_in), why.to_owned(), attempts);
        self.changes(
            "UPDATE events SET due = ?3, claim = NULL, why = ?4, attempts = attempts - 1 + ?5
            WHERE event_id = ?1 AND claim = ?2 AND state = 'open'",
            parameters,
        )
    }
}

impl EventQueue for SqliteEventQueue {
    fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted> {
        let (event, now) = (event.clone(), self.now());
        let accepting = self.database.with(move |it| {
            let occurred_at = event.occurred_at.map_or(now, micros);
            let statement = "INSERT INTO events
                (event_id, event_type, booking, origin, occurred_at, received_at, state, due, headers, body)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', ?6, ?7, ?8) ON CONFLICT (event_id) DO NOTHING";
            let (id, booking) = (event.event_id.to_string(), event.booking_id.map(BookingId::get));
            let (event_type, origin) = (event.event_type.as_str(), event.origin.as_str());
            changes(
                it,
                statement,
                params![id, event_type, booking, origin, occurred_at, now, event.headers, event.body],
            )
        });
        Box::pin(async move {
            let is_new = accepting.await?;
            if is_new {
                self.arrived.notify_waiters();
            }
            Ok(if is_new { Accepted::New } else { Accepted::Duplicate })
        })
    }

    fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>> {
        let (now, claim) = (self.now(), fastrand::u64(..));
        let until = later(now, lease);
        self.database.with(move |it| {
            let found: Vec<TakenEvent> = {
                let mut statement = it.prepare_cached(TAKE)?;
                statement.query_map(params![now, count(limit)], |row| taken(row, claim))?.collect::<Result<_, _>>()?
            };
            let statement = "UPDATE events SET due = ?2, claim = ?3, attempts = attempts + 1 WHERE event_id = ?1";
            for event in &found {
                changes(it, statement, params![id(event.lease), until, claim.cast_signed()])?;
            }
            Ok(found)
        })
    }

    fn renew(&self, lease: EventLease, by: Duration) -> StateFuture<'_, bool> {
        let parameters = (id(lease), claim(lease), later(self.now(), by));
        self.changes("UPDATE events SET due = ?3 WHERE event_id = ?1 AND claim = ?2 AND state = 'open'", parameters)
    }

    fn done<'a>(&'a self, lease: EventLease, change: Option<&'a KnownStateChange>) -> StateFuture<'a, bool> {
        let (now, change) = (self.now(), change.cloned());
        self.database.with(move |it| {
            let find = "SELECT booking FROM events WHERE event_id = ?1 AND state IN ('open', 'dead')";
            let found = it.query_row(find, [id(lease)], |row| row.get::<_, Option<i64>>(0)).optional()?;
            let Some(booking) = found else { return Ok(false) };
            if let Some((booking, change)) = booking.zip(change)
                && !note(it, booking, &change)?
            {
                return Ok(false);
            }
            let end = "UPDATE events SET state = 'done', claim = NULL, why = NULL, settled_at = ?2 WHERE event_id = ?1";
            changes(it, end, params![id(lease), now])
        })
    }

    fn failed<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.postpone(lease, again_in, why, 1)
    }

    fn give_back<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.postpone(lease, again_in, why, 0)
    }

    fn dead<'a>(&'a self, lease: EventLease, why: &'a str) -> StateFuture<'a, bool> {
        self.changes(
            "UPDATE events SET state = 'dead', claim = NULL, why = ?3
            WHERE event_id = ?1 AND claim = ?2 AND state = 'open'",
            (id(lease), claim(lease), why.to_owned()),
        )
    }

    fn list(&self, filter: EventFilter) -> StateFuture<'_, Vec<StoredEvent>> {
        let (state, only) = (filter.state.map(EventState::as_str), filter.event_id.map(|id| id.to_string()));
        let after = i64::try_from(filter.after.unwrap_or(0)).unwrap_or(i64::MAX);
        self.database.with(move |it| {
            let mut statement = it.prepare_cached(
                "SELECT number, event_id, event_type, booking, origin, occurred_at, received_at, state, due, attempts, why,
                    headers
                FROM events WHERE number > ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR event_id = ?3)
                ORDER BY number LIMIT ?4",
            )?;
            statement.query_map(params![after, state, only, count(filter.limit)], stored)?.collect()
        })
    }

    fn body(&self, event_id: Uuid) -> StateFuture<'_, Option<Vec<u8>>> {
        self.database.with(move |it| {
            let find = "SELECT body FROM events WHERE event_id = ?1";
            Ok(it.query_row(find, [event_id.to_string()], |row| row.get(0)).optional()?.flatten())
        })
    }

    fn retry(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        let retrying = self.changes(
            "UPDATE events SET state = 'open', due = ?2, attempts = 0
            WHERE event_id = ?1 AND (state = 'dead' OR state = 'open' AND claim IS NULL)",
            (event_id.to_string(), self.now()),
        );
        Box::pin(async move { retrying.await.inspect(|_| self.arrived.notify_waiters()) })
    }

    fn remove(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        self.changes(
            "UPDATE events SET state = 'removed', claim = NULL, why = NULL, body = NULL, settled_at = ?2
            WHERE event_id = ?1 AND state <> 'removed'",
            (event_id.to_string(), self.now()),
        )
    }

    fn stats(&self) -> StateFuture<'_, QueueStats> {
        let now = self.now();
        self.database.with(move |it| {
            let number = |query: &str| it.query_row(query, [], |row| row.get::<_, Option<i64>>(0));
            let oldest = number("SELECT min(received_at) FROM events WHERE state = 'open'")?;
            let of = |count: Option<i64>| count.unwrap_or(0).unsigned_abs();
            let age = |then| Duration::from_micros(u64::try_from(now.saturating_sub(then)).unwrap_or(0));
            Ok(QueueStats::new(
                of(number("SELECT count(*) FROM events WHERE state = 'open'")?),
                of(number("SELECT count(*) FROM events WHERE state = 'dead'")?),
                oldest.map(age),
            ))
        })
    }

    fn clean(&self) -> StateFuture<'_, ()> {
        let now = self.now();
        let (bodies, all) = (earlier(now, self.keep), earlier(now, self.keep.max(RETENTION)));
        let cleaning = self.database.with(move |it| {
            let forget = "DELETE FROM events WHERE settled_at <= ?1";
            let empty = "UPDATE events SET body = NULL, why = NULL WHERE settled_at <= ?1 AND body IS NOT NULL";
            Ok(changes(it, forget, [all])? | changes(it, empty, [bodies])?)
        });
        Box::pin(async move { if cleaning.await? { self.database.tidy().await } else { Ok(()) } })
    }

    fn known_states<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        let bookings = bookings.to_vec();
        self.database.with(move |it| {
            let mut statement =
                it.prepare_cached("SELECT booking, note, open FROM booking_notes WHERE booking = ?1")?;
            let found = bookings.into_iter().map(|booking| statement.query_row([booking.get()], noted).optional());
            found.filter_map(Result::transpose).collect()
        })
    }

    fn set_known_state<'a>(&'a self, booking: BookingId, change: &'a KnownStateChange) -> StateFuture<'a, bool> {
        let change = change.clone();
        self.database.with(move |it| note(it, booking.get(), &change))
    }

    fn assign_bookings<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()> {
        let (account, bookings) = (account.to_string(), bookings.to_vec());
        self.database.with(move |it| {
            for booking in bookings {
                let assign = "UPDATE booking_notes SET account = ?1 WHERE booking = ?2 AND account IS NOT ?1";
                changes(it, assign, params![account, booking.get()])?;
                let forget = "DELETE FROM skipped_notes WHERE account = ?1 AND booking = ?2";
                changes(it, forget, params![account, booking.get()])?;
            }
            Ok(())
        })
    }

    fn skip_booking<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()> {
        let (account, text) = (account.to_string(), text.to_owned());
        self.database.with(move |it| {
            let skip = "INSERT OR REPLACE INTO skipped_notes (account, booking, note) VALUES (?1, ?2, ?3)";
            changes(it, skip, params![account, booking.get(), text]).map(drop)
        })
    }

    fn unfinished_bookings<'a>(
        &'a self,
        account: &'a AccountKey,
        after: Option<BookingId>,
        limit: usize,
    ) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        let (account, after) = (account.to_string(), after.map_or(i64::MIN, BookingId::get));
        self.database.with(move |it| {
            let mut statement = it.prepare_cached(
                "SELECT booking, note, open FROM booking_notes AS noted
                WHERE open AND (account = ?1 OR account IS NULL) AND booking > ?2 AND NOT EXISTS (
                    SELECT 1 FROM skipped_notes AS skipped
                    WHERE skipped.account = ?1 AND skipped.booking = noted.booking AND skipped.note = noted.note
                )
                ORDER BY booking LIMIT ?3",
            )?;
            statement.query_map(params![account, after, count(limit)], noted)?.collect()
        })
    }

    fn arrival(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.arrived.notified())
    }
}

impl fmt::Debug for SqliteEventQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteEventQueue").field("keep", &self.keep).finish_non_exhaustive()
    }
}

fn changes(transaction: &Transaction<'_>, statement: &str, parameters: impl Params) -> rusqlite::Result<bool> {
    Ok(transaction.prepare_cached(statement)?.execute(parameters)? > 0)
}

/// Replaces the known state of a booking, if it is the one that the change replaces.
fn note(transaction: &Transaction<'_>, booking: i64, change: &KnownStateChange) -> rusqlite::Result<bool> {
    let KnownStateChange { before, after, .. } = change;
    match before {
        None => {
            let first = "INSERT INTO booking_notes (booking, note, open) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            changes(transaction, first, params![booking, after.text, after.may_change])
        }
        Some(before) => {
            let other = "UPDATE booking_notes SET note = ?2, open = ?3 WHERE booking = ?1 AND note = ?4";
            changes(transaction, other, params![booking, after.text, after.may_change, before])
        }
    }
}

fn id(lease: EventLease) -> String {
    lease.event_id.to_string()
}

fn claim(lease: EventLease) -> i64 {
    lease.token.cast_signed()
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
