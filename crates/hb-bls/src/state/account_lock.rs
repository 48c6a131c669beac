use std::{fmt, sync::Arc};

use tokio::sync::Mutex;

use super::{Guard, StateFuture};

/// The right to hold a timeslot of an account, which can hold one at a time.
///
/// Locked by [`Client::book`](crate::Client::book) from the hold to the booking, so that concurrent bookings
/// queue instead of meeting conflicts. Replace it to queue with other processes, too; what cannot be locked is
/// [`Error::State`](crate::Error::State).
pub trait AccountLock: fmt::Debug + Send + Sync {
    /// Waits for the right. It ends when the guard is dropped, and has to end when the process does.
    fn lock(&self) -> StateFuture<'_, Guard>;
}

/// Queues the clones of one client, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct MemoryAccountLock(Arc<Mutex<()>>);

impl AccountLock for MemoryAccountLock {
    fn lock(&self) -> StateFuture<'_, Guard> {
        let mutex = Arc::clone(&self.0);
        Box::pin(async move { Ok(Box::new(mutex.lock_owned().await) as Guard) })
    }
}
