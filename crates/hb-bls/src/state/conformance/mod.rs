//! Conformance tests: check that a store of shared state keeps its contract, in the store's own tests. Need the feature
//! `conformance`.
//!
//! Each function makes a new store for every rule, checks all rules, and panics with the names of those that are
//! broken. Rules about time advance it as [`Subject::passing`] says. By default they wait in real time, which takes
//! minutes.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use hb_bls::state::{MemoryAccountLock, conformance::{self, Subject}};
//!
//! conformance::account_lock(async || {
//!     let lock = MemoryAccountLock::default();
//!     // two handles as two processes have them; those of this store never lapse
//!     Subject::new(lock.clone(), lock).without_expiry()
//! })
//! .await;
//! # }
//! ```

mod booking_log;
#[cfg(feature = "event-queue")]
mod event_queue;
#[cfg(feature = "webhook")]
mod inbox;
#[cfg(feature = "shared-state")]
mod key_value;
mod locks;
mod rate_limiter;
mod token_store;

use std::{
    fmt,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use super::{AccountKey, StateError};
use crate::{Clock as _, Credentials, SystemClock, clock::within};

pub use booking_log::booking_log;
#[cfg(feature = "event-queue")]
pub use event_queue::event_queue;
#[cfg(feature = "webhook")]
pub use inbox::inbox;
#[cfg(feature = "shared-state")]
pub use key_value::key_value_store;
pub use locks::account_lock;
pub use rate_limiter::rate_limiter;
pub use token_store::token_store;

/// How long something that has to happen without time passing for the store may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How long to look whether something happens that must not.
const LOOK: Duration = Duration::from_millis(30);

type Passing = Pin<Box<dyn Future<Output = ()>>>;

/// A fresh store, and how to let time pass for it.
pub struct Subject<S> {
    one: Arc<S>,
    other: Arc<S>,
    pass: Box<dyn Fn(Duration) -> Passing>,
    lapses: bool,
    timeout: Duration,
}

impl<S> Subject<S> {
    /// Takes two handles of one store, as two processes would have them. By default time passes in real time.
    pub fn new(one: S, other: S) -> Self {
        let pass = Box::new(|by| SystemClock.sleep(by) as Passing);
        Self { one: Arc::new(one), other: Arc::new(other), pass, lapses: true, timeout: TIME_LIMIT }
    }

    /// Sets how the tests advance the store's time.
    #[must_use]
    pub fn passing<F: Future<Output = ()> + 'static>(mut self, pass: impl Fn(Duration) -> F + 'static) -> Self {
        self.pass = Box::new(move |by| Box::pin(pass(by)));
        self
    }

    /// Skips the rules about expiry, for stores whose leases end with their owner.
    #[must_use]
    pub fn without_expiry(mut self) -> Self {
        self.lapses = false;
        self
    }

    /// Sets how long one operation may take. 10 seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn pass(&self, by: Duration) {
        (self.pass)(by).await;
        // whoever was woken by it goes on
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    /// The outcome, which must not take long.
    async fn soon<T>(&self, what: &str, work: impl Future<Output = Result<T, StateError>>) -> Outcome<T> {
        match within(&SystemClock, self.timeout, work).await {
            Some(outcome) => Ok(outcome?),
            None => broken(format!("{what} does not come")),
        }
    }
}

impl<S> fmt::Debug for Subject<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("lapses", &self.lapses).finish_non_exhaustive()
    }
}

/// Why a rule does not hold.
struct Broken(String);

type Outcome<T = ()> = Result<T, Broken>;

impl From<StateError> for Broken {
    fn from(error: StateError) -> Self {
        Self(format!("{error:#}"))
    }
}

fn broken<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Broken(why.into()))
}

fn check(holds: bool, otherwise: &str) -> Outcome {
    if holds { Ok(()) } else { broken(otherwise) }
}

/// The rules that do not hold.
#[derive(Default)]
struct Report(Vec<String>);

impl Report {
    /// Records whether a rule holds; a rule that takes forever does not.
    async fn rule(&mut self, name: &str, rule: impl Future<Output = Outcome>) {
        if let Err(Broken(why)) = rule.await {
            self.0.push(format!("{name}: {why}"));
        }
    }

    #[expect(clippy::panic, reason = "a test is to fail")]
    fn end(self) {
        if !self.0.is_empty() {
            panic!("the store does not keep to:\n- {}", self.0.join("\n- "));
        }
    }
}

/// An account for tests.
fn account(name: &str) -> AccountKey {
    AccountKey::new("https://example.com/api/v1", &Credentials::new(name, "an API key"))
}

/// What comes of the work if it is dropped when it is still pending after this many polls, or after this time.
async fn dropped_after<T>(polls: usize, time: Duration, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut polled) = (Box::pin(work), 0);
    let polling = std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => {
            polled += 1;
            if polled >= polls { Poll::Ready(None) } else { Poll::Pending }
        }
    });
    within(&SystemClock, time, polling).await.flatten()
}

/// Fails if the work finishes.
async fn pending<T>(what: &str, work: impl Future<Output = Result<T, StateError>>) -> Outcome {
    match within(&SystemClock, LOOK, pin!(work)).await {
        None => Ok(()),
        Some(Ok(_)) => broken(what),
        Some(Err(error)) => Err(error.into()),
    }
}
