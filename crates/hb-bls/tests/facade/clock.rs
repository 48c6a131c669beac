//! A clock that stands still until it is told to move, or until everybody waits for it.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use hb_bls::Clock;
use hb_bls_sandbox::Sandbox;
use jiff::Timestamp;
use tokio::sync::Notify;

/// How long an attempt may take in these tests. Nothing else waits exactly so long, so whoever does has a request
/// under way.
pub const ATTEMPT: Duration = Duration::from_millis(29_983);

#[derive(Debug, Clone)]
pub struct TestClock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    next: AtomicU64,
    changed: Notify,
    /// Whether the sandbox may hold answers back.
    latency: AtomicBool,
    /// Whether time stands still while a request is under way, however long its answer is held back.
    patient: AtomicBool,
    /// How many answers that were held back time has passed for.
    delays: AtomicUsize,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    /// How far the clock was set back, which no wait heeds.
    behind: Duration,
    sleepers: BTreeMap<(Timestamp, u64), Sleeper>,
}

#[derive(Debug)]
struct Sleeper {
    waker: Option<Waker>,
    is_attempt: bool,
}

impl TestClock {
    pub fn at(now: Timestamp) -> Self {
        let state = Mutex::new(State { now, behind: Duration::ZERO, sleepers: BTreeMap::new() });
        Self(Arc::new(Shared {
            state,
            next: AtomicU64::new(0),
            changed: Notify::new(),
            latency: AtomicBool::new(false),
            patient: AtomicBool::new(false),
            delays: AtomicUsize::new(0),
        }))
    }

    /// Time passes also while the sandbox holds answers back.
    pub fn with_latency(self) -> Self {
        self.0.latency.store(true, Ordering::Relaxed);
        self
    }

    /// Time does not pass while a request is under way.
    pub fn patient(self) -> Self {
        self.0.patient.store(true, Ordering::Relaxed);
        self
    }

    /// Moves time, and wakes whoever waited for it.
    pub fn advance(&self, by: Duration) {
        let mut state = self.0.state.lock().unwrap();
        state.now = state.now.checked_add(by).unwrap();
        let after = (state.now + Duration::from_nanos(1), 0);
        let later = state.sleepers.split_off(&after);
        let due = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        due.into_values().filter_map(|sleeper| sleeper.waker).for_each(Waker::wake);
    }

    /// Sets the clock back. Whoever waits for a time goes on waiting for as long as before.
    pub fn set_back(&self, by: Duration) {
        let mut state = self.0.state.lock().unwrap();
        state.behind += by;
    }

    /// Runs something to its end. Whenever everybody waits for time to pass, it passes, here and in the sandbox.
    pub async fn drive<T>(&self, sandbox: Option<&Sandbox>, work: impl IntoFuture<Output = T>) -> T {
        let mut work = std::pin::pin!(work.into_future());
        loop {
            tokio::select! {
                biased;
                outcome = &mut work => return outcome,
                () = self.pass(sandbox) => {}
            }
        }
    }

    async fn pass(&self, sandbox: Option<&Sandbox>) {
        // whoever can go on does, and so does whoever is woken by that
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        let changed = self.0.changed.notified();
        let (wait, attempts) = {
            let state = self.0.state.lock().unwrap();
            let first = state.sleepers.first_key_value().map(|((until, _), _)| *until);
            let attempts = state.sleepers.values().filter(|sleeper| sleeper.is_attempt).count();
            (first.map(|until| Duration::try_from(until.duration_since(state.now)).unwrap()), attempts)
        };
        // one request at a time is under way where answers are held back
        let delays = sandbox.map_or(0, Sandbox::delays);
        let held_back =
            attempts > 0 && !self.0.patient.load(Ordering::Relaxed) && self.0.delays.load(Ordering::Relaxed) < delays;
        match wait {
            Some(wait) if attempts == 0 || held_back => {
                self.0.delays.store(delays, Ordering::Relaxed);
                if let Some(sandbox) = sandbox {
                    sandbox.advance(wait).await.unwrap();
                }
                self.advance(wait);
            }
            // an answer comes, or begins to be held back
            _ if self.0.latency.load(Ordering::Relaxed) => {}
            _ => changed.await,
        }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let state = self.0.state.lock().unwrap();
        state.now - state.behind
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut state = self.0.state.lock().unwrap();
        let until = state.now.checked_add(duration).unwrap();
        let key = (until, self.0.next.fetch_add(1, Ordering::Relaxed));
        state.sleepers.insert(key, Sleeper { waker: None, is_attempt: duration == ATTEMPT });
        drop(state);
        self.0.changed.notify_waiters();
        Box::pin(Sleep { clock: self.clone(), key })
    }
}

struct Sleep {
    clock: TestClock,
    key: (Timestamp, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.clock.0.state.lock().unwrap().sleepers.get_mut(&self.key) {
            Some(sleeper) => {
                sleeper.waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.0.state.lock().unwrap().sleepers.remove(&self.key);
        self.clock.0.changed.notify_waiters();
    }
}
