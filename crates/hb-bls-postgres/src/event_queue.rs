mod listening;
mod rows;

use std::{pin::Pin, sync::Arc, time::Duration};

use hb_bls::{
    BookingId,
    state::{AccountKey, StateError, StateFuture},
    webhook::{
        Accepted, EventFilter, EventLease, EventQueue, EventState, KEEP_BODIES, KnownState, KnownStateChange, NewEvent,
        QueueStats, RETENTION, ReceivedEvent, StoredEvent, TakenEvent,
    },
};
use uuid::Uuid;

use self::{
    listening::Listening,
    rows::{noted, parsed, stored, taken},
};
use crate::{
    PostgresState,
    driver::{Driver, Rows, seconds, signed, unexpected},
    hex::{hex, unhex},
};

/// An [`EventQueue`] in a table, which processes share. From [`PostgresState::event_queue`].
///
/// What was accepted stays if the server crashes, unless it is configured otherwise (`synchronous_commit`). Time is the
/// server's. An event counts as accepted when its statement began.
///
/// Workers are woken by `NOTIFY`, if there is a connection that can listen: a further one for a state that was made by
/// [`PostgresState::connect`], and one of the pool of `sqlx`. Otherwise, and behind a pooler, they poll at the interval
/// that they are built with.
#[derive(Debug, Clone)]
pub struct PostgresEventQueue {
    driver: Arc<dyn Driver>,
    statements: Arc<Statements>,
    listening: Arc<Listening>,
    keep: Duration,
}

#[derive(Debug)]
struct Statements {
    accept: String,
    notify: String,
    take: String,
    give_way: String,
    renew: String,
    done: String,
    failed: String,
    dead: String,
    list: String,
    body: String,
    retry: String,
    remove: String,
    stats: String,
    clean: String,
    known_states: String,
    first_known_state: String,
    set_known_state: String,
    assign_bookings: String,
    skip_booking: String,
    unfinished_bookings: String,
}

impl PostgresState {
    /// Stores webhook events until they are handled.
    #[must_use]
    pub fn event_queue(&self) -> PostgresEventQueue {
        PostgresEventQueue::new(self)
    }
}

impl PostgresEventQueue {
    pub(crate) fn new(state: &PostgresState) -> Self {
        let statements = Statements {
            accept: state.statement(include_str!("sql/events/accept.sql")),
            notify: state.statement("SELECT pg_notify('{prefix}events', '')::text"),
            take: state.statement(include_str!("sql/events/take.sql")),
            give_way: state.statement(include_str!("sql/events/give_way.sql")),
            renew: state.statement(include_str!("sql/events/renew.sql")),
            done: state.statement(include_str!("sql/events/done.sql")),
            failed: state.statement(include_str!("sql/events/failed.sql")),
            dead: state.statement(include_str!("sql/events/dead.sql")),
            list: state.statement(include_str!("sql/events/list.sql")),
            body: state.statement(include_str!("sql/events/body.sql")),
            retry: state.statement(include_str!("sql/events/retry.sql")),
            remove: state.statement(include_str!("sql/events/remove.sql")),
            stats: state.statement(include_str!("sql/events/stats.sql")),
            clean: state.statement(include_str!("sql/events/clean.sql")),
            known_states: state.statement(include_str!("sql/events/known_states.sql")),
            first_known_state: state.statement(include_str!("sql/events/first_known_state.sql")),
            set_known_state: state.statement(include_str!("sql/events/set_known_state.sql")),
            assign_bookings: state.statement(include_str!("sql/events/assign_bookings.sql")),
            skip_booking: state.statement(include_str!("sql/events/skip_booking.sql")),
            unfinished_bookings: state.statement(include_str!("sql/events/unfinished_bookings.sql")),
        };
        let channel = state.statement("{prefix}events");
        Self {
            driver: state.driver(),
            statements: Arc::new(statements),
            listening: Arc::new(Listening::new(channel)),
            keep: KEEP_BODIES,
        }
    }

