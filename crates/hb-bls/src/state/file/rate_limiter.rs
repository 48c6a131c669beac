use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::Record;
use crate::{
    Clock,
    state::{
        Acquire, Permit, RateLimitHeaders, RateLimiter, StateFuture,
        quota::{Quota, nanoseconds},
    },
};

/// The longest wait that is told to the head of the queue, and to others.
const LONGEST: Duration = Duration::from_secs(2);
const BEHIND: Duration = Duration::from_millis(100);
/// How much later than told who waits may ask.
const LATE: Duration = Duration::from_secs(1);

/// A window of the quota that processes share, each in its turn. From [`FileState::rate_limiter`](super::FileState::rate_limiter).
///
/// Counts as [`MemoryRateLimiter`](crate::state::MemoryRateLimiter) does. Clones are one process in the queue.
#[derive(Debug, Clone)]
pub struct FileRateLimiter {
    record: Record,
    clock: Arc<dyn Clock>,
    per_minute: u32,
    me: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Window {
    /// Nothing before the first request.
    quota: Option<Quota>,
    /// Which processes wait, in order, and until when each is remembered.
    queue: Vec<(u64, i64)>,
}

impl FileRateLimiter {
    pub(super) fn new(record: Record, clock: Arc<dyn Clock>, per_minute: u32) -> Self {
        Self { record, clock, per_minute, me: fastrand::u64(..) }
    }

    fn step<R: Send + 'static>(
        &self,
        step: impl FnOnce(&mut Quota, &mut Vec<(u64, i64)>, i64) -> R + Send + 'static,
    ) -> StateFuture<'_, R> {
        let (clock, per_minute) = (Arc::clone(&self.clock), self.per_minute);
        Box::pin(self.record.change(move |window: &mut Window| {
            let now = nanoseconds(clock.now());
            // permits of a record that was lost are not taken for those of this one
            let quota = window.quota.get_or_insert_with(|| Quota::new(per_minute).with_permits_from(now));
            Ok(step(quota, &mut window.queue, now))
        }))
    }
}

impl RateLimiter for FileRateLimiter {
    fn acquire(&self) -> StateFuture<'_, Acquire> {
        let me = self.me;
        self.step(move |quota, queue, now| ask(me, quota, queue, now))
    }

    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        self.step(move |quota, _, now| quota.release(permit, now, headers))
    }
}

/// Serves the first in the queue, which then goes to its end, however many requests it has.
fn ask(me: u64, quota: &mut Quota, queue: &mut Vec<(u64, i64)>, now: i64) -> Acquire {
    let longest = now + length(LONGEST + LATE);
    queue.retain(|(waiter, until)| *waiter == me || (*until > now && *until <= longest));
    let place = queue.iter().position(|(waiter, _)| *waiter == me).unwrap_or(queue.len());
    let turn = if place == 0 { quota.acquire(now) } else { Acquire::Wait(BEHIND) };
    if let Acquire::Wait(wait) = turn {
        let wait = wait.min(LONGEST);
        let until = now + length(wait + LATE);
        match queue.get_mut(place) {
            Some(waiter) => waiter.1 = until,
            None => queue.push((me, until)),
        }
        return Acquire::Wait(wait);
    }
    if place < queue.len() {
        queue.remove(place);
    }
    turn
}

fn length(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX / 4)
}
