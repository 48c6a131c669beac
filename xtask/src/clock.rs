//! The time, which nothing else of the crate asks for.

use std::time::{Duration, Instant};

/// A time after which nothing more is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// A deadline this far from now. It is never over if that is beyond the range of the type.
    pub fn after(time: Duration) -> Self {
        Self(now().checked_add(time))
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        self.0.is_some_and(|end| now() >= end)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
fn now() -> Instant {
    Instant::now()
}
