//! A hold that releases its timeslot when it is dropped.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use crate::{Client, Error, HoldDetails, Result, Timeslot, state::AccountLease};

/// A timeslot that is reserved for the account. From [`Timeslots::hold`](crate::Timeslots::hold). An account can have
/// one hold at a time.
///
/// [`Bookings::create`](crate::Bookings::create) consumes the hold. If it is dropped unused, it is released in the
/// background, provided that the runtime keeps running; [`release`](Self::release) waits until it is released.
/// [`keep`](Self::keep) leaves it to expire.
///
/// A hold that was [adopted](crate::Timeslots::adopt) is not released when it is dropped: its details are
/// stored elsewhere, and can be used to adopt it again.
pub struct Hold {
    details: HoldDetails,
    client: Client,
    /// The runtime that releases it when it is dropped, on whatever thread that happens.
    runtime: Option<Handle>,
    /// Keeps that runtime alive, if it is the blocking client's own.
    #[cfg(feature = "blocking")]
    keeper: Option<Arc<dyn Send + Sync>>,
    /// When it was made, if this client made it. Its expiry is judged by the same clock.
    made_at: Option<Timestamp>,
    used: Used,
    /// The right to hold it, which ends when it is released.
    lease: Option<Arc<AccountLease>>,
}

/// Whether there is nothing left to release. Shared with the task that books the hold.
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
        Self {
            details,
            client,
            runtime: Handle::try_current().ok(),
            #[cfg(feature = "blocking")]
            keeper: None,
            made_at,
            used: Used(Arc::default()),
            lease: None,
        }
    }

    /// Makes a hold that is not released when it is dropped.
    pub(crate) fn adopted(client: Client, details: HoldDetails) -> Self {
        let mut hold = Self::new(client, details);
        hold.made_at = None;
        hold.used.set();
        hold
    }

    /// Keeps the account locked as long as it lives.
    pub(crate) fn under(mut self, lease: Arc<AccountLease>) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Keeps this runtime running until the hold is released.
    #[cfg(feature = "blocking")]
    pub(crate) fn kept_by(mut self, runtime: Arc<dyn Send + Sync>) -> Self {
        self.keeper = Some(runtime);
        self
    }

    /// Everything that is known about the hold.
    pub fn details(&self) -> &HoldDetails {
        &self.details
    }

    /// The hash that identifies the hold. Anyone who has the hash can book or release the hold.
    pub fn hash(&self) -> &str {
        &self.details.hold_hash
    }

    /// The timeslot that is held. `None` if only the hash of the hold is known.
    pub fn slot(&self) -> Option<&Timeslot> {
        self.details.slot.as_ref()
    }

    /// When it expires. `None` if only the hash of the hold is known.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.details.expires_at
    }

    /// Releases the hold, so that others can book the timeslot. API: `DELETE /timeslots/hold/{holdHash}`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the hold does not exist any more. After other errors, one
    /// more attempt is made in the background.
    pub async fn release(self) -> Result<()> {
        let outcome = self.client.timeslots().release(self.hash()).await;
        if outcome.as_ref().err().is_none_or(Error::is_not_found) {
            self.used.set();
        }
        outcome
    }

    /// Keeps the hold, and returns its details. [`Timeslots::adopt`](crate::Timeslots::adopt) takes it up again.
    pub fn keep(self) -> HoldDetails {
        self.used.set();
        self.details.clone()
    }

    /// The time until the hold expires, by the client's clock. Zero if it has expired.
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
        let (client, hash, lease) = (self.client.clone(), self.details.hold_hash.clone(), self.lease.take());
        let releasing = client.memory.releasing.subscribe();
        runtime.spawn(async move {
            let released = client.timeslots().release(&hash).await;
            if let Err(error) = &released {
                tracing::debug!(kind = error.kind().as_str(), "a hold was not released; it expires by itself");
            }
            if let Some(lease) = lease {
                client.unlock_account(lease, released.is_ok()).await;
            }
            drop(releasing);
        });
    }
}

/// Leaves out the hash, since anybody who has it can use the hold.
impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").field("details", &self.details).finish_non_exhaustive()
    }
}
