//! Records which events were handled.

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

/// How long an [`Inbox`] remembers a handled event: 80 minutes. The portal's last retry comes 75 minutes after the
/// first attempt.
pub const RETENTION: Duration = Duration::from_secs(80 * 60);

/// Records events, so that each is handled once although the portal may deliver it up to six times.
///
/// An event is claimed before it is handled, and then reported as done or failed. To use a store that several processes
/// share, implement each method as one atomic operation of that store. The crates `hb-bls-postgres` and `hb-bls-redis` have
/// such inboxes. `hb_bls::state::conformance` checks these rules, among others:
///
/// - If several callers claim one event, exactly one claim is [`New`](ClaimOutcome::New).
/// - After [`failed`](Self::failed), the next claim is new.
/// - A claim that is neither done nor failed lapses when its lease ends, and the next claim is new.
/// - An event that is done stays done for at least [`RETENTION`].
pub trait Inbox: fmt::Debug + Send + Sync {
    /// Claims an event.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event is then not handled, and the portal tries again.
    fn claim(&self, event_id: Uuid) -> StateFuture<'_, ClaimOutcome>;

    /// Records that the event was handled. This is valid even if the claim has lapsed.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event may then be handled again.
    fn done(&self, lease: EventLease) -> StateFuture<'_, ()>;

    /// Records that the event was not handled, so that it can be claimed again. If the claim has lapsed, this has no
    /// effect, since another caller may have claimed the event.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The event can then be claimed again when the lease ends.
    fn failed(&self, lease: EventLease) -> StateFuture<'_, ()>;
}

impl<I: Inbox + ?Sized> Inbox for Arc<I> {
    fn claim(&self, event_id: Uuid) -> StateFuture<'_, ClaimOutcome> {
        (**self).claim(event_id)
    }

    fn done(&self, lease: EventLease) -> StateFuture<'_, ()> {
        (**self).done(lease)
    }

    fn failed(&self, lease: EventLease) -> StateFuture<'_, ()> {
        (**self).failed(lease)
    }
}

/// The outcome of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimOutcome {
    /// The event is yours to handle.
    New(EventLease),
    /// Another caller is handling the event.
    Taken,
    /// The event was already handled.
    Done,
}

/// A claim of an event, which is valid until it is done or failed, or has lapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct EventLease {
    /// The id of the event.
    pub event_id: Uuid,
    /// Distinguishes this claim from other claims of the same event.
    pub token: u64,
}

impl EventLease {
    /// Makes a lease. Inboxes call this when they grant a claim.
    #[must_use]
    pub const fn new(event_id: Uuid, token: u64) -> Self {
        Self { event_id, token }
    }
}

/// An [`Inbox`] in memory, for one process. Clones share the same events.
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
    /// The number of events that are remembered by default. They take a few MiB.
    pub const CAPACITY: usize = 10_000;
    /// How long a claim lasts by default: 10 minutes, so that it has lapsed before the portal's next attempt after 15
    /// minutes.
    pub const DEFAULT_LEASE: Duration = Duration::from_secs(10 * 60);

    /// Makes an inbox that remembers [`CAPACITY`](Self::CAPACITY) events, by the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self {
            events: Arc::default(),
            capacity: Self::CAPACITY,
            lease: Self::DEFAULT_LEASE,
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets how many events to remember. When the inbox is full, claims fail, since forgetting an event could mean
    /// handling it twice.
    #[must_use]
    pub fn with_capacity(mut self, events: usize) -> Self {
        self.capacity = events;
        self
    }

    /// Sets how long a claim lasts. It must be longer than any handler takes.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Sets the clock. By default, the system's clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Events, Timestamp) -> T) -> T {
        // each change is one insertion or removal, so a panic elsewhere leaves nothing inconsistent
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
    fn try_claim(&self, event_id: Uuid) -> Result<ClaimOutcome, StateError> {
        self.locked(|events, now| {
            match events.states.get(&event_id) {
                Some(State::Done { until }) if *until > now => return Ok(ClaimOutcome::Done),
                Some(State::Claimed { until, .. }) if *until > now => return Ok(ClaimOutcome::Taken),
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
            Ok(ClaimOutcome::New(EventLease::new(event_id, claim)))
        })
    }
}

impl Inbox for MemoryInbox {
    fn claim(&self, event_id: Uuid) -> StateFuture<'_, ClaimOutcome> {
        Box::pin(async move { self.try_claim(event_id) })
    }

    fn done(&self, lease: EventLease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            self.locked(|events, now| {
                events.states.insert(lease.event_id, State::Done { until: later(now, RETENTION) });
            });
            Ok(())
        })
    }

    fn failed(&self, lease: EventLease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            self.locked(|events, _| {
                let state = events.states.get(&lease.event_id);
                if matches!(state, Some(State::Claimed { claim, .. }) if *claim == lease.token) {
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
