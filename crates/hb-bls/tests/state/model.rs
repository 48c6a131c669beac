//! A store that keeps to the rules, in the simplest way, or breaks one of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use hb_bls::{
    Clock, SystemClock,
    state::{
        AccountKey, AccountLease, AccountLock, AcquireOutcome, LEASE, LeaseKeeper, PERMIT_LIFETIME, Permit,
        RateLimitHeaders, RateLimiter, StateFuture, TokenSet, TokenStore,
    },
};
use jiff::Timestamp;

use crate::clock::ShiftedClock;

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    None,
    GrantsAll,
    FenceStays,
    OneAccount,
    KeepsReleased,
    QueuesTheGone,
    GrantsToNobody,
    NeverLapses,
    LapsesEarly,
    RenewsNothing,
    RenewsLate,
    NotesLate,
    ReleasesLate,
    LosesNotes,
    SavesNothing,
    IgnoresFences,
    ForgetsFences,
    Tears,
    GrantsFewer,
    GrantsMore,
    WaitsForNothing,
    FreesAtOnce,
    GivesUpEarly,
    NeverGivesUp,
    FreesOthers,
    PausesOne,
    IgnoresTheLimit,
    WaitsForTheGone,
}

#[derive(Debug, Clone)]
pub struct Model {
    fault: Fault,
    handle: usize,
    pub clock: ShiftedClock,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    locks: HashMap<String, Lock>,
    tokens: HashMap<String, (u64, Option<TokenSet>)>,
    quota: Quota,
}

#[derive(Debug, Default)]
struct Lock {
    fence: u64,
    until: Option<Timestamp>,
    note: Option<String>,
    queue: Vec<u64>,
    tickets: u64,
}

#[derive(Debug, Default)]
struct Quota {
    limit: usize,
    permits: u128,
    places: Vec<(u128, Timestamp)>,
    paused: Option<(usize, Timestamp)>,
    head: Option<usize>,
}

impl Model {
    pub fn new(fault: Fault) -> Self {
        Self { fault, handle: 0, clock: ShiftedClock::default(), shared: Arc::default() }
    }

    pub fn with_limit(self, limit: u32) -> Self {
        let wrong = match self.fault {
            Fault::GrantsFewer => limit - 1,
            Fault::GrantsMore => limit + 1,
            _ => limit,
        };
        self.shared().quota.limit = usize::try_from(wrong).unwrap();
        self
    }

    pub fn another(&self) -> Self {
        Self { handle: 1, ..self.clone() }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn key(&self, account: &AccountKey) -> String {
        if self.is(Fault::OneAccount) { String::new() } else { account.to_string() }
    }

    fn lease(&self) -> Duration {
        match self.fault {
            Fault::NeverLapses | Fault::GrantsToNobody => LEASE * 1000,
            Fault::LapsesEarly => LEASE / 2,
            _ => LEASE,
        }
    }

    async fn lock_key(self, key: String) -> AccountLease {
        let ticket = {
            let mut shared = self.shared();
            let lock = shared.locks.entry(key.clone()).or_default();
            lock.tickets += 1;
            lock.queue.push(lock.tickets);
            lock.tickets
        };
        let mut queued = Queued { model: self.clone(), key: key.clone(), ticket, granted: false };
        loop {
            let asked = self.clock.now();
            let granted = {
                let mut shared = self.shared();
                let lock = shared.locks.get_mut(&key).unwrap();
                let free = lock.until.is_none_or(|until| until <= asked) && lock.queue[0] == ticket;
                (free || self.is(Fault::GrantsAll)).then(|| {
                    lock.fence += u64::from(!self.is(Fault::FenceStays));
                    lock.until = Some(asked + self.lease());
                    (lock.fence, lock.note.clone())
                })
            };
            if let Some((fence, note)) = granted {
                queued.granted = true;
                if self.is(Fault::GrantsToNobody) {
                    tokio::task::yield_now().await;
                }
                let keeper = Keeper { model: self.clone(), key, fence };
                return AccountLease::auto_renewing(fence, note, keeper, Arc::new(self.clock.clone()), asked);
            }
            SystemClock.sleep(Duration::from_millis(1)).await;
        }
    }
}

struct Queued {
    model: Model,
    key: String,
    ticket: u64,
    granted: bool,
}

impl Drop for Queued {
    fn drop(&mut self) {
        let mut shared = self.model.shared();
        let lock = shared.locks.get_mut(&self.key).unwrap();
        if self.granted || !self.model.is(Fault::QueuesTheGone) {
            lock.queue.retain(|ticket| *ticket != self.ticket);
        }
    }
}

#[derive(Debug)]
struct Keeper {
    model: Model,
    key: String,
    fence: u64,
}

impl Keeper {
    /// Takes a step, if the lease is not over.
    fn step(&self, late: Fault, step: impl FnOnce(&mut Lock)) -> StateFuture<'static, bool> {
        let mut shared = self.model.shared();
        let lock = shared.locks.get_mut(&self.key).unwrap();
        let lasts = lock.fence == self.fence && lock.until.is_some_and(|until| until > self.model.clock.now());
        if lasts || self.model.is(late) {
            step(lock);
        }
        let told = lasts || self.model.is(late);
        Box::pin(async move { Ok(told) })
    }
}

