use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use super::{
    Acquire, Permit, RateLimitHeaders, RateLimiter, StateError, StateFuture,
    quota::{LIMIT, Quota, nanoseconds},
};
use crate::{Clock, SystemClock};

/// At most a number of requests in any minute, for the clones of one client.
///
/// A place is free again a minute after the answer: whenever the portal counted the request, it counted it no
/// later. `X-RateLimit-Remaining` shows whether somebody else uses the quota, too: what the portal has counted beyond
/// all requests of this client that it can have counted. Those places are left to them, and requests then go out one by
/// one instead of as fast as they come. After a 429 nothing is sent until the pause is over, and then a single request to
/// see how things stand.
#[derive(Debug)]
pub struct MemoryRateLimiter {
    quota: Mutex<Quota>,
    clock: Arc<dyn Clock>,
}

impl Default for MemoryRateLimiter {
    /// The portal's quota.
    fn default() -> Self {
        Self::per_minute(LIMIT)
    }
}

impl MemoryRateLimiter {
    /// At most this number of requests in any minute: 1 to 100,000. `X-RateLimit-Limit` overrules it.
    pub fn per_minute(limit: u32) -> Self {
        Self { quota: Mutex::new(Quota::new(limit)), clock: Arc::new(SystemClock) }
    }

    /// Counts by this clock instead of the system's. A client that makes its rate limiter by itself gives it its own.
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
    fn acquire(&self) -> StateFuture<'_, Acquire> {
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
