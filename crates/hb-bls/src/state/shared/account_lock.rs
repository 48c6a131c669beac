use super::Leases;
use crate::state::{AccountKey, AccountLease, AccountLock, StateFuture};

/// Queues the bookings of each account among the processes that share a store. From
/// [`SharedState::account_lock`](super::SharedState::account_lock).
#[derive(Debug, Clone)]
pub struct SharedAccountLock(pub(super) Leases);

impl AccountLock for SharedAccountLock {
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        self.0.acquire(account)
    }
}
