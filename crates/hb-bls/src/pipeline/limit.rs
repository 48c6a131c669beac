//! Things that must not take too long.

use std::{pin::pin, time::Duration};

use futures::future::{Either, select};

use crate::Clock;

/// What comes of the work, unless the time is over first.
pub(super) async fn within<T>(clock: &dyn Clock, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), clock.sleep(limit)).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
}