    /// Sets how long bodies are kept after their events were done or removed, 30 days by default.
    #[must_use]
    pub fn with_body_retention(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// Records in a transaction of yours that an event was handled. What your handler writes in this transaction is then
    /// written exactly once, since it is committed together with that record. Call it in the handler of a
    /// [`Worker`](hb_bls::webhook::Worker), commit, and return `Ok`:
    ///
    /// ```no_run
    /// # use hb_bls::webhook::{ReceivedEvent, Worker};
    /// # use hb_bls_postgres::PostgresState;
    /// # fn worker(pool: deadpool_postgres::Pool, state: PostgresState) {
    /// let queue = state.event_queue();
    /// let worker = Worker::builder(queue.clone()).build(move |received: ReceivedEvent| {
    ///     let (pool, queue) = (pool.clone(), queue.clone());
    ///     async move {
    ///         let mut connection = pool.get().await?;
    ///         let transaction = connection.transaction().await?;
    ///         let insert = "INSERT INTO told (event_id) VALUES ($1::text::uuid)";
    ///         transaction.execute(insert, &[&received.event.event_id.to_string()]).await?;
    ///         queue.done_in(&transaction, &received).await?;
    ///         transaction.commit().await?;
    ///         Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    ///     }
    /// });
    /// # }
    /// ```
    ///
    /// The tables must be in the database of the transaction. The event's row stays locked until the transaction ends, so
    /// call this last.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the event was handled or removed meanwhile, another event of its booking was handled at the
    /// same time, or the database fails. Roll back then, and return an error.
    #[cfg(feature = "tokio-postgres")]
    pub async fn done_in(
        &self,
        transaction: &tokio_postgres::Transaction<'_>,
        received: &ReceivedEvent,
    ) -> Result<(), StateError> {
        received.acknowledged_by_handler();
        let parameters = done_parameters(received.lease(), received.known_state_change());
        let parameters = parameters.each_ref().map(String::as_str);
        settled(crate::driver::deadpool::query(transaction, &self.statements.done, &parameters).await?)
    }

    /// Does what [`done_in`](Self::done_in) does, in a transaction of `sqlx`.
    ///
    /// # Errors
    ///
    /// Those of [`done_in`](Self::done_in).
    #[cfg(feature = "sqlx")]
    pub async fn done_in_sqlx(
        &self,
        transaction: &mut sqlx::PgTransaction<'_>,
        received: &ReceivedEvent,
    ) -> Result<(), StateError> {
        received.acknowledged_by_handler();
        let parameters = done_parameters(received.lease(), received.known_state_change());
        let parameters = parameters.each_ref().map(String::as_str);
        settled(crate::driver::sqlx::query(&mut **transaction, &self.statements.done, &parameters).await?)
    }

    /// Gives back those events that another of their booking got in the way of, and leaves the others.
    async fn give_way(&self, mut taken: Vec<TakenEvent>, claim: u64) -> Result<Vec<TakenEvent>, StateError> {
        let ordered = taken.iter().filter(|event| event.booking_id.is_some());
        let ids: Vec<_> = ordered.map(|event| event.lease.event_id.to_string()).collect();
        if !ids.is_empty() {
            let parameters = [&signed(claim), &format!("{{{}}}", ids.join(","))];
            let rows = self.driver.query(&self.statements.give_way, &parameters.map(String::as_str)).await?;
            let given: Vec<Uuid> = rows.into_iter().flatten().filter_map(parsed).collect();
            taken.retain(|event| !given.contains(&event.lease.event_id));
        }
        Ok(taken)
    }

    /// Ends a lease and makes the event due again later. `attempts` is how many attempts that was: 1, or 0 if it is given back.
    fn postpone<'a>(
        &'a self,
        lease: EventLease,
        again_in: Duration,
        why: &'a str,
        attempts: &'a str,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let (event, claim) = (lease.event_id.to_string(), signed(lease.token));
            let parameters = [&event, &claim, &seconds(again_in), &text(why), attempts];
            self.changes(&self.statements.failed, &parameters).await
        })
    }

    async fn changes(&self, statement: &str, parameters: &[&str]) -> Result<bool, StateError> {
        self.driver.query(statement, parameters).await.map(|rows| !rows.is_empty())
    }
}

