use std::{fmt, sync::Arc, time::Duration};

use super::StateFuture;

/// How long a permit lasts that is not released: 2 minutes. It then counts as given up, and its place is free again a
/// minute later, as after any other request.
pub const PERMIT_LIFETIME: Duration = Duration::from_secs(2 * 60);

/// Keeps requests within the portal's rate limit.
///
/// The client acquires a permit before each request, one task at a time and in the order in which they came, and releases
/// it with what the answer told. Replace it to share the limit with other processes behind the same address. An
/// implementation that takes longer than 30 seconds for one answer counts as failed. The contract, which
/// `hb_bls::state::conformance` checks:
///
/// - The portal counts requests by the address that they come from, so a rate limiter is made for a *window* that its
///   user names after that address. No account has a part in it.
/// - No more permits than the limit are out at a time, and each place is free again a minute after its permit was
///   released.
/// - The store's own time decides, or that of the limiter; no caller's clock does. Times that are passed are lengths.
/// - A permit that is not released, since its process has died, counts as given up after [`PERMIT_LIFETIME`].
/// - A limit that the portal tells replaces the one that it was made for.
/// - A permit that is released twice, or after it was given up, or that is not known, frees no place of another.
pub trait RateLimiter: fmt::Debug + Send + Sync {
    /// Grants a permit, or says how long to wait before asking again. The client asks earlier if an answer comes.
    ///
    /// Dropping the future may leave a permit that was granted meanwhile; it counts as given up after
    /// [`PERMIT_LIFETIME`], or sooner if the implementation notices.
    fn acquire(&self) -> StateFuture<'_, Acquire>;

    /// Takes a permit back when its request was answered, has failed, or was given up. Calls do not wait for it.
    ///
    /// Dropping the future may leave the permit out, as if its process had died.
    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()>;
}

impl<L: RateLimiter + ?Sized> RateLimiter for Arc<L> {
    fn acquire(&self) -> StateFuture<'_, Acquire> {
        (**self).acquire()
    }

    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        (**self).release(permit, headers)
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

/// The right to send one request. What it says is the rate limiter's own: 128 bits, which hold a counter or a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit(u128);

impl Permit {
    /// A permit that a rate limiter grants.
    pub const fn new(number: u128) -> Self {
        Self(number)
    }

    /// What it was made of.
    pub const fn number(self) -> u128 {
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
