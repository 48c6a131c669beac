//! Waits with a time limit, and logs long waits.

use std::{pin::pin, time::Duration};

use crate::Clock;
pub(crate) use crate::clock::within;

/// Waits that are longer than this are logged.
pub(crate) const LONG: Duration = Duration::from_secs(5);

/// Waits for the outcome of the work, and logs once if that takes long.
pub(crate) async fn logged<T>(clock: &dyn Clock, what: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Some(outcome) = within(clock, LONG, work.as_mut()).await {
        return outcome;
    }
    tracing::info!(waited_s = LONG.as_secs(), "still waiting for {what}");
    work.await
}

/// Logs a wait of known length if it is long.
pub(crate) fn announce(wait: Duration, what: &str) {
    if wait > LONG {
        tracing::info!(wait_s = wait.as_secs(), "waiting {what}");
    }
}
