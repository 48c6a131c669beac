//! A clock that tests move on, and stores whose time goes with it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use hb_bls::{
    Clock, SystemClock,
    state::{KeyValueStore, StateFuture, Stored},
};
use jiff::Timestamp;
use tokio::sync::Notify;

/// A clock that goes with the system's, and can be moved on. Clones are one clock.
#[derive(Debug, Clone, Default)]
pub struct ShiftedClock(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    by: Mutex<Duration>,
    moved: Notify,
}

impl ShiftedClock {
    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        *self.0.by.lock().unwrap() += by;
        self.0.moved.notify_waiters();
    }

    fn by(&self) -> Duration {
        *self.0.by.lock().unwrap()
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.by()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (clock, until) = (self.clone(), self.now() + duration);
        Box::pin(async move {
            loop {
                let moved = clock.0.moved.notified();
                let left = Duration::try_from(until.duration_since(clock.now())).unwrap_or_default();
                if left.is_zero() {
                    return;
                }
                tokio::select! {
                    () = moved => {}
                    () = SystemClock.sleep(left) => {}
                }
            }
        })
    }
}

/// A store whose time is the server's, moved on with a clock.
#[derive(Debug, Clone)]
pub struct Shifted<K> {
    store: K,
    clock: ShiftedClock,
}

impl<K> Shifted<K> {
    /// Moves the time of this store on with this clock.
    pub fn new(store: K, clock: &ShiftedClock) -> Self {
        Self { store, clock: clock.clone() }
    }
}

impl<K: KeyValueStore> KeyValueStore for Shifted<K> {
    fn read<'a>(&'a self, key: &'a str) -> StateFuture<'a, Stored> {
        Box::pin(async move {
            let mut stored = self.store.read(key).await?;
            stored.now += self.clock.by();
            Ok(stored)
        })
    }

    fn write<'a>(&'a self, key: &'a str, version: Option<u64>, text: &'a str) -> StateFuture<'a, bool> {
        self.store.write(key, version, text)
    }
}
