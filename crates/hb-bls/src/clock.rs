//! Where the crate asks for the time, and where it waits.

use std::fmt;

use jiff::Timestamp;

/// Tells the time. Replace it to test what happens when time passes.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Waits so long; by tokio's timer unless replaced. A clock that is advanced by hand must wake those who wait.
    #[cfg(feature = "client")]
    #[expect(clippy::disallowed_methods, reason = "the one place that waits")]
    fn sleep(&self, duration: std::time::Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
