//! The state of a run's requests, for the progress bar.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use hb_bls::{Clock as _, SystemClock, state::RateLimitHeaders};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// The rate limit is for this long.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// A portal that has not responded for this long may be away.
const SILENT: SignedDuration = SignedDuration::from_secs(10);

/// What is known of the requests of a run. Clones share it.
#[derive(Debug, Clone)]
pub struct RequestStats(Arc<watch::Sender<State>>);

#[derive(Debug, Default)]
struct State {
    /// The limit that the last response named.
    limit: Option<u32>,
    /// Until when a request waits for the rate limit.
    waits: Option<Until>,
    /// Whether a booking waits for those of another run.
    is_queued: bool,
    /// When the requests of the last minute ended.
    ended: VecDeque<Timestamp>,
    /// Since when requests have been under way without a response, or with none but failures of the portal.
    silent_since: Option<Timestamp>,
    /// Whether one of them has ended.
    is_failing: bool,
    /// Whether a bar shows all this.
    is_shown: bool,
}

impl Default for RequestStats {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(State::default())))
    }
}

impl RequestStats {
    /// A request waits for the rate limit: for this long, or until others have left room for it.
    pub fn waiting(&self, pause: Option<Duration>) {
        let now = SystemClock.now();
        self.0.send_if_modified(|state| {
            let was_waiting = state.waits.is_some();
            match (pause, state.waits) {
                (Some(pause), _) => state.waits = Some(Until::Exactly(now.saturating_add(pause).unwrap_or(now))),
                (None, Some(Until::AtMost(until))) if until > now => {}
                // each place is free again a minute later
                (None, _) => state.waits = Some(Until::AtMost(now.saturating_add(WINDOW).unwrap_or(now))),
            }
            !was_waiting
        });
    }

    /// A booking waits for those of another run, until what is returned is dropped.
    pub fn queued(&self) -> Queued {
        self.0.send_modify(|state| state.is_queued = true);
        Queued(self.clone())
    }

    pub fn granted(&self) {
        let now = SystemClock.now();
        self.0.send_modify(|state| {
            state.waits = None;
            state.silent_since.get_or_insert(now);
        });
    }

    pub fn ended(&self, headers: &RateLimitHeaders) {
        let now = SystemClock.now();
        self.0.send_modify(|state| {
            state.ended.push_back(now);
            state.forget(now);
            if headers.responded {
                state.limit = headers.limit.filter(|limit| *limit < u32::MAX);
            } else {
                state.is_failing = true;
            }
        });
    }

    /// A response has this status.
    pub fn responded(&self, status: u16) {
        self.0.send_modify(|state| {
            state.is_failing = status >= 500;
            if !state.is_failing {
                state.silent_since = None;
            }
        });
    }

    /// Since when the portal has not responded, except with failures.
    pub fn silent_since(&self) -> Option<Timestamp> {
        self.0.borrow().silent_since
    }

    /// A bar shows what is waited for from now on, or no longer.
    pub fn show(&self, is_shown: bool) {
        self.0.send_if_modified(|state| std::mem::replace(&mut state.is_shown, is_shown) != is_shown);
    }

    pub fn is_shown(&self) -> bool {
        self.0.borrow().is_shown
    }

    /// Ends when a request waits for the rate limit, or a booking for another run.
    pub async fn waits(&self) {
        if self.0.subscribe().wait_for(|state| state.waits.is_some() || state.is_queued).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// How many minutes this many requests still take because of the limit, if there is one.
    pub fn minutes(&self, requests: usize) -> Option<usize> {
        let state = self.0.borrow();
        Some(minutes(requests, usize::try_from(state.limit?).ok()?, state.ended.len()))
    }

    /// What is being waited for, if it is worth saying.
    pub fn wait(&self) -> Option<Wait> {
        let now = SystemClock.now();
        let state = self.0.borrow();
        if state.is_queued {
            return Some(Wait::OtherRun);
        }
        if let Some(waits) = state.waits {
            return Some(Wait::RateLimit(state.remaining(waits, now)));
        }
        let since = state.silent_since?;
        (state.is_failing || now.duration_since(since) >= SILENT).then_some(Wait::Portal(since))
    }
}

/// What a run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    RateLimit(RemainingWait),
    /// It has not responded since then.
    Portal(Timestamp),
    /// Another run is booking for the account.
    OtherRun,
}

/// Of a booking that waits for those of another run.
#[derive(Debug)]
pub struct Queued(RequestStats);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.is_queued = false);
    }
}

/// How long a wait for the rate limit still takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemainingWait {
    pub seconds: usize,
    /// Whether it may be over sooner.
    pub at_most: bool,
}

/// When a wait for the rate limit ends.
#[derive(Debug, Clone, Copy)]
enum Until {
    Exactly(Timestamp),
    AtMost(Timestamp),
}

