//! Nobody waits forever for a server that does not respond.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use hb_bls::{
    Clock,
    state::{StateError, StateFuture},
};

use super::{Driver, Rows};

/// How long a statement may take, with the time that it waits for a connection. They take milliseconds, and connecting has
/// limits of its own, whose errors say more and come first.
const STATEMENT: Duration = Duration::from_secs(10);

/// A driver whose statements have a time limit.
#[derive(Debug)]
pub(crate) struct Limited {
    driver: Arc<dyn Driver>,
    clock: Arc<dyn Clock>,
}

impl Limited {
    pub(crate) fn new(driver: Arc<dyn Driver>, clock: Arc<dyn Clock>) -> Self {
        Self { driver, clock }
    }
}

impl Driver for Limited {
    fn query<'a>(&'a self, statement: &'a str, parameters: &'a [&'a str]) -> StateFuture<'a, Rows> {
        Box::pin(limited(&*self.clock, STATEMENT, self.driver.query(statement, parameters)))
    }

    fn script<'a>(&'a self, statements: &'a str) -> StateFuture<'a, ()> {
        Box::pin(limited(&*self.clock, STATEMENT, self.driver.script(statements)))
    }

    /// Without a limit, since hours may pass between two notifications. Workers also look by themselves.
    #[cfg(feature = "event-queue")]
    fn listen<'a>(&'a self, channel: &'a str, heard: &'a (dyn Fn() + Send + Sync)) -> StateFuture<'a, ()> {
        self.driver.listen(channel, heard)
    }
}

/// The outcome of the work, or an error if it takes longer than the limit.
pub(crate) async fn limited<T>(
    clock: &dyn Clock,
    limit: Duration,
    work: impl Future<Output = Result<T, StateError>>,
) -> Result<T, StateError> {
    let (mut work, mut over) = (pin!(work), clock.sleep(limit));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(outcome),
        Poll::Pending => over
            .as_mut()
            .poll(context)
            .map(|()| Err(StateError::new(format!("the database did not respond within {} s", limit.as_secs())))),
    })
    .await
}
