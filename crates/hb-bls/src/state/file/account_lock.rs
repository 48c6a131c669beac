use std::{
    fs::{self, File},
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{FileState, Record, record::open};
use crate::{
    Clock, SystemClock,
    state::{
        AccountKey, AccountLease, AccountLock, LEASE, LeaseKeeper, StateFuture, account_lock::Locks, quota::nanoseconds,
    },
};

/// How soon who waits asks again, and how long one who does not is remembered.
const PAUSE: Duration = Duration::from_millis(50);
const FORGOTTEN: Duration = Duration::from_secs(3);

/// Queues the bookings of each account on one machine. From [`FileState::account_lock`].
///
/// If its owner has ended, the next goes on at once; if it stands still, when the lease has lapsed.
#[derive(Debug, Clone)]
pub struct FileAccountLock(pub(super) Leases);

impl AccountLock for FileAccountLock {
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        self.0.acquire(account)
    }
}

/// Leases of one kind, one for each account.
#[derive(Debug, Clone)]
pub(super) struct Leases {
    state: FileState,
    kind: &'static str,
    /// Who waits in this process, so that one task at a time asks the file.
    here: Locks,
}

/// What is recorded of the leases of an account.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Grants {
    fence: u64,
    /// Until when the owner of the last fence has it, unless it is renewed.
    until: Option<i64>,
    note: Option<String>,
    /// Who waits, in order, and until when each is remembered.
    queue: Vec<(u64, i64)>,
}

impl Leases {
    pub(super) fn new(state: FileState, kind: &'static str) -> Self {
        Self { state, kind, here: Locks::default() }
    }

    pub(super) fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        Box::pin(async move {
            let here = self.here.acquire(account).await?;
            let record = self.state.record(self.kind, account.as_str());
            let me = fastrand::u64(..);
            loop {
                let clock = Arc::clone(&self.state.clock);
                let (asked, of) = (clock.now(), record.clone());
                let ask = move |grants: &mut Grants| grants.ask(me, nanoseconds(clock.now()), &of);
                if let Some((fence, note, alive)) = record.change(ask).await? {
                    // not longer: who stands still in this process keeps none of it waiting, either
                    drop(here);
                    let held = Mutex::new(Some(alive));
                    let keeper = Keeper { record, clock: Arc::clone(&self.state.clock), fence, held };
                    return Ok(AccountLease::renewed(fence, note, keeper, Arc::clone(&self.state.clock), asked));
                }
                SystemClock.sleep(PAUSE).await;
            }
        })
    }
}

type Granted = (u64, Option<String>, File);

impl Grants {
    /// Grants the lease if it is free and nobody waits for longer.
    fn ask(&mut self, me: u64, now: i64, record: &Record) -> io::Result<Option<Granted>> {
        self.queue.retain(|(waiter, until)| *waiter == me || (*until > now && *until <= now + length(FORGOTTEN)));
        match self.queue.iter_mut().find(|(waiter, _)| *waiter == me) {
            Some(waiter) => waiter.1 = now + length(FORGOTTEN),
            None => self.queue.push((me, now + length(FORGOTTEN))),
        }
        let is_first = self.queue.first().is_some_and(|(waiter, _)| *waiter == me);
        if !is_first || (self.lasts(now) && is_alive(&alive(record, self.fence))?) {
            return Ok(None);
        }
        let _ = fs::remove_file(alive(record, self.fence));
        // it grows even if the record was lost
        self.fence = (self.fence + 1).max(u64::try_from(now / 1_000_000).unwrap_or(0));
        let file = open(&alive(record, self.fence))?;
        file.try_lock()?;
        self.until = Some(now + length(LEASE));
        self.queue.remove(0);
        Ok(Some((self.fence, self.note.clone(), file)))
    }

    fn lasts(&self, now: i64) -> bool {
        // a clock that was set back must not make it last longer
        self.until.is_some_and(|until| until > now && until <= now + length(LEASE))
    }
}

/// The file that the owner of this fence has locked as long as its process lives.
fn alive(record: &Record, fence: u64) -> PathBuf {
    record.beside(&format!("{fence}.alive"))
}

fn is_alive(path: &PathBuf) -> io::Result<bool> {
    match File::options().write(true).open(path) {
        Ok(file) => Ok(file.try_lock().is_err()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn length(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX / 4)
}

#[derive(Debug)]
struct Keeper {
    record: Record,
    clock: Arc<dyn Clock>,
    fence: u64,
    held: Mutex<Option<File>>,
}

impl Keeper {
    /// Takes a step, unless the lease is over.
    fn step(&self, step: impl FnOnce(&mut Grants, i64) + Send + 'static) -> StateFuture<'_, bool> {
        let (clock, fence) = (Arc::clone(&self.clock), self.fence);
        Box::pin(self.record.change(move |grants: &mut Grants| {
            let now = nanoseconds(clock.now());
            let goes_on = grants.fence == fence && grants.lasts(now);
            if goes_on {
                step(grants, now);
            }
            Ok(goes_on)
        }))
    }
}

impl LeaseKeeper for Keeper {
    fn renew(&self) -> StateFuture<'_, bool> {
        self.step(|grants, now| grants.until = Some(now + length(LEASE)))
    }

    fn set_note<'a>(&'a self, note: Option<&'a str>) -> StateFuture<'a, bool> {
        let note = note.map(str::to_owned);
        self.step(move |grants, _| grants.note = note)
    }

    fn release(&self) -> StateFuture<'_, ()> {
        Box::pin(async move {
            let ended = self.step(|grants, _| grants.until = None).await;
            drop(self.held.lock().unwrap_or_else(PoisonError::into_inner).take());
            ended.map(drop)
        })
    }
}
