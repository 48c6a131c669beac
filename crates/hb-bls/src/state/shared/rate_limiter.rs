use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SharedState, record};
use crate::{
    clock::within,
    state::{
        AcquireOutcome, Permit, RateLimitHeaders, RateLimiter, StateError, StateFuture,
        quota::{Quota, length, nanoseconds},
    },
};

/// The longest wait that is returned to the head of the queue, and to others.
const MAX_WAIT: Duration = Duration::from_secs(2);
const BEHIND: Duration = Duration::from_millis(100);
const MINUTE: Duration = Duration::from_secs(60);
/// How much later than after its wait a process may ask.
const LATE: Duration = Duration::from_secs(1);
/// How long the store may take, and for how long it is then left alone.
const TIME_LIMIT: Duration = Duration::from_secs(2);
const LEFT_ALONE: Duration = Duration::from_secs(5);
/// How many processes are assumed to share a window, unless the user says.
const PROCESSES: u32 = 4;
/// Marks the permits of this process's own share.
const OWN: u128 = 1 << 127;

/// A rate limit that processes share. Processes take turns, however many requests each has waiting. From
/// [`SharedState::rate_limiter`].
///
/// It counts as [`MemoryRateLimiter`](crate::state::MemoryRateLimiter) does, by the store's time. Clones are one process in
/// the queue.
///
/// While the store fails or takes longer than 2 seconds, this process continues alone within its share: the limit
/// divided by the [number of processes](Self::expected_processes). With [`without_fallback`](Self::without_fallback),
/// its requests fail instead.
#[derive(Debug, Clone)]
pub struct SharedRateLimiter {
    state: SharedState,
    key: Arc<str>,
    requests_per_minute: u32,
    me: u64,
    own: Option<Arc<Fallback>>,
}

/// What this process may do while the store cannot be reached.
#[derive(Debug)]
struct Fallback {
    processes: u32,
    share: Mutex<FallbackShare>,
}

