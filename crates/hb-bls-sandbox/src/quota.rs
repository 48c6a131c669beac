//! Laravel's throttle: a number of requests per address and minute, counted from the first request.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};

/// Requests per window.
const LIMIT: i64 = 60;
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Quota {
    enabled: bool,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends: Timestamp,
    used: i64,
}

/// The state of an address's quota after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuotaState {
    /// Nothing is counted.
    Unlimited,
    /// The request is allowed.
    Within { remaining: i64 },
    /// The request exceeds the limit.
    Over { retry_after: i64, reset: i64 },
}

impl Quota {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, windows: Mutex::default() }
    }

    /// Counts a request.
    pub(crate) fn take(&self, address: IpAddr, now: Timestamp) -> QuotaState {
        if !self.enabled {
            return QuotaState::Unlimited;
        }
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|_, window| window.ends > now);
        let window = windows.entry(address).or_insert(Window { ends: now + WINDOW, used: 0 });
        if window.used >= LIMIT {
            // Rounded up, so that a new window has begun after this wait.
            let left = window.ends.duration_since(now).as_millis();
            let retry_after = i64::try_from((left + 999) / 1_000).unwrap_or(60);
            return QuotaState::Over { retry_after, reset: now.as_second() + retry_after };
        }
        window.used += 1;
        QuotaState::Within { remaining: LIMIT - window.used }
    }

    pub(crate) fn reset(&self) {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl QuotaState {
    /// How many more requests are allowed in the window, if they are counted.
    pub(crate) fn remaining(self) -> Option<i64> {
        match self {
            Self::Unlimited => None,
            Self::Within { remaining } => Some(remaining),
            Self::Over { .. } => Some(0),
        }
    }

    /// Adds the headers to the response.
    pub(crate) fn add_to(self, headers: &mut HeaderMap) {
        let (remaining, over) = match self {
            Self::Unlimited => return,
            Self::Within { remaining } => (remaining, None),
            Self::Over { retry_after, reset } => (0, Some((retry_after, reset))),
        };
        headers.insert("x-ratelimit-limit", HeaderValue::from(LIMIT));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(remaining));
        if let Some((retry_after, reset)) = over {
            headers.insert("retry-after", HeaderValue::from(retry_after));
            headers.insert("x-ratelimit-reset", HeaderValue::from(reset));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const OTHER: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

    #[test]
    fn the_sixty_first_request_waits_for_the_rest_of_the_minute() {
        let quota = Quota::new(true);
        let start: Timestamp = "2026-06-05T10:00:00Z".parse().unwrap();
        for used in 1..=60 {
            assert_eq!(quota.take(ONE, start), QuotaState::Within { remaining: 60 - used });
        }
        let later = start + SignedDuration::from_millis(10_500);
        assert_eq!(quota.take(ONE, later), QuotaState::Over { retry_after: 50, reset: later.as_second() + 50 });
        assert_eq!(quota.take(OTHER, later), QuotaState::Within { remaining: 59 });
        let next = start + SignedDuration::from_secs(60);
        assert_eq!(quota.take(ONE, next), QuotaState::Within { remaining: 59 });
    }
}
