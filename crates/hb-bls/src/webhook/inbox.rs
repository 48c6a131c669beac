//! Which events were handled.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Clock, SystemClock,
    state::{StateError, StateFuture},
};

/// How long an [`Inbox`] remembers an event that is done: 80 minutes. The last retry comes 75 minutes after the first
/// attempt.
pub const RETENTION: Duration = Duration::from_secs(80 * 60);

/// Remembers events, so that each is handled once: the portal delivers an event up to six times.
///
/// An event is claimed before it is handled, and then either done or failed. Implement it on a store that several
/// processes share by making each method one atomic step there. The rules:
///
/// - of several claims of one event, one is [`New`](Claim::New);
/// - after [`failed`](Self::failed) the next claim is new;
/// - a claim that is neither done nor failed lapses after a lease, and the next one is new;
/// - an event that is done stays so for at least [`RETENTION`].
pub trait Inbox: fmt::Debug + Send + Sync {
    /// Claims an event.
    ///
    /// # Errors
    ///
    /// If the store cannot tell. The event is not handled then, and the portal tries again.
    fn claim(&self, event_id: Uuid) -> StateFuture<'_, Claim>;

    /// The event was handled. Holds even if the claim has lapsed meanwhile: handled is handled.
    ///
    /// # Errors
    ///
    /// If the store cannot note it. The event may be handled again.
    fn done(&self, lease: Lease) -> StateFuture<'_, ()>;

    /// The event was not handled, and may be claimed again. Without effect if the claim has lapsed: somebody else may
    /// have the event by now.
    ///
    /// # Errors
    ///
    /// If the store cannot note it. The event can be claimed again after the lease.
    fn failed(&self, lease: Lease) -> StateFuture<'_, ()>;
}

impl<I: Inbox + ?Sized> Inbox for Arc<I> {
    fn claim(&self, event_id: Uuid) -> StateFuture<'_, Claim> {
        (**self).claim(event_id)
    }

    fn done(&self, lease: Lease) -> StateFuture<'_, ()> {
        (**self).done(lease)
    }

    fn failed(&self, lease: Lease) -> StateFuture<'_, ()> {
        (**self).failed(lease)
    }
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The event is yours to handle.
    New(Lease),
    /// Somebody is handling it.
    Taken,
    /// It was handled.
    Done,
}

/// Which claim of an event it is, until it is done, failed or has lapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Lease {
    /// The event.
    pub event_id: Uuid,
    /// Tells this claim of the event from those before and after it.
    pub claim: u64,
}

impl Lease {
    /// A claim that an inbox grants.
    #[must_use]
    pub const fn new(event_id: Uuid, claim: u64) -> Self {
        Self { event_id, claim }
    }
}

/// An [`Inbox`] for one process, which forgets when the process ends. Clones share what they remember.
#[derive(Clone)]
pub struct MemoryInbox {
    events: Arc<Mutex<Events>>,
    capacity: usize,
    lease: Duration,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Events {
    claims: u64,
    states: HashMap<Uuid, State>,
}

#[derive(Clone, Copy)]
enum State {
    Claimed { claim: u64, until: Timestamp },
    Done { until: Timestamp },
}

impl State {
    const fn until(self) -> Timestamp {
        match self {
            Self::Claimed { until, .. } | Self::Done { until } => until,
        }
    }
}

impl MemoryInbox {
    /// The most events remembered by default; a few MiB.
    pub const CAPACITY: usize = 10_000;
    /// How long a claim holds by default: 10 minutes, so that it has lapsed by the portal's next attempt
    /// after 15.
    pub const LEASE: Duration = Duration::from_secs(10 * 60);

    /// Remembers [`CAPACITY`](Self::CAPACITY) events, on the system's time.
    #[must_use]
    pub fn new() -> Self {
        Self { events: Arc::default(), capacity: Self::CAPACITY, lease: Self::LEASE, clock: Arc::new(SystemClock) }
    }

    /// The most events to remember. Beyond it claims fail rather than forget what may come again.
    #[must_use]
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events;
        self
    }

    /// How long a claim holds. Longer than any handler takes.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Where to ask for the time, if not the system.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Events, Timestamp) -> T) -> T {
        // each change is one insertion or removal, so a panic elsewhere leaves nothing half done
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut events, self.clock.now())
    }
}

impl Default for MemoryInbox {
    fn default() -> Self {
        Self::new()
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

impl MemoryInbox {
    fn try_claim(&self, event_id: Uuid) -> Result<Claim, StateError> {
        self.locked(|events, now| {
            match events.states.get(&event_id) {
                Some(State::Done { until }) if *until > now => return Ok(Claim::Done),
                Some(State::Claimed { until, .. }) if *until > now => return Ok(Claim::Taken),
                Some(_) => {}
                None if events.states.len() < self.capacity => {}
                None => {
                    events.states.retain(|_, state| state.until() > now);
                    if events.states.len() >= self.capacity {
                        return Err(StateError::of("the inbox is full; give it a larger capacity"));
                    }
                }
            }
            events.claims += 1;
            let claim = events.claims;
            events.states.insert(event_id, State::Claimed { claim, until: later(now, self.lease) });
            Ok(Claim::New(Lease::new(event_id, claim)))
        })
    }
}

impl Inbox for MemoryInbox {
    fn claim(&self, event_id: Uuid) -> StateFuture<'_, Claim> {
        Box::pin(async move { self.try_claim(event_id) })
    }

    fn done(&self, lease: Lease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            self.locked(|events, now| {
                events.states.insert(lease.event_id, State::Done { until: later(now, RETENTION) });
            });
            Ok(())
        })
    }

    fn failed(&self, lease: Lease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            self.locked(|events, _| {
                let state = events.states.get(&lease.event_id);
                if matches!(state, Some(State::Claimed { claim, .. }) if *claim == lease.claim) {
                    events.states.remove(&lease.event_id);
                }
            });
            Ok(())
        })
    }
}

impl fmt::Debug for MemoryInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryInbox")
            .field("capacity", &self.capacity)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
