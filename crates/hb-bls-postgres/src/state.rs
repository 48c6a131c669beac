use std::{sync::Arc, time::Duration};

#[cfg(feature = "shared-state")]
use hb_bls::{
    Credentials,
    state::{SharedAccountLock, SharedRateLimiter, SharedState, SharedTokenStore},
};

use hb_bls::{Clock, SystemClock, state::StateError};

use crate::driver::{Driver, Limited, limited};

/// The tables of all shared state, and how their names begin.
const SCHEMA: &str = include_str!("sql/schema.sql");
const PLACE: &str = "{prefix}";
const PREFIX: &str = "hb_bls_";
/// With the longest name that we add, it is no longer than PostgreSQL's names may be.
const LONGEST_PREFIX: usize = 40;
/// How often to try to create the tables. If others create them at the same time, one of us fails.
const TRIES: u32 = 3;
/// How long creating the tables may take, all tries together. It may wait for others who do so at the same time, and a process
/// that starts can wait for longer than one that serves.
const MIGRATION: Duration = Duration::from_secs(60);

/// A PostgreSQL database in which processes share state.
///
/// Clones share one pool of connections.
///
/// If the database does not respond, each operation fails after 10 seconds, whatever the timeouts of the pool, and
/// [`migrate`](Self::migrate) after a minute. It is then not known whether the operation was done. Its connection is closed.
#[derive(Debug, Clone)]
pub struct PostgresState {
    driver: Arc<dyn Driver>,
    clock: Arc<dyn Clock>,
    prefix: Arc<str>,
}

impl PostgresState {
    /// Uses the connections of this pool. TLS and timeouts are as you have configured them. Its recycling method should be
    /// `Fast`, the default, since another one costs a round trip for each operation.
    #[cfg(feature = "tokio-postgres")]
    #[must_use]
    pub fn new(pool: deadpool_postgres::Pool) -> Self {
        Self::of(crate::driver::deadpool::Deadpool::new(pool))
    }

    /// Connects without TLS, when a connection is first needed. For servers on this machine or in a trusted network.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the URL cannot be read.
    #[cfg(feature = "tokio-postgres")]
    pub fn connect(url: &str) -> Result<Self, StateError> {
        crate::driver::deadpool::Deadpool::connect(url).map(Self::of)
    }

    /// Uses the connections of this pool of `sqlx`.
    ///
    /// While the server cannot be reached, each operation fails after the pool's `acquire_timeout`, or after 10 seconds if that
    /// is longer, as it is by default; a few seconds are better. With `test_before_acquire`, which is its default, each operation takes one round trip
    /// more. Statements that `sqlx` logs contain what is stored: of tokens, what is encrypted.
    #[cfg(feature = "sqlx")]
    #[must_use]
    pub fn from_sqlx(pool: sqlx::PgPool) -> Self {
        Self::of(crate::driver::sqlx::Sqlx::new(pool))
    }

    #[cfg(any(feature = "tokio-postgres", feature = "sqlx"))]
    fn of(driver: impl Driver + 'static) -> Self {
        Self { driver: Arc::new(driver), clock: Arc::new(SystemClock), prefix: PREFIX.into() }
    }

    /// Sets the clock for the time limit of operations. By default, the system's clock. All other time is the
    /// database's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets how the names of the tables begin, `hb_bls_` by default.
    ///
    /// # Errors
    ///
    /// [`StateError`] if it is not an identifier of at most 40 lower-case letters, digits and `_` that begins with a
    /// letter.
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self, StateError> {
        let is_identifier = prefix.starts_with(|first: char| first.is_ascii_lowercase())
            && prefix.chars().all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_');
        if !is_identifier || prefix.len() > LONGEST_PREFIX {
            return Err(StateError::new(
                "a prefix of tables consists of at most 40 lower-case letters, digits and `_`, and begins with a letter",
            ));
        }
        self.prefix = prefix.into();
        Ok(self)
    }

    /// Returns the SQL statements that create the tables, for those who create them with a tool of their own. Running
    /// them again changes nothing.
    #[must_use]
    pub fn schema(&self) -> String {
        SCHEMA.replace(PLACE, &self.prefix)
    }

    /// Creates the tables that do not exist yet. Several processes may do so at once.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the database cannot be reached, does not respond within a minute, or does not allow the user
    /// to create tables.
    pub async fn migrate(&self) -> Result<(), StateError> {
        let schema = self.schema();
        let creating = async {
            for _ in 1..TRIES {
                if self.driver.script(&schema).await.is_ok() {
                    return Ok(());
                }
            }
            self.driver.script(&schema).await
        };
        limited(&*self.clock, MIGRATION, creating).await
    }

    /// Stores tokens, encrypted with a key that is derived from the API key of these credentials. Without the API key,
    /// nobody who reads the database can use them.
    #[cfg(feature = "shared-state")]
    #[must_use]
    pub fn token_store(&self, credentials: &Credentials) -> SharedTokenStore {
        self.shared().token_store(credentials)
    }

    /// Queues the bookings of each account.
    #[cfg(feature = "shared-state")]
    #[must_use]
    pub fn account_lock(&self) -> SharedAccountLock {
        self.shared().account_lock()
    }

    /// Allows this number of requests in any minute, from 1 to 100,000. The header `X-RateLimit-Limit` replaces it. Name the
    /// window after the outgoing IP address.
    #[cfg(feature = "shared-state")]
    #[must_use]
    pub fn rate_limiter(&self, window: &str, requests_per_minute: u32) -> SharedRateLimiter {
        self.shared().rate_limiter(window, requests_per_minute)
    }

    #[cfg(feature = "shared-state")]
    fn shared(&self) -> SharedState {
        SharedState::new(self.store())
    }

    /// The statement with the names of our tables, without comments.
    pub(crate) fn statement(&self, statement: &str) -> String {
        let lines: Vec<_> = statement.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        lines.join("\n").replace(PLACE, &self.prefix)
    }

    pub(crate) fn driver(&self) -> Arc<dyn Driver> {
        Arc::new(Limited::new(Arc::clone(&self.driver), Arc::clone(&self.clock)))
    }
}