impl LeaseKeeper for Keeper {
    fn renew(&self) -> StateFuture<'_, bool> {
        let until = self.model.clock.now() + self.model.lease();
        let nothing = self.model.is(Fault::RenewsNothing);
        self.step(Fault::RenewsLate, |lock| lock.until = if nothing { lock.until } else { Some(until) })
    }

    fn set_note<'a>(&'a self, note: Option<&'a str>) -> StateFuture<'a, bool> {
        let note = note.filter(|_| !self.model.is(Fault::LosesNotes)).map(str::to_owned);
        self.step(Fault::NotesLate, |lock| lock.note = note)
    }

    fn release(&self) -> StateFuture<'_, ()> {
        let keeps = self.model.is(Fault::KeepsReleased);
        let done = self.step(Fault::ReleasesLate, |lock| lock.until = lock.until.filter(|_| keeps));
        Box::pin(async move { done.await.map(drop) })
    }
}

impl AccountLock for Model {
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        let (model, key) = (self.clone(), self.key(account));
        Box::pin(async move { Ok(model.lock_key(key).await) })
    }
}

impl TokenStore for Model {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        let tokens = self.shared().tokens.get(&self.key(account)).and_then(|(_, tokens)| tokens.clone());
        Box::pin(async { Ok(tokens) })
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        Box::pin(async move {
            if self.is(Fault::SavesNothing) {
                return Ok(true);
            }
            let key = self.key(account);
            if self.is(Fault::Tears) {
                let half = tokens.map(|tokens| TokenSet::new(tokens.access_token.clone(), tokens.access_expires_at));
                self.shared().tokens.insert(key.clone(), (fence, half));
                tokio::task::yield_now().await;
            }
            let mut shared = self.shared();
            let saved = shared.tokens.entry(key).or_default();
            if fence < saved.0 && !self.is(Fault::IgnoresFences) {
                return Ok(false);
            }
            let forgets = tokens.is_none() && self.is(Fault::ForgetsFences);
            *saved = (if forgets { 0 } else { fence }, tokens.cloned());
            Ok(true)
        })
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        let (model, key) = (self.clone(), format!("tokens {}", self.key(account)));
        Box::pin(async move { Ok(model.lock_key(key).await) })
    }
}

const MINUTE: Duration = Duration::from_secs(60);

impl RateLimiter for Model {
    fn acquire(&self) -> StateFuture<'_, AcquireOutcome> {
        let now = self.clock.now();
        let mut shared = self.shared();
        let quota = &mut shared.quota;
        let paused = quota
            .paused
            .filter(|(handle, until)| *until > now && (!self.is(Fault::PausesOne) || *handle == self.handle));
        quota.places.retain(|(_, until)| *until > now);
        let others = self.is(Fault::WaitsForTheGone) && quota.head.is_some_and(|head| head != self.handle);
        let answer = if let Some((_, until)) = paused {
            AcquireOutcome::Pause(Duration::try_from(until.duration_since(now)).unwrap())
        } else if quota.places.len() >= quota.limit || others {
            quota.head.get_or_insert(self.handle);
            AcquireOutcome::Wait(if self.is(Fault::WaitsForNothing) { Duration::ZERO } else { Duration::from_secs(1) })
        } else {
            quota.head = None;
            quota.permits += 2;
            let lasts = match self.fault {
                Fault::GivesUpEarly => MINUTE,
                Fault::NeverGivesUp => PERMIT_LIFETIME * 1000,
                _ => PERMIT_LIFETIME + MINUTE,
            };
            quota.places.push((quota.permits, now + lasts));
            AcquireOutcome::Granted(Permit::new(quota.permits))
        };
        Box::pin(async move {
            if self.is(Fault::NeverGivesUp) {
                tokio::task::yield_now().await;
            }
            Ok(answer)
        })
    }

    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        let now = self.clock.now();
        let mut shared = self.shared();
        let quota = &mut shared.quota;
        let lasts = if self.is(Fault::FreesAtOnce) { Duration::ZERO } else { MINUTE };
        let under_way = |until: &Timestamp| *until > now + MINUTE;
        let place = quota.places.iter_mut().find(|(number, until)| *number == permit.number() && under_way(until));
        if let Some(place) = place {
            place.1 = now + lasts;
        } else if self.is(Fault::FreesOthers)
            && let Some(place) = quota.places.iter_mut().find(|(_, until)| under_way(until))
        {
            place.1 = now + lasts;
        }
        if let Some(limit) = headers.limit.filter(|_| !self.is(Fault::IgnoresTheLimit)) {
            quota.limit = usize::try_from(limit).unwrap();
        }
        if let Some(wait) = headers.retry_after {
            quota.paused = Some((self.handle, now + wait));
        }
        Box::pin(async { Ok(()) })
    }
}
