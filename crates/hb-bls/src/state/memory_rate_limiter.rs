use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use super::{
    AcquireOutcome, Permit, RateLimitHeaders, RateLimiter, StateError, StateFuture,
    quota::{LIMIT, Quota, nanoseconds},
};
use crate::{Clock, SystemClock};

/// Allows a number of requests in any minute, for the clones of one client.
///
/// A place becomes free a minute after the response, because the portal cannot have counted the request later than that.
/// `X-RateLimit-Remaining` shows whether others use the quota as well: the portal has then counted more requests than this
/// client has made. Those places are left to the others, and requests are spread evenly instead of sent as they come. After
/// a 429 nothing is sent until the pause is over, and then one request first.
#[derive(Debug)]
pub struct MemoryRateLimiter {
    quota: Mutex<Quota>,
    clock: Arc<dyn Clock>,
}

impl Default for MemoryRateLimiter {
    /// The portal's quota.
    fn default() -> Self {
        Self::requests_per_minute(LIMIT)
    }
}

impl MemoryRateLimiter {
    /// Allows this number of requests in any minute, from 1 to 100,000. The header `X-RateLimit-Limit` replaces it.
    pub fn requests_per_minute(limit: u32) -> Self {
        Self { quota: Mutex::new(Quota::new(limit)), clock: Arc::new(SystemClock) }
    }

    /// Uses this clock instead of the system's. By default a client gives its own clock to its rate limiter.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn quota<T>(&self, step: impl FnOnce(&mut Quota, i64) -> T) -> T {
        let now = nanoseconds(self.clock.now());
        step(&mut self.quota.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
}

impl RateLimiter for MemoryRateLimiter {
    fn acquire(&self) -> StateFuture<'_, AcquireOutcome> {
        Box::pin(std::future::ready(Ok(self.quota(Quota::acquire))))
    }

    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        self.quota(|quota, now| quota.release(permit, now, headers));
        Box::pin(Done)
    }
}

/// A ready future of size zero, so that its box needs no memory.
struct Done;

impl Future for Done {
    type Output = Result<(), StateError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(()))
    }
}
