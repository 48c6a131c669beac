//! Sends what is due: webhooks side by side, the events of each webhook one after the other.

use std::collections::HashSet;

use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::MutexGuard;

use super::send::send;
use crate::booking;
use crate::core::Core;
use crate::problem::Problem;
use crate::store::deliveries::{self, Due};

impl Core {
    /// Does everything that is due now, including what becomes due in the meantime.
    /// The caller holds the right to send.
    pub(crate) async fn run_due(&self, _turn: &MutexGuard<'_, ()>) -> Result<(), Problem> {
        let mut busy: HashSet<i64> = HashSet::new();
        let mut under_way = FuturesUnordered::new();
        loop {
            let now = self.clock.now();
            let due = self.store.write(|db| {
                booking::mark_late(db, now)?;
                deliveries::take_due(db, |webhook| busy.contains(&webhook), now)
            })?;
            for attempt in due {
                busy.insert(attempt.webhook.id);
                under_way.push(self.attempt(attempt));
            }
            tokio::select! {
                Some(done) = under_way.next() => { busy.remove(&done?); }
                () = self.dispatch.woken(), if !under_way.is_empty() => {}
                else => return Ok(()),
            }
        }
    }

    /// Makes one attempt; gives the webhook that is free again.
    async fn attempt(&self, due: Due) -> Result<i64, Problem> {
        let now = self.clock.now();
        let sent = send(&self.http, &due, now, self.captures()).await;
        self.store.write(|db| deliveries::finish(db, &due, now, &sent))?;
        Ok(due.webhook.id)
    }

    /// Runs what is due whenever it is due, for as long as the sandbox lives.
    pub(crate) async fn run_dispatch(&self) {
        loop {
            let turn = self.dispatch.turn().await;
            if let Err(problem) = self.run_due(&turn).await {
                tracing::error!(?problem, "deliveries failed");
            }
            let next = self.next_due().unwrap_or_default();
            drop(turn);
            tokio::select! {
                () = self.dispatch.woken() => {}
                () = self.clock.reach(next) => {}
            }
        }
    }
}
