//! The wait for the quota, which is silent otherwise.

use std::{
    io::IsTerminal as _,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use hb_bls::state::{Acquire, MemoryRateLimiter, Permit, RateLimitHeaders, RateLimiter, StateFuture};

use super::Output;

/// A wait that is at least this long is announced.
const LONG: Duration = Duration::from_secs(3);

/// Keeps the quota, and tells a person on a terminal of a long wait.
#[derive(Debug)]
pub struct AnnouncingRateLimiter {
    quota: MemoryRateLimiter,
    output: Output,
    /// Whether the wait at hand was told.
    told: AtomicBool,
}

impl AnnouncingRateLimiter {
    /// For this quota.
    pub fn new(quota: MemoryRateLimiter, output: Output) -> Self {
        Self { quota, output, told: AtomicBool::new(false) }
    }

    fn tell(&self, turn: Acquire) {
        let wait = match turn {
            Acquire::Wait(wait) | Acquire::Pause(wait) => wait,
            Acquire::Granted(_) => return self.told.store(false, Ordering::Relaxed),
            _ => return,
        };
        if wait >= LONG && std::io::stderr().is_terminal() && !self.told.swap(true, Ordering::Relaxed) {
            self.output.notice(&format!("rate limit reached; continuing in {} s", wait.as_secs_f32().ceil()));
        }
    }
}

impl RateLimiter for AnnouncingRateLimiter {
    fn acquire(&self) -> StateFuture<'_, Acquire> {
        let turn = self.quota.acquire();
        Box::pin(async move { turn.await.inspect(|turn| self.tell(*turn)) })
    }

    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        self.quota.release(permit, headers)
    }
}
