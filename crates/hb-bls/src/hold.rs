//! A hold that gives its timeslot back.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use crate::{Client, Error, HoldDetails, Result, Timeslot, state::Guard};

/// A timeslot reserved for the account, which can have one at a time. From [`Timeslots::hold`](crate::Timeslots::hold).
///
/// Dropped unused it is released, in the background and as far as the runtime lets it; [`release`](Self::release)
/// waits for it. [`keep`](Self::keep) leaves it to expire. [`Bookings::create`](crate::Bookings::create) consumes it. A hold that was
/// [adopted](crate::Timeslots::adopt) is not released when it is dropped: whoever kept its details can adopt it again.
pub struct Hold {
    details: HoldDetails,
    client: Client,
    /// Where it is released if it is dropped, whatever thread that happens on.
    runtime: Option<Handle>,
    /// When it was made, if this client made it: by the same clock by which it is told to have expired.
    made_at: Option<Timestamp>,
    used: Used,
    /// Ends when it is released.
    lock: Option<Guard>,
}

/// Whether there is nothing to give back. Shared with the task that books the hold.
#[derive(Clone)]
pub(crate) struct Used(Arc<AtomicBool>);

impl Used {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Hold {
    pub(crate) fn new(client: Client, details: HoldDetails) -> Self {
        let made_at = Some(client.pipeline.clock().now());
        Self { details, client, runtime: Handle::try_current().ok(), made_at, used: Used(Arc::default()), lock: None }
    }

    /// Not to be released when it is dropped.
    pub(crate) fn adopted(client: Client, details: HoldDetails) -> Self {
        let mut hold = Self::new(client, details);
        hold.made_at = None;
        hold.used.set();
        hold
    }

    /// Keeps the account locked as long as it lives.
    pub(crate) fn locked(mut self, lock: Guard) -> Self {
        self.lock = Some(lock);
        self
    }

    /// All that is known of it.
    pub fn details(&self) -> &HoldDetails {
        &self.details
    }

    /// The hash that identifies it. Anyone who has it can book or release the hold.
    pub fn hash(&self) -> &str {
        &self.details.hold_hash
    }

    /// The timeslot that is held.
    pub fn slot(&self) -> Option<&Timeslot> {
        self.details.slot.as_ref()
    }

    /// When it expires.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.details.expires_at
    }

    /// Gives the timeslot back. API: `DELETE /timeslots/hold/{holdHash}`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such hold any more. After other errors it is tried once more in the
    /// background.
    pub async fn release(self) -> Result<()> {
        let outcome = self.client.timeslots().release(self.hash()).await;
        if outcome.as_ref().err().is_none_or(Error::is_not_found) {
            self.used.set();
        }
        outcome
    }

    /// Keeps the hold beyond this value; [`Timeslots::adopt`](crate::Timeslots::adopt) takes it up again.
    pub fn keep(self) -> HoldDetails {
        self.used.set();
        self.details.clone()
    }

    /// How much of its life is left, by the client's clock. Zero if it has expired.
    pub fn time_left(&self) -> std::time::Duration {
        let left = self.expires_at().map(|at| at.duration_since(self.client.pipeline.clock().now()));
        left.unwrap_or(SignedDuration::ZERO).try_into().unwrap_or_default()
    }

    pub(crate) fn made_at(&self) -> Option<Timestamp> {
        self.made_at
    }

    pub(crate) fn used_flag(&self) -> Used {
        self.used.clone()
    }

    pub(crate) fn is_used(&self) -> bool {
        self.used.get()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.is_used() {
            return;
        }
        let Some(runtime) = self.runtime.take() else { return };
        let (client, hash, lock) = (self.client.clone(), self.details.hold_hash.clone(), self.lock.take());
        runtime.spawn(async move {
            if let Err(error) = client.timeslots().release(&hash).await {
                tracing::debug!(kind = error.kind().as_str(), "a hold was not released; it expires by itself");
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