impl EventQueue for PostgresEventQueue {
    fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted> {
        Box::pin(async move {
            let (id, body) = (event.event_id.to_string(), hex(&event.body));
            let booking = event.booking_id.map(|booking| booking.to_string()).unwrap_or_default();
            let occurred_at = event.occurred_at.map(|time| time.to_string()).unwrap_or_default();
            let headers = text(event.headers.as_deref().unwrap_or_default());
            let event_type = event.event_type.as_str();
            let parameters = [&id, event_type, &booking, event.origin.as_str(), &occurred_at, &body, &headers];
            let parameters = parameters.map(|it| it as _);
            let new = self.changes(&self.statements.accept, &parameters).await?;
            if new {
                // apart from what waits for the disk, since all who notify wait for each other; workers also look by themselves
                let _ = self.driver.query(&self.statements.notify, &[]).await;
            }
            Ok(if new { Accepted::New } else { Accepted::Duplicate })
        })
    }

    fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>> {
        Box::pin(async move {
            let claim = fastrand::u64(..);
            let parameters = [count(limit), seconds(lease), signed(claim)];
            let rows = self.driver.query(&self.statements.take, &parameters.each_ref().map(String::as_str)).await?;
            let taken =
                rows.into_iter().map(|row| taken(row, claim).ok_or_else(unexpected)).collect::<Result<_, _>>()?;
            self.give_way(taken, claim).await
        })
    }

