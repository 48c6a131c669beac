//! Waiting for the quota, in the order of arrival.

use std::{pin::pin, sync::Arc, time::Duration};

use futures::future::select;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, Notify};

use crate::{
    Clock, Error, Result,
    state::{Feedback, Pacer, Ticket, Turn},
};

pub(super) struct Pace {
    shared: Arc<Shared>,
    /// Held by the first in the queue, so that the pacer has one to deal with.
    first: Mutex<()>,
}

struct Shared {
    pacer: Arc<dyn Pacer>,
    clock: Arc<dyn Clock>,
    /// A place may have become free.
    freed: Notify,
}

impl Pace {
    pub(super) fn new(pacer: Arc<dyn Pacer>, clock: Arc<dyn Clock>) -> Self {
        Self { shared: Arc::new(Shared { pacer, clock, freed: Notify::new() }), first: Mutex::default() }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Result<Place> {
        let asked = match self.first.try_lock() {
            Ok(_first) => match self.shared.take().await? {
                Turn::Go(ticket) => return Ok(self.place(ticket, SignedDuration::ZERO)),
                Turn::Wait(_) => self.shared.clock.now(),
            },
            Err(_) => self.shared.clock.now(),
        };
        let _first = self.first.lock().await;
        let waited = || self.shared.clock.now().duration_since(asked);
        loop {
            // what becomes free from here on is not missed
            let mut freed = pin!(self.shared.freed.notified());
            freed.as_mut().enable();
            match self.shared.take().await? {
                Turn::Go(ticket) => return Ok(self.place(ticket, waited())),
                Turn::Wait(wait) => {
                    tracing::trace!(wait_ms = millis(wait), "waiting for the quota");
                    select(freed, self.shared.clock.sleep(wait)).await;
                }
            }
        }
    }

    fn place(&self, ticket: Ticket, waited: SignedDuration) -> Place {
        Place { shared: Arc::clone(&self.shared), ticket: Some(ticket), waited }
    }
}

impl Shared {
    async fn take(&self) -> Result<Turn> {
        let turn = self.pacer.take(self.clock.now()).await;
        turn.map_err(|cause| Error::State { what: "the quota", cause })
    }

    async fn done(&self, ticket: Ticket, feedback: Feedback, now: Timestamp) {
        if let Err(error) = self.pacer.done(ticket, now, feedback).await {
            tracing::warn!(%error, "the quota cannot be kept account of");
        }
        self.freed.notify_waiters();
    }
}

/// A turn that was taken, until the pacer is told what came of it.
pub(super) struct Place {
    shared: Arc<Shared>,
    ticket: Option<Ticket>,
    /// How long it took to get.
    pub(super) waited: SignedDuration,
}

impl Place {
    pub(super) async fn done(mut self, feedback: Feedback, now: Timestamp) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.done(ticket, feedback, now).await;
        }
    }
}

/// The caller gave up: the pacer is told all the same.
impl Drop for Place {
    fn drop(&mut self) {
        if let (Some(ticket), Ok(runtime)) = (self.ticket.take(), tokio::runtime::Handle::try_current()) {
            let shared = Arc::clone(&self.shared);
            runtime.spawn(async move { shared.done(ticket, Feedback::default(), shared.clock.now()).await });
        }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
