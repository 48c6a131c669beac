//! Things that must not take too long.

use std::{pin::Pin, time::Duration};

use futures::future::{Either, select};
use hb_bls_gen::Operation;

use crate::{Clock, Error};

/// What comes of the work, unless the time is over first. It is lent, since handing it over copies all of it.
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

/// No answer, because the time was over.
#[cold]
pub(crate) fn over(operation: Operation, what: &str, limit: Duration) -> Error {
    Error::Network { operation: operation.id(), cause: format!("{what} {} s", limit.as_secs_f32()) }
}
