use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

use super::{AccountKey, AccountLease, LeaseKeeper, StateFuture};

/// Locks accounts, since an account can hold only one timeslot at a time.
///
/// [`Client::book`](crate::Client::book) owns it from the hold to the booking, so that concurrent bookings queue instead of
/// failing with conflicts. Replace it to queue with other processes as well. If it fails, so does the booking, with
/// [`ErrorKind::State`](crate::ErrorKind::State). It only orders bookings; double bookings are prevented by the portal,
/// since a hold can be booked only once. The contract, which `hb_bls::state::conformance` checks:
///
/// - An account has one owner at a time. Accounts are independent of each other.
/// - Ownership is a lease: without renewal it expires after [`LEASE`](super::LEASE), so nobody waits longer than that for
///   a process that was killed. The time is the store's own, never that of a caller.
/// - Each lease of an account has a higher fence than all leases before it.
/// - The owner may leave a note. Each later owner receives it, until it is replaced.
/// - The wait for other owners has no limit, so a store that does not respond must become an error: limit each step.
/// - A lease that has ended has no effect any more: it cannot be renewed, leaves no note, and releases nothing.
pub trait AccountLock: fmt::Debug + Send + Sync {
    /// Waits for ownership of the account. Waiters are served roughly in order of arrival.
    ///
    /// Dropping the future leaves the queue. A lease that was granted by then is given back, at the latest when it expires.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails. A lease that it may have granted expires.
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease>;
}

impl<L: AccountLock + ?Sized> AccountLock for Arc<L> {
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        (**self).acquire(account)
    }
}

/// Queues the bookings of each account within a process, in order of arrival. Clones share the queues. A lease does not
/// expire here, since it cannot outlive the process.
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
            Ok(AccountLease::without_expiry(grants.fence, grants.note.clone(), Held(Mutex::new(Some(grants)))))
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
