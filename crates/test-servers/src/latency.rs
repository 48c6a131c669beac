//! The cost of shared state, for the benches of the backends.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use hb_bls::{
    Credentials,
    state::{
        AccountKey, AcquireOutcome, KeyValueStore, RateLimitHeaders, RateLimiter as _, SharedState, TokenSet,
        TokenStore as _,
    },
    webhook::{ClaimOutcome, Inbox},
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{Shifted, ShiftedClock};

const CALLS: usize = 2_000;
const TASKS: u128 = 8;
const EVENTS: u128 = 500;
/// A clock moves on after so many calls, since no more are allowed in a minute.
const PER_MINUTE: usize = 60;

/// The median and the 95th percentile.
#[derive(Debug, Clone, Copy)]
pub struct Latency {
    /// Half of the calls take no longer.
    pub median: Duration,
    /// Of a hundred calls, 95 take no longer.
    pub p95: Duration,
}

impl Latency {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { median: times[times.len() / 2], p95: times[times.len() * 95 / 100] }
    }

    /// Measures something that is done so many times, one after the other.
    pub async fn measure(times: usize, work: impl AsyncFn()) -> Self {
        let mut measured = Vec::with_capacity(times);
        for _ in 0..times {
            let start = Instant::now();
            work().await;
            measured.push(start.elapsed());
        }
        Self::of(measured)
    }
}

/// What a call waits for: the token that is stored, and a permit of the rate limit, 60 a minute.
///
/// # Panics
///
/// If the store fails.
pub async fn of_a_call(store: impl KeyValueStore + 'static) -> Latency {
    let (clock, credentials) = (ShiftedClock::default(), Credentials::new("one", "sesame"));
    let account = AccountKey::new("https://example.com/api/v1", &credentials);
    let state = SharedState::new(Shifted::new(store, &clock)).with_clock(clock.clone());
    let (tokens, limiter) = (state.token_store(&credentials), state.rate_limiter("london", 60).without_fallback());
    let fence = tokens.lock(&account).await.unwrap().fence();
    assert!(tokens.save(&account, fence, Some(&TokenSet::new("a".repeat(300).into(), Timestamp::MAX))).await.unwrap());
    let mut times = Vec::with_capacity(CALLS);
    for call in 0..CALLS {
        if call % PER_MINUTE == 0 {
            clock.advance(Duration::from_secs(61));
        }
        let start = Instant::now();
        assert!(tokens.load(&account).await.unwrap().is_some());
        let AcquireOutcome::Granted(permit) = limiter.acquire().await.unwrap() else { panic!("{call} is allowed") };
        times.push(start.elapsed());
        limiter.release(permit, RateLimitHeaders::default()).await.unwrap();
    }
    Latency::of(times)
}

/// How many events eight tasks claim and handle in a second.
///
/// # Panics
///
/// If the store fails.
pub async fn events_per_second(inbox: impl Inbox + 'static) -> f64 {
    let inbox = Arc::new(inbox);
    let start = Instant::now();
    let tasks = (0..TASKS).map(|task| {
        let inbox = Arc::clone(&inbox);
        tokio::spawn(async move {
            for event in 0..EVENTS {
                let claim = inbox.claim(Uuid::from_u128(task << 64 | event)).await.unwrap();
                let ClaimOutcome::New(lease) = claim else { panic!("it is new") };
                inbox.done(lease).await.unwrap();
            }
        })
    });
    join_all(tasks).await.into_iter().for_each(Result::unwrap);
    f64::from(u32::try_from(TASKS * EVENTS).unwrap()) / start.elapsed().as_secs_f64()
}