#[derive(Debug)]
struct FallbackShare {
    /// Counts all requests of this process, also those that the store has permitted.
    quota: Quota,
    /// Permits of the store, and those of the quota that belong to them.
    pairs: Vec<(Permit, Permit)>,
    /// Until when the store is left alone.
    alone_until: Option<Timestamp>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Window {
    /// Nothing before the first request.
    quota: Option<Quota>,
    /// Which processes wait, in order.
    queue: Vec<Waiter>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Waiter {
    process: u64,
    /// Until when it is remembered.
    until: i64,
    /// When it may be served before those who have waited longer, if there are places for all.
    from: i64,
}

impl SharedRateLimiter {
    pub(super) fn new(state: SharedState, key: String, requests_per_minute: u32) -> Self {
        Self { state, key: key.into(), requests_per_minute, me: fastrand::u64(..), own: None }
            .expected_processes(PROCESSES)
    }

    /// Sets how many processes share the limit, 4 by default. It only matters while the store cannot be reached.
    #[must_use]
    pub fn expected_processes(mut self, processes: u32) -> Self {
        let processes = processes.max(1);
        let quota = Quota::new(self.requests_per_minute / processes);
        let share = Mutex::new(FallbackShare { quota, pairs: Vec::new(), alone_until: None });
        self.own = Some(Arc::new(Fallback { processes, share }));
        self
    }

    /// Makes requests fail with [`ErrorKind::State`](crate::ErrorKind::State) while the store cannot be reached.
    #[must_use]
    pub fn without_fallback(mut self) -> Self {
        self.own = None;
        self
    }

    async fn ask_store(&self) -> Result<AcquireOutcome, StateError> {
        let (me, requests_per_minute) = (self.me, self.requests_per_minute);
        let ask = |window: &mut Window, now| {
            let now = nanoseconds(now);
            // permits of a record that was lost are not taken for those of this one
            let quota = window.quota.get_or_insert_with(|| Quota::new(requests_per_minute).with_permits_from(now));
            Ok(ask(me, quota, &mut window.queue, now))
        };
        record::change(&*self.state.store, &self.key, ask).await
    }

    /// Asks the store, unless it has just failed. Otherwise this process has its own share.
    async fn ask_or_go_on(&self, own: &Fallback) -> AcquireOutcome {
        let clock = &*self.state.clock;
        if own.share().alone_until.is_none_or(|until| until <= clock.now()) {
            let error = match within(clock, TIME_LIMIT, self.ask_store()).await {
                Some(Ok(answer)) => {
                    own.granted(answer, clock.now());
                    return answer;
                }
                Some(Err(error)) => error,
                None => StateError::of("no response within 2 s"),
            };
            own.leave_alone(clock.now(), &error);
        }
        match own.share().quota.acquire(nanoseconds(clock.now())) {
            AcquireOutcome::Granted(permit) => AcquireOutcome::Granted(Permit::new(permit.number() | OWN)),
            wait => wait,
        }
    }
}

impl Fallback {
    fn share(&self) -> MutexGuard<'_, FallbackShare> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a permit of the store towards the share, too.
    fn granted(&self, answer: AcquireOutcome, now: Timestamp) {
        let mut share = self.share();
        if share.alone_until.take().is_some() {
            tracing::info!("the shared rate limit can be reached again");
        }
        if let AcquireOutcome::Granted(permit) = answer
            && let AcquireOutcome::Granted(own) = share.quota.acquire(nanoseconds(now))
        {
            share.pairs.push((permit, own));
        }
    }

    fn leave_alone(&self, now: Timestamp, error: &StateError) {
        let mut share = self.share();
        if share.alone_until.is_none() {
            tracing::warn!(
                error = %format_args!("{error:#}"),
                "the shared rate limit cannot be reached; going on alone within a share of it"
            );
        }
        share.alone_until = now.checked_add(LEFT_ALONE).ok();
    }

    /// Counts a request as ended. Returns whether the store knows of it.
    fn ended(&self, permit: Permit, headers: RateLimitHeaders, now: Timestamp) -> bool {
        let mut share = self.share();
        let is_own = permit.number() & OWN != 0;
        let counted = match share.pairs.iter().position(|(shared, _)| *shared == permit) {
            Some(place) => share.pairs.swap_remove(place).1,
            None if is_own => Permit::new(permit.number() & !OWN),
            // the share was used up, so that only what the portal says counts
            None => NOBODY,
        };
        let limit = headers.limit.map(|limit| limit / self.processes);
        // what is left is the others' as well
        share.quota.release(counted, nanoseconds(now), RateLimitHeaders { limit, remaining: None, ..headers });
        !is_own
    }
}

/// No quota gives this permit.
const NOBODY: Permit = Permit::new(u128::MAX);

impl RateLimiter for SharedRateLimiter {
    fn acquire(&self) -> StateFuture<'_, AcquireOutcome> {
        Box::pin(async move {
            match &self.own {
                Some(own) => Ok(self.ask_or_go_on(own).await),
                None => self.ask_store().await,
            }
        })
    }

    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        Box::pin(async move {
            let is_shared = self.own.as_ref().is_none_or(|own| own.ended(permit, headers, self.state.clock.now()));
            if !is_shared {
                return Ok(());
            }
            let release = |window: &mut Window, now| {
                if let Some(quota) = &mut window.quota {
                    quota.release(permit, nanoseconds(now), headers);
                }
                Ok(())
            };
            record::change(&*self.state.store, &self.key, release).await
        })
    }
}

/// Serves those who have waited longest, as far as there are places. Who is served goes to the end of the queue, however
/// many requests it has.
fn ask(me: u64, quota: &mut Quota, queue: &mut Vec<Waiter>, now: i64) -> AcquireOutcome {
    let longest = now + length(MAX_WAIT + 2 * LATE);
    queue.retain(|waiter| waiter.process == me || (waiter.until > now && waiter.until <= longest));
    let place = queue.iter().position(|waiter| waiter.process == me);
    let waiter = place.and_then(|place| queue.get(place));
    let is_served = match (place, waiter) {
        (Some(place), Some(waiter)) => place == 0 || (place < quota.free(now) && waiter.from <= now),
        _ => queue.is_empty(),
    };
    let turn = if is_served { quota.acquire(now) } else { AcquireOutcome::Wait(behind(quota)) };
    let AcquireOutcome::Wait(wait) = turn else {
        queue.retain(|waiter| waiter.process != me);
        return turn;
    };
    let wait = wait.min(MAX_WAIT);
    let until = now + length(wait + 2 * LATE);
    match place.and_then(|place| queue.get_mut(place)) {
        // not each time, since that would be a write
        Some(waiter) if waiter.until < now + length(wait + LATE) => waiter.until = until,
        Some(_) => {}
        None => queue.push(Waiter { process: me, until, from: now + length(wait) }),
    }
    AcquireOutcome::Wait(wait)
}

/// When the others in the queue ask again: often enough that one of them alone could use the whole limit.
fn behind(quota: &Quota) -> Duration {
    BEHIND.min(MINUTE / quota.limit())
}