impl State {
    /// The first request of this run makes room a minute after its end, if no other run has taken the rest.
    fn remaining(&self, waits: Until, now: Timestamp) -> RemainingWait {
        let own = self.ended.front().and_then(|first| first.checked_add(WINDOW).ok()).filter(|free| *free > now);
        let (until, at_most) = match (waits, own) {
            (Until::Exactly(until), _) | (Until::AtMost(_), Some(until)) => (until, false),
            (Until::AtMost(until), None) => (until, true),
        };
        RemainingWait { seconds: seconds(until, now), at_most }
    }

    fn forget(&mut self, now: Timestamp) {
        while self.ended.front().is_some_and(|ended| now.duration_since(*ended) >= WINDOW) {
            self.ended.pop_front();
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RateLimit(left) => write!(f, "rate limit reached, continuing in {left}"),
            Self::OtherRun => f.write_str("waiting for another run that is booking for this account"),
            Self::Portal(since) => {
                let silent = SystemClock.now().duration_since(*since).as_secs().max(0);
                write!(f, "no response from the portal for {silent} s")
            }
        }
    }
}

impl fmt::Display for RemainingWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} s", if self.at_most { "up to " } else { "" }, self.seconds)
    }
}

/// Whole seconds, rounded up.
fn seconds(until: Timestamp, now: Timestamp) -> usize {
    let seconds = (until.duration_since(now).as_millis() + 999).div_euclid(1000);
    usize::try_from(seconds).unwrap_or_default().max(1)
}

/// What the minute that has begun has no room for waits for the next ones.
fn minutes(requests: usize, limit: usize, used: usize) -> usize {
    requests.saturating_sub(limit.saturating_sub(used)).div_ceil(limit.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn responded(limit: Option<u32>) -> RateLimitHeaders {
        let mut headers = RateLimitHeaders::default();
        (headers.responded, headers.limit) = (true, limit);
        headers
    }

    #[test]
    fn the_limit_says_how_long_it_takes() {
        for (requests, used, expected) in [(0, 0, 0), (59, 1, 0), (60, 1, 1), (80, 3, 1), (80, 60, 2), (120, 30, 2)] {
            assert_eq!(minutes(requests, 60, used), expected, "{requests} {used}");
        }
        let request_stats = RequestStats::default();
        assert_eq!(request_stats.minutes(100), None, "nothing is known yet");
        request_stats.ended(&responded(Some(60)));
        assert_eq!(request_stats.minutes(100), Some(1));
        request_stats.ended(&responded(Some(u32::MAX)));
        assert_eq!(request_stats.minutes(100), None, "there is none");
    }

    #[tokio::test]
    async fn a_wait_for_the_limit_is_seen_until_it_is_over() {
        let request_stats = RequestStats::default();
        request_stats.ended(&responded(Some(1)));
        assert_eq!(request_stats.wait(), None);
        request_stats.waiting(None);
        request_stats.clone().waits().await;
        let text = request_stats.wait().unwrap().to_string();
        assert!(
            ["59 s", "60 s"].iter().any(|left| text == format!("rate limit reached, continuing in {left}")),
            "{text}"
        );
        request_stats.granted();
        assert_eq!(request_stats.wait(), None, "the portal has had no time to respond");
    }

    #[test]
    fn it_is_always_known_how_long_the_limit_may_be_waited_for() {
        let text = |pause| {
            let request_stats = RequestStats::default();
            request_stats.waiting(pause);
            // asked again after a piece of the wait
            request_stats.waiting(pause);
            request_stats.wait().unwrap().to_string()
        };
        let others = text(None);
        assert!(others == "rate limit reached, continuing in up to 60 s", "{others}");
        assert_eq!(text(Some(Duration::from_secs(90))), "rate limit reached, continuing in 90 s");
    }

    #[tokio::test]
    async fn a_portal_that_fails_has_not_responded_until_it_does() {
        let request_stats = RequestStats::default();
        request_stats.granted();
        let since = request_stats.silent_since();
        assert!(since.is_some() && request_stats.wait().is_none(), "the portal has had no time to respond");
        request_stats.responded(503);
        request_stats.ended(&responded(Some(60)));
        assert_eq!(request_stats.wait(), since.map(Wait::Portal), "told at once");
        request_stats.granted();
        request_stats.ended(&RateLimitHeaders::default());
        assert_eq!(request_stats.wait(), since.map(Wait::Portal), "since the first");
        request_stats.granted();
        request_stats.responded(422);
        request_stats.ended(&responded(Some(60)));
        assert_eq!((request_stats.wait(), request_stats.silent_since()), (None, None));
        request_stats.granted();
        assert_eq!(request_stats.wait(), None, "it did not fail this time");
    }
}
