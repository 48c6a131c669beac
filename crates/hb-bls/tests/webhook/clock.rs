//! A clock that moves only when a test moves it.

use std::{sync::Arc, time::Duration};

use hb_bls::Clock;
use jiff::Timestamp;
use tokio::sync::watch;

#[derive(Debug)]
pub struct TestClock(watch::Sender<Timestamp>);

impl TestClock {
    pub fn at_second(second: i64) -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(Timestamp::from_second(second).unwrap())))
    }

    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = now.checked_add(by).unwrap());
    }

    /// Whether a task waits for time to pass.
    #[cfg(feature = "axum")]
    pub fn is_waited_for(&self) -> bool {
        self.0.receiver_count() > 0
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    #[cfg(any(feature = "client", feature = "axum", feature = "event-queue"))]
    fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        let until = self.now().checked_add(duration).unwrap();
        let mut now = self.0.subscribe();
        Box::pin(async move { drop(now.wait_for(|now| *now >= until).await) })
    }
}
