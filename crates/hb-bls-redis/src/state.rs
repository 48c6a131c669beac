use std::{fmt, sync::Arc, time::Duration};

use hb_bls::state::StateError;
#[cfg(feature = "shared-state")]
use hb_bls::{
    Credentials,
    state::{SharedAccountLock, SharedRateLimiter, SharedState, SharedTokenStore},
};
use redis::{
    Client,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig},
};

use crate::eviction;

const PREFIX: &str = "hb-bls:";
/// How long connecting may take, and a response.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often to try to connect, before an operation fails.
const RETRIES: usize = 1;

/// A Redis server or cluster in which processes share state.
///
/// Clones share one connection. It is a [`ConnectionManager`], or any other connection that can be cloned, such as that of a
/// cluster.
#[derive(Clone)]
pub struct RedisState<C = ConnectionManager> {
    connection: C,
    prefix: Arc<str>,
}

impl RedisState {
    /// Connects without TLS. For servers on this machine or in a trusted network.
    ///
    /// If the connection is lost later, it is made again when it is needed, and operations fail until then.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the URL cannot be read, or the server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StateError> {
        let client = Client::open(url).map_err(StateError::new)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(RETRIES);
        ConnectionManager::new_with_config(client, config).await.map(Self::new).map_err(StateError::new)
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> RedisState<C> {
    /// Uses this connection. TLS and timeouts are as you have configured them. A [`ConnectionManager`] tries to connect
    /// for a long time by default; with fewer retries, operations fail sooner.
    pub fn new(connection: C) -> Self {
        Self { connection, prefix: PREFIX.into() }
    }

    /// Sets how the names of the keys begin, `hb-bls:` by default.
    ///
    /// # Errors
    ///
    /// [`StateError`] if it contains `{` or `}`, which decide where a cluster keeps a key.
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self, StateError> {
        if prefix.contains(['{', '}']) {
            return Err(StateError::new("a prefix of keys must not contain `{` or `}`"));
        }
        self.prefix = prefix.into();
        Ok(self)
    }

    /// Checks that Redis does not evict tokens, locks, the rate limit and bookings when its memory is full. A server
    /// that does not reveal its policy passes.
    ///
    /// # Errors
    ///
    /// [`StateError`] if it may evict them, with what to do; or if it cannot be reached.
    pub async fn check(&self) -> Result<(), StateError> {
        // keys without a time to live stay
        let is_safe = |policy: &str| policy == "noeviction" || policy.starts_with("volatile-");
        eviction::check(&mut self.connection.clone(), is_safe).await
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

    #[cfg(any(feature = "shared-state", feature = "webhook"))]
    pub(crate) fn connection(&self) -> C {
        self.connection.clone()
    }

    /// The name of a key in Redis. The part in braces decides where a cluster keeps it.
    #[cfg(any(feature = "shared-state", feature = "webhook"))]
    pub(crate) fn key(&self, key: &str) -> String {
        format!("{}{{{key}}}", self.prefix)
    }
}

impl<C> fmt::Debug for RedisState<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisState").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
