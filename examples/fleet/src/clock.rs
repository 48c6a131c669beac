//! Time that may pass faster than it does, so that a test of minutes takes seconds. A program of yours needs none of this.

use std::{pin::Pin, time::Duration};

use anyhow::{Context as _, Result};
use hb_bls::{
    Clock, SystemClock,
    state::{KeyValueStore, StateFuture, Stored},
};
use jiff::{SignedDuration, Timestamp};

/// The system's clock, or one that passes several times as fast since a moment: `FLEET_FAST` is `TIMESTAMP SPEED`.
#[derive(Debug, Clone)]
pub struct FleetClock {
    since: Timestamp,
    speed: u32,
}

impl FleetClock {
    pub fn from_env() -> Result<Self> {
        let Ok(text) = std::env::var("FLEET_FAST") else { return Ok(Self { since: Timestamp::MAX, speed: 1 }) };
        let (since, speed) = text.split_once(' ').context("FLEET_FAST is a time and a speed")?;
        Ok(Self { since: since.parse()?, speed: speed.parse::<u32>()?.max(1) })
    }

    fn fast(&self, now: Timestamp) -> Timestamp {
        let passed = now.duration_since(self.since).max(SignedDuration::ZERO);
        let ahead = passed.saturating_mul(i32::try_from(self.speed).unwrap_or(i32::MAX) - 1);
        now.checked_add(ahead).unwrap_or(Timestamp::MAX)
    }
}

impl Clock for FleetClock {
    fn now(&self) -> Timestamp {
        self.fast(SystemClock.now())
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        SystemClock.sleep(duration / self.speed)
    }
}

/// A store whose time passes like that.
#[derive(Debug)]
pub struct FastStore<S> {
    store: S,
    clock: FleetClock,
}

impl<S> FastStore<S> {
    pub fn new(store: S, clock: &FleetClock) -> Self {
        Self { store, clock: clock.clone() }
    }
}

impl<S: KeyValueStore> KeyValueStore for FastStore<S> {
    fn read<'a>(&'a self, key: &'a str) -> StateFuture<'a, Stored> {
        Box::pin(async move {
            let Stored { now, text, .. } = self.store.read(key).await?;
            Ok(Stored::new(self.clock.fast(now), text))
        })
    }

    fn write<'a>(&'a self, key: &'a str, version: Option<u64>, text: &'a str) -> StateFuture<'a, bool> {
        self.store.write(key, version, text)
    }

    fn session_id(&self) -> StateFuture<'_, Option<u64>> {
        self.store.session_id()
    }

    fn session_has_ended(&self, session_id: u64) -> StateFuture<'_, bool> {
        self.store.session_has_ended(session_id)
    }
}
