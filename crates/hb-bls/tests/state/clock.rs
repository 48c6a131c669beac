//! A clock that goes with the system's, and can be moved on.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use hb_bls::{Clock, SystemClock};
use jiff::Timestamp;
use tokio::sync::Notify;

#[derive(Debug, Clone, Default)]
pub struct ShiftedClock(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    by: Mutex<Duration>,
    moved: Notify,
}

impl ShiftedClock {
    pub fn advance(&self, by: Duration) {
        *self.0.by.lock().unwrap() += by;
        self.0.moved.notify_waiters();
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + *self.0.by.lock().unwrap()
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
