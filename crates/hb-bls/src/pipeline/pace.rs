//! Waiting for the quota, in the order of arrival.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

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
    /// Whether anybody has had to wait for one yet.
    queued: AtomicBool,
}

impl Pace {
    pub(super) fn new(pacer: Arc<dyn Pacer>, clock: Arc<dyn Clock>) -> Self {
        Self {
            shared: Arc::new(Shared { pacer, clock, freed: Notify::new(), queued: AtomicBool::new(false) }),
            first: Mutex::default(),
        }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self, now: Timestamp) -> Result<Place<'_>> {
        if let Ok(_first) = self.first.try_lock()
            && let Turn::Go(ticket) = self.shared.take(now).await?
        {
            return Ok(self.place(ticket, SignedDuration::ZERO));
        }
        // apart, so that calls that need not wait do not carry it
        Box::pin(self.queue()).await
    }

    async fn queue(&self) -> Result<Place<'_>> {
        self.shared.queued.store(true, Ordering::SeqCst);
        let asked = self.shared.clock.now();
        let _first = self.first.lock().await;
        let waited = || self.shared.clock.now().duration_since(asked);
        loop {
            // what becomes free from here on is not missed
            let mut freed = pin!(self.shared.freed.notified());
            freed.as_mut().enable();
            match self.shared.take(self.shared.clock.now()).await? {
                Turn::Go(ticket) => return Ok(self.place(ticket, waited())),
                Turn::Wait(wait) => {
                    tracing::trace!(wait_ms = millis(wait), "waiting for the quota");
                    select(freed, self.shared.clock.sleep(wait)).await;
                }
            }
        }
    }

    fn place(&self, ticket: Ticket, waited: SignedDuration) -> Place<'_> {
        Place { shared: &self.shared, ticket: Some(ticket), waited }
    }
}

impl Shared {
    async fn take(&self, now: Timestamp) -> Result<Turn> {
        let turn = self.pacer.take(now).await;
        turn.map_err(|cause| Error::State { what: "the quota", cause })
    }

    async fn done(&self, ticket: Ticket, feedback: Feedback, now: Timestamp) {
        if let Err(error) = self.pacer.done(ticket, now, feedback).await {
            tracing::warn!(%error, "the quota cannot be kept account of");
        }
        if self.queued.load(Ordering::SeqCst) {
            self.freed.notify_waiters();
        }
    }
}

/// A turn that was taken, until the pacer is told what came of it.
pub(super) struct Place<'a> {
    shared: &'a Arc<Shared>,
    ticket: Option<Ticket>,
    /// How long it took to get.
    pub(super) waited: SignedDuration,
}

impl Place<'_> {
    pub(super) async fn done(mut self, feedback: Feedback, now: Timestamp) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.done(ticket, feedback, now).await;
        }
    }
}

/// The caller gave up: the pacer is told all the same.
impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let shared = Arc::clone(self.shared);
            runtime.spawn(async move { shared.done(ticket, Feedback::default(), shared.clock.now()).await });
        }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
