//! The wait for the quota, which is silent otherwise.

use std::{
    io::IsTerminal as _,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use hb_bls::state::{Feedback, Pacer, StateFuture, Ticket, Turn, WindowPacer};
use jiff::Timestamp;

use super::Output;

/// Whoever waits longer is told.
const LONG: Duration = Duration::from_secs(3);

/// Keeps the quota, and tells a person on a terminal of a long wait.
#[derive(Debug)]
pub struct TellingPacer {
    quota: WindowPacer,
    output: Output,
    /// Whether the wait at hand was told.
    told: AtomicBool,
}

impl TellingPacer {
    /// For this quota.
    pub fn new(quota: WindowPacer, output: Output) -> Self {
        Self { quota, output, told: AtomicBool::new(false) }
    }

    fn tell(&self, turn: Turn) {
        match turn {
            Turn::Wait(wait) | Turn::Pause(wait) if wait >= LONG && std::io::stderr().is_terminal() => {
                if !self.told.swap(true, Ordering::Relaxed) {
                    let seconds = wait.as_secs_f32().ceil();
                    self.output.notice(&format!("the quota is used up; waiting {seconds} s for it"));
                }
            }
            Turn::Wait(_) | Turn::Pause(_) => {}
            Turn::Go(_) => self.told.store(false, Ordering::Relaxed),
        }
    }
}

impl Pacer for TellingPacer {
    fn take(&self, now: Timestamp) -> StateFuture<'_, Turn> {
        let turn = self.quota.take(now);
        Box::pin(async move { turn.await.inspect(|turn| self.tell(*turn)) })
    }

    fn done(&self, ticket: Ticket, now: Timestamp, feedback: Feedback) -> StateFuture<'_, ()> {
        self.quota.done(ticket, now, feedback)
    }
}
