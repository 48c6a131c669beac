//! What the API, the control API and the library handle share: one portal.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::delivery::Dispatch;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::problem::Problem;
use crate::quota::Quota;
use crate::store::{Store, bookings, deliveries};

/// A running portal.
#[derive(Debug)]
pub(crate) struct Core {
    /// `http://127.0.0.1:PORT`, for the links in answers.
    pub(crate) origin: String,
    /// What the first account is opened with, and again after a reset.
    pub(crate) credentials: Credentials,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) quota: Quota,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) dispatch: Dispatch,
    pub(crate) http: reqwest::Client,
}

impl Core {
    /// When something is next due without a request.
    pub(crate) fn next_due(&self) -> Result<Option<Timestamp>, Problem> {
        self.store.read(|db| {
            let delivery = deliveries::next_due(db)?;
            let kit = bookings::next_late_kit(db)?;
            Ok(delivery.into_iter().chain(kit).min())
        })
    }
}

/// The address a request came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);
