//! The rate limit that runs of the command share, and what a run says about waiting for it.

use std::{
    io::IsTerminal as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hb_bls::state::{AcquireOutcome, FileState, MemoryRateLimiter, Permit, RateLimitHeaders, RateLimiter, StateFuture};
use reqwest::Url;
use tokio::sync::watch;

use crate::{
    loopback::is_loopback,
    output::Output,
    request_stats::{RequestStats, Wait},
};

/// The portal's quota per minute, until a response names another.
const QUOTA: u32 = 60;
/// A wait that is at least this long is announced.
const LONG: Duration = Duration::from_secs(3);
/// Of a request that is sent although the quota is used up. No rate limiter has granted it.
const UNCOUNTED: Permit = Permit::new(1 << 100);

/// What a run does when the quota is used up.
#[derive(Debug, Clone, Copy)]
pub enum Waiting {
    /// It waits, and announces long waits on a terminal.
    Announced(Output),
    /// It sends the request all the same.
    Never,
}

/// The rate limit as one client of this run uses it.
#[derive(Debug)]
pub struct CommandRateLimiter {
    shared: Arc<dyn RateLimiter>,
    is_local: bool,
    waiting: Waiting,
    turn: Mutex<Turn>,
    open: OpenPermits,
    request_stats: RequestStats,
}

/// The wait for the next permit.
#[derive(Debug, Default)]
struct Turn {
    waited: Duration,
    is_announced: bool,
}

impl CommandRateLimiter {
    /// All runs share it that send to the same portal: the portal counts by outgoing address, and one machine has one.
    pub fn new(
        state: Option<&FileState>,
        base_url: &str,
        waiting: Waiting,
        open: OpenPermits,
        request_stats: RequestStats,
    ) -> Self {
        let url = Url::parse(base_url).ok();
        let is_local = url.as_ref().is_some_and(is_loopback);
        // a local portal may have no quota; one that has says so in its responses
        let quota = if is_local { u32::MAX } else { QUOTA };
        let window = url.map_or_else(|| base_url.to_owned(), |url| url.origin().ascii_serialization());
        let shared: Arc<dyn RateLimiter> = match state {
            Some(state) => Arc::new(state.rate_limiter(&window, quota)),
            None => Arc::new(MemoryRateLimiter::requests_per_minute(quota)),
        };
        Self { shared, is_local, waiting, turn: Mutex::default(), open, request_stats }
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says once how long it takes.
    fn announce(&self, wait: Duration, output: Output) {
        if self.turn().is_long_with(wait)
            && !self.request_stats.is_shown()
            && std::io::stderr().is_terminal()
            && let Some(Wait::RateLimit(left)) = self.request_stats.wait()
        {
            output.notice(&format!("rate limit reached; continuing in {left}"));
        }
    }
}

impl Turn {
    /// Whether the wait has become a long one. A shared rate limiter tells it in short pieces.
    fn is_long_with(&mut self, wait: Duration) -> bool {
        if self.waited.is_zero() {
            tracing::debug!("waiting for the rate limit");
        }
        self.waited += wait;
        let is_first = !self.is_announced && self.waited >= LONG;
        self.is_announced |= is_first;
        is_first
    }
}

impl RateLimiter for CommandRateLimiter {
    fn acquire(&self) -> StateFuture<'_, AcquireOutcome> {
        Box::pin(async move {
            let turn = self.shared.acquire().await?;
            match turn {
                AcquireOutcome::Granted(_) => self.request_stats.granted(),
                AcquireOutcome::Pause(wait) => self.request_stats.waiting(Some(wait)),
                _ => self.request_stats.waiting(None),
            }
            match (turn, self.waiting) {
                (AcquireOutcome::Wait(wait) | AcquireOutcome::Pause(wait), Waiting::Announced(output)) => {
                    self.announce(wait, output);
                }
                (AcquireOutcome::Wait(_) | AcquireOutcome::Pause(_), Waiting::Never) => {
                    self.open.opened();
                    return Ok(AcquireOutcome::Granted(UNCOUNTED));
                }
                _ => {
                    *self.turn() = Turn::default();
                    self.open.opened();
                }
            }
            Ok(turn)
        })
    }

    fn release(&self, permit: Permit, mut headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        let closing = self.open.closing();
        if self.is_local && headers.responded && headers.retry_after.is_none() {
            // it has none now, whatever an earlier portal at this address had
            headers.limit.get_or_insert(u32::MAX);
        }
        self.request_stats.ended(&headers);
        Box::pin(async move {
            let _closing = closing;
            self.shared.release(permit, headers).await
        })
    }
}

/// How many permits of this run are still to be given back. Clones count together.
///
/// They are given back in the background. A run that ended before that would leave their places taken for minutes.
#[derive(Debug, Clone)]
pub struct OpenPermits(Arc<watch::Sender<usize>>);

impl Default for OpenPermits {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl OpenPermits {
    fn opened(&self) {
        self.0.send_modify(|open| *open += 1);
    }

    fn closing(&self) -> CloseOnDrop {
        CloseOnDrop(self.clone())
    }

    /// Waits until none is left.
    pub async fn none_left(&self) {
        drop(self.0.subscribe().wait_for(|open| *open == 0).await);
    }
}

/// Closes a permit when it is dropped.
#[derive(Debug)]
struct CloseOnDrop(OpenPermits);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;

    const LOCAL: &str = "http://127.0.0.1:8787/api/v1";

    /// A response that names this limit.
    fn headers(limit: Option<u32>) -> RateLimitHeaders {
        let mut headers = RateLimitHeaders::default();
        (headers.responded, headers.limit) = (true, limit);
        headers
    }

    #[tokio::test]
    async fn a_local_portal_that_names_no_limit_has_none_whatever_was_there_before() {
        let folder = tempfile::tempdir().unwrap();
        let state = FileState::new(folder.path());
        let waiting = Waiting::Announced(Output::new(Format::Table, true));
        for (url, is_free) in [(LOCAL, true), ("https://portal.example/api/v1", false)] {
            let limiter =
                CommandRateLimiter::new(Some(&state), url, waiting, OpenPermits::default(), RequestStats::default());
            let AcquireOutcome::Granted(permit) = limiter.acquire().await.unwrap() else {
                panic!("nothing was sent yet")
            };
            limiter.release(permit, headers(Some(2))).await.unwrap();
            let AcquireOutcome::Granted(permit) = limiter.acquire().await.unwrap() else {
                panic!("one of two was sent")
            };
            assert!(matches!(limiter.acquire().await.unwrap(), AcquireOutcome::Wait(_)), "{url}");
            limiter.release(permit, headers(None)).await.unwrap();
            assert_eq!(matches!(limiter.acquire().await.unwrap(), AcquireOutcome::Granted(_)), is_free, "{url}");
        }
    }

    #[tokio::test]
    async fn who_never_waits_is_counted_while_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let state = FileState::new(folder.path());
        let open = OpenPermits::default();
        let limiter =
            CommandRateLimiter::new(Some(&state), LOCAL, Waiting::Never, open.clone(), RequestStats::default());
        let AcquireOutcome::Granted(permit) = limiter.acquire().await.unwrap() else { panic!("it never waits") };
        assert_ne!(permit, UNCOUNTED);
        limiter.release(permit, headers(Some(1))).await.unwrap();
        for _ in 0..2 {
            assert_eq!(limiter.acquire().await.unwrap(), AcquireOutcome::Granted(UNCOUNTED));
            limiter.release(UNCOUNTED, headers(Some(1))).await.unwrap();
        }
        // ends, since all were given back
        open.none_left().await;
    }

    #[test]
    fn short_waits_add_up_to_a_long_one_which_is_announced_once() {
        let mut turn = Turn::default();
        let second = Duration::from_secs(1);
        let announced: Vec<_> = (0..5).map(|_| turn.is_long_with(second)).collect();
        assert_eq!(announced, [false, false, true, false, false]);
        assert!(Turn::default().is_long_with(60 * second));
    }
}