    fn renew(&self, lease: EventLease, by: Duration) -> StateFuture<'_, bool> {
        Box::pin(async move {
            let parameters = [lease.event_id.to_string(), signed(lease.token), seconds(by)];
            self.changes(&self.statements.renew, &parameters.each_ref().map(String::as_str)).await
        })
    }

    fn done<'a>(&'a self, lease: EventLease, change: Option<&'a KnownStateChange>) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let parameters = done_parameters(lease, change);
            self.changes(&self.statements.done, &parameters.each_ref().map(String::as_str)).await
        })
    }

    fn failed<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.postpone(lease, again_in, why, "1")
    }

    fn give_back<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.postpone(lease, again_in, why, "0")
    }

    fn dead<'a>(&'a self, lease: EventLease, why: &'a str) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let (event, claim) = (lease.event_id.to_string(), signed(lease.token));
            self.changes(&self.statements.dead, &[&event, &claim, &text(why)]).await
        })
    }

    fn list(&self, filter: EventFilter) -> StateFuture<'_, Vec<StoredEvent>> {
        Box::pin(async move {
            let state = filter.state.map_or("", EventState::as_str);
            let after = filter.after.unwrap_or(0).min(i64::MAX.cast_unsigned()).to_string();
            let only = filter.event_id.map(|id| id.to_string()).unwrap_or_default();
            let rows = self.driver.query(&self.statements.list, &[state, &after, &count(filter.limit), &only]).await?;
            rows.into_iter().map(|row| stored(row).ok_or_else(unexpected)).collect()
        })
    }

    fn body(&self, event_id: Uuid) -> StateFuture<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let rows = self.driver.query(&self.statements.body, &[&event_id.to_string()]).await?;
            let body = rows.into_iter().flatten().flatten().next();
            body.map(|body| unhex(&body).ok_or_else(unexpected)).transpose()
        })
    }

    fn retry(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        Box::pin(async move { self.changes(&self.statements.retry, &[&event_id.to_string()]).await })
    }

    fn remove(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        Box::pin(async move { self.changes(&self.statements.remove, &[&event_id.to_string()]).await })
    }

    fn stats(&self) -> StateFuture<'_, QueueStats> {
        Box::pin(async move {
            let rows = self.driver.query(&self.statements.stats, &[]).await?;
            let read = |row: Vec<_>| {
                let [open, dead, oldest]: [Option<String>; 3] = row.try_into().ok()?;
                let oldest_open = oldest.and_then(|age| Duration::try_from_secs_f64(age.parse().ok()?).ok());
                Some(QueueStats::new(parsed(open)?, parsed(dead)?, oldest_open))
            };
            rows.into_iter().next().and_then(read).ok_or_else(unexpected)
        })
    }

    fn clean(&self) -> StateFuture<'_, ()> {
        Box::pin(async move {
            let times = [seconds(self.keep), seconds(self.keep.max(RETENTION))];
            self.driver.query(&self.statements.clean, &times.each_ref().map(String::as_str)).await.map(drop)
        })
    }

    fn known_states<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        Box::pin(async move {
            let rows = self.driver.query(&self.statements.known_states, &[&ids(bookings)]).await?;
            rows.into_iter().map(|row| noted(row).ok_or_else(unexpected)).collect()
        })
    }

    fn set_known_state<'a>(&'a self, booking: BookingId, change: &'a KnownStateChange) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let (booking, KnownStateChange { before, after, .. }) = (booking.to_string(), change);
            let open = after.may_change.to_string();
            match before {
                None => self.changes(&self.statements.first_known_state, &[&booking, &after.text, &open]).await,
                Some(before) => {
                    self.changes(&self.statements.set_known_state, &[&booking, &after.text, &open, before]).await
                }
            }
        })
    }

    fn assign_bookings<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()> {
        Box::pin(async move {
            let parameters = [account.as_str(), &ids(bookings)];
            self.driver.query(&self.statements.assign_bookings, &parameters).await.map(drop)
        })
    }

    fn skip_booking<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()> {
        Box::pin(async move {
            let parameters = [account.as_str(), &booking.to_string(), text];
            self.driver.query(&self.statements.skip_booking, &parameters).await.map(drop)
        })
    }

    fn unfinished_bookings<'a>(
        &'a self,
        account: &'a AccountKey,
        after: Option<BookingId>,
        limit: usize,
    ) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        Box::pin(async move {
            let after = after.map_or(i64::MIN, BookingId::get).to_string();
            let parameters = [account.as_str(), &after, &count(limit)];
            let rows = self.driver.query(&self.statements.unfinished_bookings, &parameters).await?;
            rows.into_iter().map(|row| noted(row).ok_or_else(unexpected)).collect()
        })
    }

    fn arrival(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.listening.arrival(&self.driver))
    }
}

fn settled(rows: Rows) -> Result<(), StateError> {
    if rows.is_empty() {
        Err(StateError::new("the event was handled or removed meanwhile, or another of its booking was handled"))
    } else {
        Ok(())
    }
}

fn done_parameters(lease: EventLease, change: Option<&KnownStateChange>) -> [String; 4] {
    let event = lease.event_id.to_string();
    let Some(KnownStateChange { before, after, .. }) = change else {
        return [event, String::new(), false.to_string(), String::new()];
    };
    [event, after.text.clone(), after.may_change.to_string(), before.clone().unwrap_or_default()]
}

/// Ids as a `bigint[]`.
fn ids(bookings: &[BookingId]) -> String {
    let ids: Vec<_> = bookings.iter().map(ToString::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

/// A number of rows as a `bigint`.
fn count(limit: usize) -> String {
    i64::try_from(limit).unwrap_or(i64::MAX).to_string()
}

/// A text of PostgreSQL can contain anything but NUL.
fn text(why: &str) -> String {
    why.replace('\0', "")
}
