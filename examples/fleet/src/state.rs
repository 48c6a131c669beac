//! The state that the processes share, wherever it is.

use std::sync::Arc;

use anyhow::Result;
use hb_bls::{
    Credentials,
    state::{
        BookingLog, FileState, FileStore, KeyValueStore, SharedAccountLock, SharedRateLimiter, SharedState,
        SharedTokenStore,
    },
};
use hb_bls_postgres::PostgresState;
use hb_bls_redis::RedisState;

use crate::clock::{FastStore, FleetClock};

/// The portal's rate limit, and a name for the address that the processes share.
const PER_MINUTE: u32 = 60;
const WINDOW: &str = "fleet";

pub struct State {
    shared: SharedState,
    log: Arc<dyn BookingLog>,
}

impl State {
    pub async fn open(place: &str, clock: &FleetClock) -> Result<Self> {
        if place.starts_with("postgres://") || place.starts_with("postgresql://") {
            let state = PostgresState::connect(place)?;
            state.migrate().await?;
            return Ok(Self::new(state.store(), Arc::new(state.booking_log()), clock));
        }
        if place.starts_with("redis://") {
            let state = RedisState::connect(place).await?;
            state.check().await?;
            return Ok(Self::new(state.store(), Arc::new(state.booking_log()), clock));
        }
        Ok(Self::new(FileStore::new(place), Arc::new(FileState::new(place).booking_log()), clock))
    }

    fn new(store: impl KeyValueStore + 'static, log: Arc<dyn BookingLog>, clock: &FleetClock) -> Self {
        let store = FastStore::new(store, clock);
        Self { shared: SharedState::new(store).with_clock(clock.clone()), log }
    }

    pub fn token_store(&self, credentials: &Credentials) -> SharedTokenStore {
        self.shared.token_store(credentials)
    }

    pub fn account_lock(&self) -> SharedAccountLock {
        self.shared.account_lock()
    }

    pub fn booking_log(&self) -> Arc<dyn BookingLog> {
        Arc::clone(&self.log)
    }

    pub fn rate_limiter(&self) -> SharedRateLimiter {
        // here the limit is never exceeded, even while the state cannot be reached; requests then fail
        self.shared.rate_limiter(WINDOW, PER_MINUTE).without_fallback()
    }
}
