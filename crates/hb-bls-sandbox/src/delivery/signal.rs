//! The signal that a delivery may be due, and the right to send it.

use tokio::sync::{Mutex, MutexGuard, Notify};

/// The right to send, and the signal that something may be due.
#[derive(Debug, Default)]
pub(crate) struct Dispatch {
    turn: Mutex<()>,
    wake: Notify,
}

impl Dispatch {
    /// Something may be due.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits until something may be due.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Waits until nothing is being sent, and keeps it so.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}
