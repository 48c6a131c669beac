//! Waiting with a limit, and saying so when it takes long.

use std::{
    pin::{Pin, pin},
    time::Duration,
};

use futures::future::{Either, select};

use crate::Clock;

/// Waits that are longer than this are logged.
pub(crate) const LONG: Duration = Duration::from_secs(5);

/// The outcome of the work, or nothing if the time is over first. The work is borrowed, since moving it copies it.
pub(crate) async fn within<T>(
    clock: &dyn Clock,
    limit: Duration,
    work: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    match select(work, clock.sleep(limit)).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
}

/// The outcome of the work, which is logged once if it takes long.
pub(crate) async fn logged<T>(clock: &dyn Clock, what: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Some(outcome) = within(clock, LONG, work.as_mut()).await {
        return outcome;
    }
    tracing::info!(waited_s = LONG.as_secs(), "still waiting for {what}");
    work.await
}

/// Logs a wait whose length is known, if it is long.
pub(crate) fn announce(wait: Duration, what: &str) {
    if wait > LONG {
        tracing::info!(wait_s = wait.as_secs(), "waiting {what}");
    }
}
