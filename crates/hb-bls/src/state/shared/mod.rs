//! Shared state on a key-value store.

mod account_lock;
mod encryption;
mod leases;
mod rate_limiter;
mod record;
mod token_store;

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::{KeyValueStore, hex::hex};
use crate::{Clock, Credentials, SystemClock};
pub use account_lock::SharedAccountLock;
use encryption::TokenCipher;
use leases::Leases;
pub use rate_limiter::SharedRateLimiter;
pub use token_store::SharedTokenStore;

/// State that processes share through a [`KeyValueStore`]: tokens, the locks of accounts, and the rate limit.
///
/// [`FileState`](super::FileState) and the crates `hb-bls-postgres` and `hb-bls-redis` are built on it. Use it with a
/// store of your own.
#[derive(Debug, Clone)]
pub struct SharedState {
    store: Arc<dyn KeyValueStore>,
    clock: Arc<dyn Clock>,
}

impl SharedState {
    /// Keeps the state in this store.
    pub fn new(store: impl KeyValueStore + 'static) -> Self {
        Self { store: Arc::new(store), clock: Arc::new(SystemClock) }
    }

    /// Sets the clock by which this process renews its leases. By default, the system's clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Stores tokens, encrypted with a key that is derived from the API key of these credentials. Without the API key,
    /// nobody who reads the store can use them.
    pub fn token_store(&self, credentials: &Credentials) -> SharedTokenStore {
        SharedTokenStore::new(self.clone(), TokenCipher::new(credentials.api_key()))
    }

    /// Queues the bookings of each account.
    pub fn account_lock(&self) -> SharedAccountLock {
        SharedAccountLock(Leases::new(self.clone(), "book"))
    }

    /// Allows this number of requests in any minute, from 1 to 100,000, to all processes that name the same window. The
    /// portal counts by IP address, so name it after the outgoing address. The header `X-RateLimit-Limit` replaces the
    /// number.
    ///
    /// [`SharedRateLimiter`] says what happens while the store cannot be reached.
    pub fn rate_limiter(&self, window: &str, requests_per_minute: u32) -> SharedRateLimiter {
        let key = format!("window/{}", hex(&Sha256::digest(window)));
        SharedRateLimiter::new(self.clone(), key, requests_per_minute)
    }
}
