//! Waiting for the quota, in the order of arrival.

use std::{pin::pin, sync::Arc, time::Duration};

use futures::future::select;
use tokio::sync::{Mutex, Notify};

use crate::{
    Clock, Error, Result,
    state::{Feedback, Pacer, Ticket, Turn},
};

pub(super) struct Pace {
    pacer: Arc<dyn Pacer>,
    /// Held by the first in the queue, so that the pacer has one to deal with.
    first: Mutex<()>,
    answered: Notify,
}

impl Pace {
    pub(super) fn new(pacer: Arc<dyn Pacer>) -> Self {
        Self { pacer, first: Mutex::default(), answered: Notify::new() }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self, clock: &dyn Clock) -> Result<Ticket> {
        let _first = self.first.lock().await;
        loop {
            let mut answered = pin!(self.answered.notified());
            answered.as_mut().enable();
            let turn = self.pacer.take(clock.now()).await;
            match turn.map_err(|cause| Error::State { what: "the quota", cause })? {
                Turn::Go(ticket) => return Ok(ticket),
                Turn::Wait(wait) => {
                    tracing::trace!(wait_ms = millis(wait), "waiting for the quota");
                    select(answered, clock.sleep(wait)).await;
                }
            }
        }
    }

    /// Tells what came of a turn.
    pub(super) async fn done(&self, ticket: Ticket, clock: &dyn Clock, feedback: Feedback) {
        if let Err(error) = self.pacer.done(ticket, clock.now(), feedback).await {
            tracing::warn!(%error, "the quota cannot be kept account of");
        }
        self.answered.notify_waiters();
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
