//! One portal, which the API, the control API and the library's handle share.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::clock::Clock;
use crate::credentials::SandboxCredentials;
use crate::delivery::Dispatch;
use crate::faults::Faults;
use crate::live::Topic;
use crate::problem::Problem;
use crate::quota::Quota;
use crate::request_log::RequestLog;
use crate::store::contents::Contents;
use crate::store::{Store, bookings, deliveries};

/// A running portal.
#[derive(Debug)]
pub(crate) struct Core {
    /// `http://127.0.0.1:PORT`: where it listens.
    pub(crate) origin: String,
    /// What the first account is opened with, and again after a reset.
    pub(crate) credentials: SandboxCredentials,
    /// What it starts with, and again after a reset.
    pub(crate) contents: Contents,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) quota: Quota,
    pub(crate) faults: Faults,
    pub(crate) request_log: RequestLog,
    pub(crate) dispatch: Dispatch,
    pub(crate) http: reqwest::Client,
    /// What others than this machine show to use the control API and the page.
    pub(crate) control_token: Option<String>,
    /// Names of other machines to which deliveries may go over plain http.
    pub(crate) webhook_hosts: Vec<String>,
    /// Whether bodies are kept: those of requests, and of the responses to deliveries.
    pub(crate) capture: AtomicBool,
}

impl Core {
    /// Tells the pages that follow it.
    pub(crate) fn changed(&self, topic: Topic) {
        self.store.live.changed(topic);
    }

    pub(crate) fn captures(&self) -> bool {
        self.capture.load(Ordering::Relaxed)
    }

    pub(crate) fn set_capture(&self, on: bool) {
        self.capture.store(on, Ordering::Relaxed);
        self.changed(Topic::Control);
    }

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
