//! Runs work in its own task, so that it continues while its caller does not poll.
//!
//! A caller may stop polling a call half-way: in `select!`, in the loop body of a stream, in `FuturesUnordered`.
//! Anything that the call holds at that moment (a place in a queue, a permit, a lock) would block everybody else. So
//! the caller's future holds nothing: its task does, and the runtime polls that.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use hb_bls_gen::Operation;
use tokio::{runtime::Handle, task::JoinHandle};
use tracing::Instrument as _;

use crate::{Error, Result};

/// Runs the work in a task, which is aborted if this future is dropped before the work has ended. If the task's runtime
/// is shut down first, the outcome is `stopped`.
pub(crate) async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
    stopped: impl FnOnce() -> Error,
) -> Result<T> {
    let runtime = Handle::try_current()
        .map_err(|_| Error::configuration("calls need a tokio runtime, with its IO and timers enabled"))?;
    // boxed, since tokio would store a large future with an expensive alignment
    Owned(runtime.spawn(Box::pin(work).in_current_span())).await.unwrap_or_else(|| Err(stopped()))
}

/// The error of a call whose runtime was shut down. The request may have been carried out.
pub(crate) fn stopped(operation: Operation) -> Error {
    Error::network(operation, "the runtime was shut down during the call")
}

/// A task that is aborted when this is dropped.
struct Owned<T>(JoinHandle<Result<T>>);

/// The outcome, or `None` if the task was cancelled.
impl<T> Future for Owned<T> {
    type Output = Option<Result<T>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll(context)) {
            Ok(outcome) => Some(outcome),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => None,
            },
        })
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
