//! Work in a task of its own, so that it goes on while its caller does not poll for it.
//!
//! A caller may stop polling a call half-way: in `select!`, in the loop body of a stream, in `FuturesUnordered`. What
//! the call holds by then (a place in a queue, a permit, a lock) would keep everybody else waiting. So no call holds
//! anything itself: its task does, and the runtime polls that.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{runtime::Handle, task::JoinHandle};
use tracing::Instrument as _;

use crate::{Error, Result};

/// Runs the work in a task, which is aborted if this future is dropped before it has ended.
pub(crate) async fn run<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let runtime = Handle::try_current()
        .map_err(|_| Error::Configuration("calls need a tokio runtime, with its IO and timers enabled".to_owned()))?;
    Owned(runtime.spawn(work.in_current_span())).await
}

/// A task that lives no longer than this.
struct Owned<T>(JoinHandle<Result<T>>);

impl<T> Future for Owned<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll(context)) {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::Configuration("the runtime was shut down during the call".to_owned())),
            },
        })
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
