//! Handles the events of a queue.

mod handle;

use std::{fmt, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use self::handle::handle;
use super::{EventQueue, ReceivedEvent};
use crate::{Clock, SystemClock, clock::within, state::StateError};

/// How often to clean and measure the queue.
const LOOK_AFTER: Duration = Duration::from_secs(60);
/// How long a worker that ends waits for its queue to record what was cancelled.
const GIVING_BACK: Duration = Duration::from_secs(10);

/// Takes events from a queue and handles them. From [`Worker::builder`].
///
/// Any number of workers, in any number of processes, may work for one queue. Each event is handled until its handler
/// succeeds, so a handler may run again for an event that it has handled, if the process ends before that is recorded. A
/// handler that writes to the database of the queue can do so exactly once: see `PostgresEventQueue::done_in` of the crate
/// `hb-bls-postgres`.
///
/// What a handler can do wrong does not affect other events:
///
/// - If it fails or panics, the event is tried again, each time after a longer pause. After the last attempt the event
///   is dead; see [`EventQueue::retry`].
/// - If it does not return within its time limit, it is cancelled, and the event counts as failed. A handler that blocks its
///   thread cannot be cancelled and occupies that thread; use `tokio::task::spawn_blocking` for work that blocks.
/// - If it ends the process, the event is taken again when its lease has lapsed. That counts as an attempt.
///
/// ```
/// # use std::convert::Infallible;
/// # async fn example(queue: hb_bls::webhook::MemoryEventQueue, ended: impl Future<Output = ()> + Send) {
/// use hb_bls::webhook::{ReceivedEvent, Worker};
///
/// let worker = Worker::builder(queue).concurrency(4).build(|received: ReceivedEvent| async move {
///     println!("{} {}", received.event.event_type, received.event.event_id);
///     Ok::<(), Infallible>(())
/// });
/// worker.run_until(ended).await; // for example until tokio::signal::ctrl_c()
/// # }
/// ```
pub struct Worker<Q, H> {
    config: WorkerConfig<Q>,
    handler: H,
}

/// What all the tasks of a worker need.
pub(super) struct WorkerConfig<Q> {
    pub(super) queue: Arc<Q>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) lease: Duration,
    pub(super) handler_timeout: Duration,
    pub(super) attempts: u32,
    pub(super) first_pause: Duration,
    pub(super) longest_pause: Duration,
    concurrency: usize,
    poll: Duration,
    grace: Duration,
}

impl<Q> Clone for WorkerConfig<Q> {
    fn clone(&self) -> Self {
        Self { queue: Arc::clone(&self.queue), clock: Arc::clone(&self.clock), ..*self }
    }
}

/// Builds a [`Worker`]. From [`Worker::builder`].
#[must_use = "nothing is handled until the worker runs"]
pub struct WorkerBuilder<Q>(WorkerConfig<Q>);

/// What is being handled.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    /// Becomes true when the handlers are to be cancelled.
    give_up: watch::Sender<bool>,
}

impl<Q: EventQueue + 'static> Worker<Q, ()> {
    /// Builds a worker for a queue.
    pub fn builder(queue: Q) -> WorkerBuilder<Q> {
        WorkerBuilder(WorkerConfig {
            queue: Arc::new(queue),
            clock: Arc::new(SystemClock),
            lease: Duration::from_secs(60),
            handler_timeout: Duration::from_secs(300),
            attempts: 12,
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(900),
            concurrency: 8,
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(30),
        })
    }
}

impl<Q: EventQueue + 'static> WorkerBuilder<Q> {
    /// Sets how many events are handled at the same time, 8 by default.
    pub fn concurrency(mut self, events: usize) -> Self {
        self.0.concurrency = events.max(1);
        self
    }

    /// Sets for how long an event is taken, one minute by default. The lease of a handler that takes longer is renewed.
    /// If a worker is killed, others take over its events after this time.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.0.lease = lease;
        self
    }

    /// Sets how long a handler may take, five minutes by default.
    pub fn handler_timeout(mut self, limit: Duration) -> Self {
        self.0.handler_timeout = limit;
        self
    }

    /// Sets how often an event is attempted before it is dead, 12 times by default. With the default pauses, that takes
    /// about an hour.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts.max(1);
        self
    }

    /// Sets the pause after the first failed attempt and the longest pause, by default 5 seconds and 15 minutes. Each pause
    /// is twice as long as the one before, and up to a third of it is left out at random.
    pub fn backoff(mut self, initial: Duration, max: Duration) -> Self {
        (self.0.first_pause, self.0.longest_pause) = (initial, max);
        self
    }

    /// Sets how often the worker polls the queue when it is not notified of events, once a second by default.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.0.poll = interval;
        self
    }

    /// Sets how long a worker that is to end waits for its handlers, 30 seconds by default. Handlers that still run are
    /// then cancelled, and their events are due again at once, as if nobody had attempted them; or when their leases
    /// lapse, if the queue does not record that within 10 seconds.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.0.grace = grace;
        self
    }

    /// Sets the clock. By default, the system's clock. The queue's own time decides when events are due.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.0.clock = Arc::new(clock);
        self
    }

    /// Builds the worker. The text of an error is stored with the event, in clear, so it should not contain personal data.
    pub fn build<H, F, E>(self, handler: H) -> Worker<Q, H>
    where
        H: Fn(ReceivedEvent) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display + Send + 'static,
    {
        Worker { config: self.0, handler }
    }
}

