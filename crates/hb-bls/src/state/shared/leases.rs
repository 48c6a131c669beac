//! Leases in a key-value store.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SharedState, record};
use crate::{
    Clock as _, SystemClock,
    clock::within,
    state::{
        AccountKey, AccountLease, KeyValueStore, LEASE, LeaseKeeper, StateError, StateFuture,
        account_lock::Locks,
        quota::{length, nanoseconds},
    },
};

/// How soon who waits asks again, and for how long those who no longer ask are remembered.
const PAUSE: Duration = Duration::from_millis(50);
const WAITER_LIFETIME: Duration = Duration::from_secs(3);

/// How long the store may take for a step: the wait for other owners has no limit.
const TIME_LIMIT: Duration = Duration::from_secs(10);

async fn in_time<T>(step: impl Future<Output = Result<T, StateError>>) -> Result<T, StateError> {
    within(&SystemClock, TIME_LIMIT, step).await.unwrap_or_else(|| Err(StateError::of("no response within 10 s")))
}

/// Leases of one kind, one for each account.
#[derive(Debug, Clone)]
pub(super) struct Leases {
    state: SharedState,
    kind: &'static str,
    /// Who waits in this process, so that one task at a time asks the store.
    here: Locks,
}

/// What is recorded of the leases of an account.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Grants {
    fence: u64,
    owner: Option<Owner>,
    note: Option<String>,
    /// Who waits, in order, and until when each is remembered.
    queue: Vec<(u64, i64)>,
}

/// The owner of the last fence.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Owner {
    /// Until when it has the lease unless it is renewed.
    until: i64,
    handle: Option<u64>,
}

enum AcquireOutcome {
    Granted(u64, Option<String>),
    Waiting(Option<Owner>),
}

impl Leases {
    pub(super) fn new(state: SharedState, kind: &'static str) -> Self {
        Self { state, kind, here: Locks::default() }
    }

    pub(super) fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        Box::pin(async move {
            let here = self.here.acquire(account).await?;
            let (store, clock) = (&self.state.store, &self.state.clock);
            let (key, me, handle) =
                (format!("{}/{account}", self.kind), fastrand::u64(..), in_time(store.session_id()).await?);
            // the session of an owner that has ended, as the store has found
            let mut ended = None;
            loop {
                let asked_at = clock.now();
                let ask = |grants: &mut Grants, now| Ok(grants.ask((me, handle), ended, nanoseconds(now)));
                match in_time(record::change(&**store, &key, ask)).await? {
                    AcquireOutcome::Granted(fence, note) => {
                        // not longer: an owner that is suspended must not keep the others of this process waiting
                        drop(here);
                        let keeper = Keeper { store: Arc::clone(store), key, fence };
                        return Ok(AccountLease::auto_renewing(fence, note, keeper, Arc::clone(clock), asked_at));
                    }
                    AcquireOutcome::Waiting(owner) => {
                        ended = None;
                        if let Some(handle) = owner.and_then(|owner| owner.handle)
                            && in_time(store.session_has_ended(handle)).await?
                        {
                            ended = Some(handle);
                            continue;
                        }
                    }
                }
                SystemClock.sleep(PAUSE).await;
            }
        })
    }
}

impl Grants {
    /// Grants the lease if it is free and nobody has waited for longer.
    fn ask(&mut self, (me, handle): (u64, Option<u64>), ended: Option<u64>, now: i64) -> AcquireOutcome {
        let until = now + length(WAITER_LIFETIME);
        self.queue.retain(|(waiter, until)| *waiter == me || (*until > now && *until <= now + length(WAITER_LIFETIME)));
        match self.queue.iter_mut().find(|(waiter, _)| *waiter == me) {
            // not at each look, since that would be a write
            Some(waiter) if waiter.1 < now + length(WAITER_LIFETIME / 2) => waiter.1 = until,
            Some(_) => {}
            None => self.queue.push((me, until)),
        }
        let is_first = self.queue.first().is_some_and(|(waiter, _)| *waiter == me);
        let owner = self.owner.filter(|owner| lasts(*owner, now));
        let has_ended = ended.is_some() && owner.is_some_and(|owner| owner.handle == ended);
        if !is_first || (owner.is_some() && !has_ended) {
            return AcquireOutcome::Waiting(owner.filter(|_| is_first));
        }
        // it grows even if the record was lost
        self.fence = (self.fence + 1).max(u64::try_from(now / 1_000_000).unwrap_or(0));
        self.owner = Some(Owner { until: now + length(LEASE), handle });
        self.queue.remove(0);
        AcquireOutcome::Granted(self.fence, self.note.clone())
    }
}

/// A clock that was set back must not make a lease last longer.
fn lasts(owner: Owner, now: i64) -> bool {
    owner.until > now && owner.until <= now + length(LEASE)
}

#[derive(Debug)]
struct Keeper {
    store: Arc<dyn KeyValueStore>,
    key: String,
    fence: u64,
}

impl Keeper {
    /// Takes a step, unless the lease has ended.
    async fn step(&self, step: impl Fn(&mut Grants, i64) + Send) -> Result<bool, StateError> {
        let step = |grants: &mut Grants, now: Timestamp| {
            let now = nanoseconds(now);
            let goes_on = grants.fence == self.fence && grants.owner.is_some_and(|owner| lasts(owner, now));
            if goes_on {
                step(grants, now);
            }
            Ok(goes_on)
        };
        in_time(record::change(&*self.store, &self.key, step)).await
    }
}

impl LeaseKeeper for Keeper {
    fn renew(&self) -> StateFuture<'_, bool> {
        Box::pin(self.step(|grants, now| {
            if let Some(owner) = &mut grants.owner {
                owner.until = now + length(LEASE);
            }
        }))
    }

    fn set_note<'a>(&'a self, note: Option<&'a str>) -> StateFuture<'a, bool> {
        Box::pin(self.step(move |grants, _| grants.note = note.map(str::to_owned)))
    }

    fn release(&self) -> StateFuture<'_, ()> {
        Box::pin(async move { self.step(|grants, _| grants.owner = None).await.map(drop) })
    }
}
