use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError},
};

use tokio::sync::Mutex;

use super::{AccountKey, Guard, StateFuture};

/// The right to hold a timeslot of an account, which can hold one at a time.
///
/// Locked by [`Client::book`](crate::Client::book) from the hold to the booking, so that concurrent bookings
/// queue instead of meeting conflicts. Replace it to queue with other processes, too; what cannot be locked is
/// [`ErrorKind::State`](crate::ErrorKind::State).
pub trait AccountLock: fmt::Debug + Send + Sync {
    /// Waits for the right. It ends when the guard is dropped, and has to end when the process does. Locks of
    /// different accounts are independent of each other.
    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Guard>;
}

impl<L: AccountLock + ?Sized> AccountLock for Arc<L> {
    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Guard> {
        (**self).lock(account)
    }
}

/// Queues the bookings of each account within a process, in the order in which they came. Clones share the queues.
#[derive(Debug, Clone, Default)]
pub struct MemoryAccountLock(Locks);

impl AccountLock for MemoryAccountLock {
    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Guard> {
        self.0.lock(account)
    }
}

/// A mutex for each account.
#[derive(Debug, Clone, Default)]
pub(super) struct Locks(Arc<std::sync::Mutex<HashMap<AccountKey, Arc<Mutex<()>>>>>);

impl Locks {
    pub(super) fn lock(&self, account: &AccountKey) -> StateFuture<'static, Guard> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mutex = Arc::clone(locks.entry(account.clone()).or_default());
        Box::pin(async move { Ok(Box::new(mutex.lock_owned().await) as Guard) })
    }
}