impl<Q, H, F, E> Worker<Q, H>
where
    Q: EventQueue + 'static,
    H: Fn(ReceivedEvent) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    /// Handles events until this future ends. Then it takes no more events, and waits for those that are being handled.
    /// It does not wait for a queue that does not respond: an event that it was just taking can be taken again when the
    /// lease has lapsed.
    ///
    /// If this is dropped instead, handlers that are running are cancelled, and others take their events when the leases
    /// lapse.
    pub async fn run_until(&self, ended: impl Future<Output = ()> + Send) {
        let WorkerConfig { queue, clock, concurrency, poll, .. } = &self.config;
        let mut running = Running::default();
        let working = async {
            let mut look_after = clock.sleep(Duration::ZERO);
            let mut dead = 0;
            loop {
                // before looking, so that nothing arrives unnoticed
                let arrival = queue.arrival();
                if let Err(error) = self.take(&mut running).await {
                    tracing::warn!(error = format!("{error:#}"), "no events can be taken");
                }
                let is_full = running.tasks.len() >= *concurrency;
                tokio::select! {
                    biased;
                    Some(_) = running.tasks.join_next() => {}
                    () = &mut look_after => {
                        self.look_after(&mut dead).await;
                        look_after = clock.sleep(LOOK_AFTER);
                    }
                    () = arrival, if !is_full => {}
                    () = clock.sleep(*poll), if !is_full => {}
                }
            }
        };
        tokio::select! {
            biased;
            () = ended => {}
            () = working => {}
        }
        self.finish(running).await;
    }

    /// Handles the events that are due until none is left, or until this future ends. Then it waits for those that are
    /// being handled, as [`run_until`](Self::run_until) does. For programs that are started from time to time.
    ///
    /// An event that fails is due again after its pause, so it is mostly left for the next time.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the queue cannot be asked what is due.
    pub async fn run_until_idle(&self, ended: impl Future<Output = ()> + Send) -> Result<(), StateError> {
        let mut running = Running::default();
        let working = async {
            self.look_after(&mut 0).await;
            loop {
                self.take(&mut running).await?;
                if running.tasks.join_next().await.is_none() {
                    return Ok(());
                }
            }
        };
        let outcome = tokio::select! {
            biased;
            () = ended => Ok(()),
            outcome = working => outcome,
        };
        self.finish(running).await;
        outcome
    }

    /// Takes as many events as there is room for.
    async fn take(&self, running: &mut Running) -> Result<(), StateError> {
        while running.tasks.try_join_next().is_some() {}
        // a queue of yours may have returned more than it was asked for
        let free = self.config.concurrency.saturating_sub(running.tasks.len());
        if free > 0 {
            for event in self.config.queue.take(free, self.config.lease).await? {
                let gives_up = running.give_up.subscribe();
                running.tasks.spawn(handle(self.config.clone(), event, self.handler.clone(), gives_up));
            }
        }
        Ok(())
    }

    /// Waits for what is being handled, and cancels what takes too long. The leases of what the queue has not recorded by then
    /// lapse.
    async fn finish(&self, mut running: Running) {
        let mut finishing = async || while running.tasks.join_next().await.is_some() {};
        let WorkerConfig { clock, grace, .. } = &self.config;
        if within(&**clock, *grace, finishing()).await.is_none() {
            running.give_up.send_replace(true);
            if within(&**clock, GIVING_BACK, finishing()).await.is_none() {
                tracing::warn!("the queue has not recorded in time how events have ended");
            }
        }
    }

    /// `dead` is how many dead events there were.
    async fn look_after(&self, dead: &mut u64) {
        if let Err(error) = self.config.queue.clean().await {
            tracing::warn!(error = format!("{error:#}"), "old events cannot be removed");
        }
        match self.config.queue.stats().await {
            Ok(stats) => {
                #[cfg(feature = "metrics")]
                measure(stats);
                if stats.dead > *dead {
                    tracing::warn!(dead = stats.dead, "there are events that nobody handles");
                }
                *dead = stats.dead;
            }
            Err(error) => tracing::warn!(error = format!("{error:#}"), "how much there is to do cannot be found out"),
        }
    }
}

/// Records how much there is to do. The names are listed in the documentation of the crate.
#[cfg(feature = "metrics")]
fn measure(stats: super::QueueStats) {
    let of = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    metrics::gauge!("hb_bls_events_open").set(of(stats.open));
    metrics::gauge!("hb_bls_events_dead").set(of(stats.dead));
    metrics::gauge!("hb_bls_events_oldest_open_seconds").set(stats.oldest_open.unwrap_or_default().as_secs_f64());
}

impl<Q: fmt::Debug, H> fmt::Debug for Worker<Q, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("queue", &self.config.queue).finish_non_exhaustive()
    }
}

impl<Q: fmt::Debug> fmt::Debug for WorkerBuilder<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerBuilder").field("queue", &self.0.queue).finish_non_exhaustive()
    }
}
