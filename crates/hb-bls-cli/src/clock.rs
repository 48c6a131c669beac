//! How long the command waits.

use std::time::Duration;

use hb_bls::{Clock as _, SystemClock};

/// The outcome of the work, or nothing if it takes longer.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        outcome = work => Some(outcome),
        () = SystemClock.sleep(limit) => None,
    }
}
