use std::{fmt, sync::Arc, time::Duration};

use super::StateFuture;

/// How long a permit is valid if it is not released: 2 minutes. Then its request counts as ended, and its place becomes
/// free a minute later, as after any other request.
pub const PERMIT_LIFETIME: Duration = Duration::from_secs(2 * 60);

/// Keeps requests within the portal's rate limit.
///
/// The client acquires a permit before each request, one task at a time and in order of arrival, and releases it with what
/// the response's headers said. Replace it to share the limit with other processes behind the same IP address. A method
/// that takes longer than 30 seconds counts as failed; `SharedRateLimiter` gives its store only 2 seconds. The
/// contract, which `hb_bls::state::conformance` checks:
///
/// - The portal counts requests by IP address, so a rate limiter is made for a *window*, which its user names after the
///   outgoing address. Accounts play no part in it.
/// - At most as many permits as the limit are in use at a time, and each place becomes free a minute after its permit was
///   released.
/// - The time is that of the store or of the limiter, never that of a caller. Times in parameters are durations.
/// - A permit that is not released, because its process has died, counts as released after [`PERMIT_LIFETIME`].
/// - A limit in the portal's headers replaces the configured one.
/// - Releasing a permit twice, too late, or one that is not known, frees no other permit's place.
pub trait RateLimiter: fmt::Debug + Send + Sync {
    /// Grants a permit, or returns how long to wait before asking again. The client asks again earlier when a response
    /// arrives.
    ///
    /// If the future is dropped, a permit may have been granted already. It counts as released after [`PERMIT_LIFETIME`],
    /// or sooner if the implementation notices.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if no permit can be granted or refused. The call then fails with
    /// [`ErrorKind::State`](crate::ErrorKind::State), and nothing is sent.
    fn acquire(&self) -> StateFuture<'_, AcquireOutcome>;

    /// Takes a permit back when its request has succeeded, failed, or was cancelled. Calls do not wait for this.
    ///
    /// If the future is dropped, the permit may stay in use until it expires, as if its process had died.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails. The permit then stays in use until it expires.
    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()>;
}

impl<L: RateLimiter + ?Sized> RateLimiter for Arc<L> {
    fn acquire(&self) -> StateFuture<'_, AcquireOutcome> {
        (**self).acquire()
    }

    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        (**self).release(permit, headers)
    }
}

/// The result of [`RateLimiter::acquire`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcquireOutcome {
    /// The request may be sent.
    Granted(Permit),
    /// The limit is used up for at least this long.
    Wait(Duration),
    /// The portal has refused requests and wants none for this long. A client does not wait longer than
    /// [`ClientBuilder::max_retry_after`](crate::ClientBuilder::max_retry_after).
    Pause(Duration),
}

/// The right to send one request. Its 128 bits are for the rate limiter to choose: a counter or a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit(u128);

impl Permit {
    /// Makes a permit, in a rate limiter.
    pub const fn new(number: u128) -> Self {
        Self(number)
    }

    /// The number that it was made with.
    pub const fn number(self) -> u128 {
        self.0
    }
}

/// What a response says about the rate limit. The headers are not documented by the API, so each may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RateLimitHeaders {
    /// Whether there was a response at all.
    pub responded: bool,
    /// `X-RateLimit-Limit`: the number of requests allowed per minute. `u32::MAX` means that there is no limit.
    pub limit: Option<u32>,
    /// `X-RateLimit-Remaining`: how many requests are left.
    pub remaining: Option<u32>,
    /// After a 429, how long to wait: `Retry-After`, otherwise the time until `X-RateLimit-Reset`, otherwise a minute.
    pub retry_after: Option<Duration>,
}
