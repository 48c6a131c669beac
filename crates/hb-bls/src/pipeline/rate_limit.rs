//! Waiting for the rate limit, in the order of arrival.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::future::select;
use tokio::{
    sync::{Mutex, Notify},
    task::JoinHandle,
};

use super::{ClientConfig, call::Call, timeout};
use crate::{
    Clock, Error, Result,
    state::{AcquireOutcome, Permit, RateLimitHeaders, RateLimiter, StateError},
};

/// How long a rate limiter may take for one response.
const TIME_LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Queue {
    shared: Arc<Shared>,
    /// Held by the first in the queue, so that the rate limiter has one to deal with. Each waits in a task of its own, which
    /// the runtime polls, so the lock is never left with a future that nobody polls.
    first: Mutex<()>,
    max_retry_after: Duration,
}

struct Shared {
    limiter: Arc<dyn RateLimiter>,
    clock: Arc<dyn Clock>,
    /// A permit may have become free.
    freed: Notify,
    /// Whether anybody has had to wait for one yet.
    queued: AtomicBool,
}

impl Queue {
    pub(super) fn new(limiter: Arc<dyn RateLimiter>, config: &ClientConfig) -> Self {
        let clock = Arc::clone(&config.clock);
        Self {
            shared: Arc::new(Shared { limiter, clock, freed: Notify::new(), queued: AtomicBool::new(false) }),
            first: Mutex::default(),
            max_retry_after: config.max_retry_after,
        }
    }

    /// Waits for a permit. If there is a wait, `prepare` runs before each further request for the permit, since what was
    /// prepared earlier may be too old, and its last result is returned.
    pub(super) async fn acquire<T, F>(
        &self,
        call: &Call,
        prepare: impl Fn() -> F,
    ) -> Result<(HeldPermit<'_>, Option<T>)>
    where
        F: Future<Output = Result<T>>,
    {
        if let Ok(_first) = self.first.try_lock()
            && let AcquireOutcome::Granted(permit) = self.shared.ask().await?
        {
            return Ok((self.held(permit), None));
        }
        // in a box, so that the futures of calls that need not wait stay small
        let (permit, prepared) = Box::pin(self.queue(call, prepare)).await?;
        Ok((self.held(permit), Some(prepared)))
    }

    async fn queue<T, F>(&self, call: &Call, prepare: impl Fn() -> F) -> Result<(Permit, T)>
    where
        F: Future<Output = Result<T>>,
    {
        self.shared.queued.store(true, Ordering::SeqCst);
        call.waits();
        // a request for a token does not queue, since those that do may be waiting for the token; there is one at a time
        let first = if call.operation.is_authenticated() {
            let (clock, first) = (&*self.shared.clock, self.first.lock());
            Some(timeout::logged(clock, "other requests that wait for the rate limit", first).await)
        } else {
            None
        };
        let outcome = self.wait(call, prepare).await;
        drop(first);
        call.waited();
        outcome
    }

    /// Waits as the first in the queue, or beside it.
    async fn wait<T, F>(&self, call: &Call, prepare: impl Fn() -> F) -> Result<(Permit, T)>
    where
        F: Future<Output = Result<T>>,
    {
        let mut announced = false;
        loop {
            let prepared = prepare().await?;
            // what becomes free from here on is not missed
            let mut freed = pin!(self.shared.freed.notified());
            freed.as_mut().enable();
            let wait = match self.shared.ask().await? {
                AcquireOutcome::Granted(permit) => return Ok((permit, prepared)),
                AcquireOutcome::Wait(wait) => wait,
                AcquireOutcome::Pause(wait) if wait > self.max_retry_after => {
                    return Err(Error::rate_limited(call.operation, Some(wait)));
                }
                AcquireOutcome::Pause(wait) => wait,
            };
            if !announced {
                announced = wait > timeout::LONG;
                timeout::announce(wait, "for the rate limit");
            }
            select(freed, self.shared.clock.sleep(wait)).await;
        }
    }

    fn held(&self, permit: Permit) -> HeldPermit<'_> {
        HeldPermit { shared: &self.shared, permit: Some(permit) }
    }
}

impl Shared {
    async fn ask(&self) -> Result<AcquireOutcome> {
        let mut asked = self.limiter.acquire();
        let answer = match poll_once(&mut asked) {
            Some(answer) => answer,
            None => match timeout::within(&*self.clock, TIME_LIMIT, pin!(asked)).await {
                Some(answer) => answer,
                None => Err(StateError::of("no response within 30 s")),
            },
        };
        answer.map_err(|cause| Error::state("the rate limit", cause))
    }

    fn freed(&self, released: Result<(), StateError>) {
        if let Err(error) = released {
            tracing::warn!(error = %format_args!("{error:#}"), "a permit could not be given back to the rate limiter");
        }
        if self.queued.load(Ordering::SeqCst) {
            self.freed.notify_waiters();
        }
    }
}

/// A permit, until the outcome is reported to the rate limiter.
pub(super) struct HeldPermit<'a> {
    shared: &'a Arc<Shared>,
    permit: Option<Permit>,
}

impl HeldPermit<'_> {
    /// No call has to wait for that, except one that was refused: it would be sent again before the pause is known.
    pub(super) async fn release(mut self, headers: RateLimitHeaders) {
        let is_refused = headers.retry_after.is_some();
        if let Some(released) = self.tell(headers).filter(|_| is_refused) {
            drop(released.await);
        }
    }

    /// Reports to the rate limiter at once, or in the background if that takes time.
    fn tell(&mut self, headers: RateLimitHeaders) -> Option<JoinHandle<()>> {
        let permit = self.permit.take()?;
        let shared = Arc::clone(self.shared);
        let mut telling: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            let released = shared.limiter.release(permit, headers).await;
            shared.freed(released);
        });
        if poll_once(&mut telling).is_some() {
            return None;
        }
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        let clock = Arc::clone(&self.shared.clock);
        Some(runtime.spawn(async move {
            if timeout::within(&*clock, TIME_LIMIT, telling).await.is_none() {
                tracing::warn!("a permit could not be given back to the rate limiter within 30 s");
            }
        }))
    }
}

/// The caller gave up: the rate limiter is informed all the same.
impl Drop for HeldPermit<'_> {
    fn drop(&mut self) {
        self.tell(RateLimitHeaders::default());
    }
}

/// The outcome, if it is there already.
fn poll_once<F: Future + Unpin>(work: &mut F) -> Option<F::Output> {
    match Pin::new(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}
