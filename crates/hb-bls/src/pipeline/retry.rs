//! Decides whether and when to retry.

use std::time::Duration;

use hb_bls_gen::Operation;

use crate::Error;

const MINUTE: Duration = Duration::from_secs(60);

/// How often a call is attempted, and how long it waits between attempts.
///
/// A call is retried only if the next attempt may succeed: after no response, an incomplete response, a response that
/// is not JSON, a 5xx, or a 429. A call that would create something twice is retried only if the failed attempt
/// certainly did not reach the portal. Bookings are handled separately; see
/// [`Bookings::create`](crate::Bookings::create).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    initial: Duration,
    max: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts, with pauses of about 0.5, 1 and 2 seconds.
    fn default() -> Self {
        Self { attempts: 4, initial: Duration::from_millis(500), max: Duration::from_secs(30) }
    }
}

impl RetryPolicy {
    /// A single attempt, without retries.
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets the total number of attempts, at least one.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the pause before the second attempt. It doubles before each further attempt, up to the maximum. Each pause is
    /// shortened by a random amount of up to half, so that clients do not all retry at the same moment.
    #[must_use]
    pub fn backoff(mut self, initial: Duration, max: Duration) -> Self {
        self.initial = initial;
        self.max = max;
        self
    }

    /// The pause before the next attempt after this many attempts, or `None` if there is no other attempt.
    pub(super) fn next(self, attempts: u32, failure: &Failure<'_>) -> Option<Duration> {
        if attempts >= self.attempts || !failure.may_pass() {
            return None;
        }
        if failure.error.is_rate_limited() {
            let wait = failure.error.retry_after().unwrap_or(MINUTE);
            if wait > failure.max_retry_after {
                return None;
            }
            // the rate limiter makes all requests wait until the pause is over
            return Some(if failure.has_rate_limiter { Duration::ZERO } else { wait });
        }
        let doubled = self.initial.saturating_mul(1 << (attempts - 1).min(16)).min(self.max);
        Some(doubled.mul_f64(0.5 + fastrand::f64() / 2.0))
    }
}

/// The failure of an attempt.
pub(super) struct Failure<'a> {
    pub(super) operation: Operation,
    pub(super) error: &'a Error,
    /// Whether another attempt might do something twice that must be done once.
    pub(super) would_duplicate: bool,
    /// Whether a rate limiter is in use.
    pub(super) has_rate_limiter: bool,
    /// The longest pause that the portal may request.
    pub(super) max_retry_after: Duration,
}

impl Failure<'_> {
    fn may_pass(&self) -> bool {
        // a token request has already had its own attempts
        let own = self.error.operation() == Some(self.operation.id());
        own && self.error.is_retryable() && !self.would_duplicate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn next(policy: RetryPolicy, attempts: u32, operation: Operation, would_duplicate: bool) -> Option<Duration> {
        let error = Error::new(ErrorKind::Server, operation);
        policy.next(
            attempts,
            &Failure { operation, error: &error, would_duplicate, has_rate_limiter: true, max_retry_after: 2 * MINUTE },
        )
    }

    #[test]
    fn waits_double_up_to_the_cap_and_are_shortened_by_half_at_most() {
        let policy =
            RetryPolicy::default().max_attempts(40).backoff(Duration::from_millis(100), Duration::from_secs(2));
        for (attempts, full) in [(1, 100), (2, 200), (3, 400), (5, 1600), (6, 2000), (39, 2000)] {
            for _ in 0..50 {
                let wait = next(policy, attempts, Operation::ListCourses, false).unwrap();
                let full = Duration::from_millis(full);
                assert!((full / 2..=full).contains(&wait), "{attempts}: {wait:?}");
            }
        }
        assert_eq!(next(policy, 40, Operation::ListCourses, false), None);
    }

    #[test]
    fn what_would_be_made_twice_is_tried_again_only_if_it_did_not_arrive() {
        let policy = RetryPolicy::default();
        for operation in Operation::ALL {
            assert!(next(policy, 1, operation, false).is_some(), "{operation:?}");
            assert!(next(policy, 1, operation, true).is_none(), "{operation:?}");
        }
        assert_eq!(next(RetryPolicy::none(), 1, Operation::ListCourses, false), None);
    }

    #[test]
    fn without_a_rate_limiter_a_429_is_waited_out() {
        let operation = Operation::ListCourses;
        let next = |retry_after, has_rate_limiter| {
            let error = Error::rate_limited(operation, retry_after);
            RetryPolicy::default().next(
                1,
                &Failure {
                    operation,
                    error: &error,
                    would_duplicate: false,
                    has_rate_limiter,
                    max_retry_after: 2 * MINUTE,
                },
            )
        };
        assert_eq!(next(Some(Duration::from_secs(7)), false), Some(Duration::from_secs(7)));
        assert_eq!(next(None, false), Some(MINUTE));
        for has_rate_limiter in [false, true] {
            assert!(next(Some(2 * MINUTE), has_rate_limiter).is_some());
            assert_eq!(
                next(Some(2 * MINUTE + Duration::from_secs(1)), has_rate_limiter),
                None,
                "longer than it may ask for"
            );
        }
        assert_eq!(next(None, true), Some(Duration::ZERO));
    }

    #[test]
    fn what_will_not_pass_is_not_tried_again() {
        let policy = RetryPolicy::default();
        let operation = Operation::ListCourses;
        let not_found = Error::new(ErrorKind::NotFound, operation);
        assert_eq!(
            policy.next(
                1,
                &Failure {
                    operation,
                    error: &not_found,
                    would_duplicate: false,
                    has_rate_limiter: true,
                    max_retry_after: 2 * MINUTE
                }
            ),
            None
        );
        let token = Error::new(ErrorKind::Server, Operation::CreateToken);
        assert_eq!(
            policy.next(
                1,
                &Failure {
                    operation,
                    error: &token,
                    would_duplicate: false,
                    has_rate_limiter: true,
                    max_retry_after: 2 * MINUTE
                }
            ),
            None
        );
    }
}
