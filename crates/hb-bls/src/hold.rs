//! A hold that gives its timeslot back.

use std::{
    fmt,
    ops::Deref,
    sync::atomic::{AtomicBool, Ordering},
};

use jiff::SignedDuration;

use crate::{Client, Error, HoldDetails, Result, state::Guard};

/// A timeslot reserved for the account, which can have one at a time. From [`Timeslots::hold`](crate::Timeslots::hold).
///
/// Dropped unused it is released, in the background and as far as the runtime lets it; [`release`](Self::release)
/// waits for it. [`keep`](Self::keep) leaves it to lapse.
pub struct Hold {
    details: HoldDetails,
    client: Client,
    /// Whether there is nothing to give back.
    used: AtomicBool,
    /// Ends when it is released.
    lock: Option<Guard>,
}

impl Hold {
    pub(crate) fn new(client: Client, details: HoldDetails) -> Self {
        Self { details, client, used: AtomicBool::new(false), lock: None }
    }

    /// Keeps the account locked as long as it lives.
    pub(crate) fn locked(mut self, lock: Guard) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Gives the timeslot back. API: `DELETE /timeslots/hold/{holdHash}`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such hold any more. After other errors it is tried once more in the
    /// background.
    pub async fn release(self) -> Result<()> {
        let outcome = self.client.timeslots().release(&self.hold_hash).await;
        if matches!(outcome, Ok(()) | Err(Error::NotFound { .. })) {
            self.used();
        }
        outcome
    }

    /// Keeps the hold beyond this value; [`Timeslots::adopt`](crate::Timeslots::adopt) takes it up again.
    pub fn keep(self) -> HoldDetails {
        self.used();
        self.details.clone()
    }

    /// How long it lasts yet, by the client's clock. Zero if it has lapsed.
    pub fn time_left(&self) -> std::time::Duration {
        let left = self.expires_at.map(|at| at.duration_since(self.client.pipeline.clock().now()));
        left.unwrap_or(SignedDuration::ZERO).try_into().unwrap_or_default()
    }

    /// Nothing is left to give back.
    pub(crate) fn used(&self) {
        self.used.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }
}

impl Deref for Hold {
    type Target = HoldDetails;

    fn deref(&self) -> &HoldDetails {
        &self.details
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.is_used() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            tracing::warn!("a hold was dropped outside of a runtime; it lapses by itself");
            return;
        };
        let (client, hash, lock) = (self.client.clone(), self.details.hold_hash.clone(), self.lock.take());
        runtime.spawn(async move {
            if let Err(error) = client.timeslots().release(&hash).await {
                tracing::debug!(kind = error.kind(), "a hold was not released; it lapses by itself");
            }
            drop(lock);
        });
    }
}

/// Leaves out the hash: whoever has it can use the hold.
impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").field("details", &self.details).finish_non_exhaustive()
    }
}
