//! The only module of the crate that asks for the time or waits.

#[cfg(any(feature = "client", feature = "axum", feature = "event-queue"))]
use std::task::Poll;
use std::{fmt, sync::Arc};

use jiff::Timestamp;

/// Provides the time. Replace it in tests to control how time passes.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Waits for this long, by default with tokio's timer. A clock that is advanced by hand must wake those who wait.
    #[cfg(any(feature = "client", feature = "axum", feature = "event-queue"))]
    #[expect(clippy::disallowed_methods, reason = "the one place that waits")]
    fn sleep(&self, duration: std::time::Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    #[cfg(any(feature = "client", feature = "axum", feature = "event-queue"))]
    fn sleep(&self, duration: std::time::Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        (**self).sleep(duration)
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::exhaustive_structs, reason = "it is its only value")]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The outcome of the work, or `None` if it takes longer than the limit.
#[cfg(any(feature = "client", feature = "axum", feature = "event-queue"))]
pub(crate) async fn within<T>(
    clock: &dyn Clock,
    limit: std::time::Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let (mut work, mut over) = (std::pin::pin!(work), clock.sleep(limit));
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => over.as_mut().poll(context).map(|()| None),
    })
    .await
}
