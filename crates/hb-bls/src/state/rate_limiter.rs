use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::StateFuture;

/// Keeps requests within the portal's rate limit.
///
/// The client acquires a permit before each request, one task at a time and in the order in which they came, and releases
/// it with what the answer told. Replace it to share the limit with other processes behind the same address. An
/// implementation that takes longer than 30 seconds for one answer counts as failed.
pub trait RateLimiter: fmt::Debug + Send + Sync {
    /// Grants a permit, or says how long to wait before asking again. The client asks earlier if an answer comes.
    fn acquire(&self, now: Timestamp) -> StateFuture<'_, Acquire>;
    /// Takes a permit back when its request was answered, has failed, or was given up. Calls do not wait for it.
    fn release(&self, permit: Permit, now: Timestamp, headers: RateLimitHeaders) -> StateFuture<'_, ()>;
}

impl<L: RateLimiter + ?Sized> RateLimiter for Arc<L> {
    fn acquire(&self, now: Timestamp) -> StateFuture<'_, Acquire> {
        (**self).acquire(now)
    }

    fn release(&self, permit: Permit, now: Timestamp, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        (**self).release(permit, now, headers)
    }
}

/// What a [`RateLimiter`] says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Acquire {
    /// The request may be sent.
    Granted(Permit),
    /// The limit is used up for at least this long.
    Wait(Duration),
    /// The portal has refused requests, and wants none for this long. A client does not wait longer than
    /// [`ClientBuilder::max_retry_after`](crate::ClientBuilder::max_retry_after).
    Pause(Duration),
}

/// The right to send one request. The number is the rate limiter's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit(u64);

impl Permit {
    /// Numbers a permit.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What an answer tells about the rate limit. The headers are not published, so each may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RateLimitHeaders {
    /// Whether there was an answer at all.
    pub answered: bool,
    /// `X-RateLimit-Limit`: requests a minute.
    pub limit: Option<u32>,
    /// `X-RateLimit-Remaining`: how many are left.
    pub remaining: Option<u32>,
    /// After a 429, how long to wait: by `Retry-After`, else until `X-RateLimit-Reset`, else a minute.
    pub refused: Option<Duration>,
}
