//! A clock that moves only when a test moves it, or when everybody waits for it.

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

/// The timeout of an attempt in these tests. Nothing else waits for exactly this long, so a wait of this length means
/// that a request is in flight.
pub const ATTEMPT: Duration = Duration::from_millis(29_983);

#[derive(Debug, Clone)]
pub struct TestClock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    next: AtomicU64,
    changed: Notify,
    /// Whether the sandbox may delay responses.
    latency: AtomicBool,
    /// Whether time stands still while a request is in flight, however long its response is delayed.
    patient: AtomicBool,
    /// For how many delayed responses time has passed.
    delays: AtomicUsize,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    /// How far the clock was set back. Waits do not take notice of it.
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

    /// Time also passes while the sandbox delays responses.
    pub fn with_latency(self) -> Self {
        self.0.latency.store(true, Ordering::Relaxed);
        self
    }

    /// Time does not pass while a request is in flight.
    pub fn patient(self) -> Self {
        self.0.patient.store(true, Ordering::Relaxed);
        self
    }

    /// Moves the time, and wakes those who waited for it.
    pub fn advance(&self, by: Duration) {
        let mut state = self.0.state.lock().unwrap();
        state.now = state.now.checked_add(by).unwrap();
        let after = (state.now + Duration::from_nanos(1), 0);
        let later = state.sleepers.split_off(&after);
        let due = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        due.into_values().filter_map(|sleeper| sleeper.waker).for_each(Waker::wake);
    }

    /// Sets the clock back. Those who wait still wait for as long as before.
    pub fn set_back(&self, by: Duration) {
        let mut state = self.0.state.lock().unwrap();
        state.behind += by;
    }

    /// Runs work to its end. Whenever everybody waits for time to pass, it passes, here and in the sandbox.
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
        // everybody who can proceed does so, and so does everybody who is woken by that
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
        // where responses are delayed, one request at a time is in flight
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
            // a response arrives, or begins to be delayed
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
