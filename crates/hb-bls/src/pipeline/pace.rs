//! Waiting for the rate limit, in the order of arrival.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::future::select;
use tokio::sync::{Mutex, Notify};

use super::{Settings, call::Sender, limit};
use crate::{
    Clock, Error, Result,
    state::{Feedback, Pacer, StateError, Ticket, Turn},
};

/// How long a pacer may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Pace {
    shared: Arc<Shared>,
    /// Held by the first in the queue, so that the pacer has one to deal with. Whoever queues does so in a task, which
    /// the runtime polls: the turn cannot be left with somebody who sleeps.
    first: Mutex<()>,
    max_retry_after: Duration,
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
    pub(super) fn new(pacer: Arc<dyn Pacer>, settings: &Settings) -> Self {
        let clock = Arc::clone(&settings.clock);
        Self {
            shared: Arc::new(Shared { pacer, clock, freed: Notify::new(), queued: AtomicBool::new(false) }),
            first: Mutex::default(),
            max_retry_after: settings.max_retry_after,
        }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self, sender: &Sender) -> Result<Place<'_>> {
        if let Ok(_first) = self.first.try_lock()
            && let Turn::Go(ticket) = self.shared.take().await?
        {
            return Ok(self.place(ticket, false));
        }
        // in a box, so that the futures of calls that need not wait stay small
        Box::pin(self.queue(sender)).await
    }

    async fn queue(&self, sender: &Sender) -> Result<Place<'_>> {
        self.shared.queued.store(true, Ordering::SeqCst);
        sender.waits();
        let clock = &*self.shared.clock;
        let first = limit::logged(clock, "other requests that wait for the rate limit", self.first.lock()).await;
        let ticket = self.wait(sender).await;
        drop(first);
        sender.waited();
        Ok(self.place(ticket?, true))
    }

    /// Waits as the first in the queue.
    async fn wait(&self, sender: &Sender) -> Result<Ticket> {
        let mut announced = false;
        loop {
            // what becomes free from here on is not missed
            let mut freed = pin!(self.shared.freed.notified());
            freed.as_mut().enable();
            let wait = match self.shared.take().await? {
                Turn::Go(ticket) => return Ok(ticket),
                Turn::Wait(wait) => wait,
                Turn::Pause(wait) if wait > self.max_retry_after => {
                    let operation = sender.operation.id();
                    return Err(Error::RateLimited { operation, retry_after: Some(wait) });
                }
                Turn::Pause(wait) => wait,
            };
            if !announced {
                announced = wait > limit::LONG;
                limit::announce(wait, "for the rate limit");
            }
            select(freed, self.shared.clock.sleep(wait)).await;
        }
    }

    fn place(&self, ticket: Ticket, queued: bool) -> Place<'_> {
        Place { shared: &self.shared, ticket: Some(ticket), queued }
    }
}

impl Shared {
    async fn take(&self) -> Result<Turn> {
        let mut take = self.pacer.take(self.clock.now());
        let turn = match poll_once(&mut take) {
            Some(turn) => turn,
            None => match limit::within(&*self.clock, PATIENCE, pin!(take)).await {
                Some(turn) => turn,
                None => Err(StateError::new("no answer within 30 s")),
            },
        };
        turn.map_err(|cause| Error::State { what: "the quota", cause })
    }

    fn freed(&self, told: Result<(), StateError>) {
        if let Err(error) = told {
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
    /// Whether it had to be waited for.
    pub(super) queued: bool,
}

impl Place<'_> {
    pub(super) fn done(mut self, feedback: Feedback) {
        self.tell(feedback);
    }

    /// Tells the pacer at once, or in the background if that takes its time: no call has to wait for it.
    fn tell(&mut self, feedback: Feedback) {
        let Some(ticket) = self.ticket.take() else { return };
        let shared = Arc::clone(self.shared);
        let now = shared.clock.now();
        let mut telling: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            let told = shared.pacer.done(ticket, now, feedback).await;
            shared.freed(told);
        });
        if poll_once(&mut telling).is_none()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(telling);
        }
    }
}

/// The caller gave up: the pacer is told all the same.
impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.tell(Feedback::default());
    }
}

/// The outcome, if it is there already.
fn poll_once<F: Future + Unpin>(work: &mut F) -> Option<F::Output> {
    match Pin::new(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
