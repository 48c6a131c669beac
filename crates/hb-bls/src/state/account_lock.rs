use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

use super::{AccountKey, AccountLease, LeaseKeeper, StateFuture};

/// The right to hold a timeslot of an account, which can hold one at a time.
///
/// Acquired by [`Client::book`](crate::Client::book) from the hold to the booking, so that concurrent bookings
/// queue instead of meeting conflicts. Replace it to queue with other processes, too; what cannot be locked is
/// [`ErrorKind::State`](crate::ErrorKind::State). It is for order, not for safety: a hold can be booked once, so two
/// owners would not book twice. The contract, which `hb_bls::state::conformance` checks:
///
/// - One owner at a time has the right to an account. Accounts are independent of each other.
/// - It is a lease: without renewal it lapses after [`LEASE`](super::LEASE), so nobody waits longer than that for a
///   process that was killed. The store's own time decides; no caller's clock does.
/// - Each grant has a greater fence than all before it for the account.
/// - The owner may leave a note, which each later owner is handed until it is replaced.
/// - A step of a lease that is over has no effect: it is not renewed, leaves no note, and releases nothing.
pub trait AccountLock: fmt::Debug + Send + Sync {
    /// Waits for the right. Waiters are served roughly in the order in which they came.
    ///
    /// Dropping the future leaves the queue. What was granted by then is given back, at the latest by lapsing.
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease>;
}

impl<L: AccountLock + ?Sized> AccountLock for Arc<L> {
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        (**self).acquire(account)
    }
}

/// Queues the bookings of each account within a process, in the order in which they came. Clones share the queues. A
/// lease does not lapse here, since none outlives the process.
#[derive(Debug, Clone, Default)]
pub struct MemoryAccountLock(Locks);

impl AccountLock for MemoryAccountLock {
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        self.0.acquire(account)
    }
}

/// A mutex for each account.
#[derive(Debug, Clone, Default)]
pub(super) struct Locks(Arc<Mutex<HashMap<AccountKey, Arc<tokio::sync::Mutex<Grants>>>>>);

/// What is known of the leases of an account so far.
#[derive(Debug, Default)]
struct Grants {
    fence: u64,
    note: Option<String>,
}

impl Locks {
    pub(super) fn acquire(&self, account: &AccountKey) -> StateFuture<'static, AccountLease> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mutex = Arc::clone(locks.entry(account.clone()).or_default());
        Box::pin(async move {
            let mut grants = mutex.lock_owned().await;
            grants.fence += 1;
            Ok(AccountLease::lasting(grants.fence, grants.note.clone(), Held(Mutex::new(Some(grants)))))
        })
    }
}

/// A mutex that is locked until the lease is released.
#[derive(Debug)]
struct Held(Mutex<Option<OwnedMutexGuard<Grants>>>);

impl Held {
    fn grants(&self) -> MutexGuard<'_, Option<OwnedMutexGuard<Grants>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LeaseKeeper for Held {
    fn renew(&self) -> StateFuture<'_, bool> {
        let held = self.grants().is_some();
        Box::pin(async move { Ok(held) })
    }

    fn set_note<'a>(&'a self, note: Option<&'a str>) -> StateFuture<'a, bool> {
        let noted = self.grants().as_mut().map(|grants| grants.note = note.map(str::to_owned)).is_some();
        Box::pin(async move { Ok(noted) })
    }

    fn release(&self) -> StateFuture<'_, ()> {
        drop(self.grants().take());
        Box::pin(async { Ok(()) })
    }
}
