use std::{sync::Arc, time::Duration};

use hb_bls_gen::Secret;
use http::HeaderMap;

use super::{
    Event,
    headers::{DeliveryHeaders, EVENT, EVENT_ID},
};
use crate::{Clock, SystemClock};

/// How far the time of a delivery may be from now, as the API's overview asks.
const TOLERANCE: Duration = Duration::from_secs(300);
/// The longest body that is read. An event is about 1 KiB.
const BODY_LIMIT: usize = 1024 * 1024;

/// Checks that deliveries come from the portal, and just now.
#[derive(Debug, Clone)]
pub struct Verifier {
    secret: Secret,
    clock: Arc<dyn Clock>,
}

/// A delivery that was verified.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// What happened.
    pub event: Event,
    /// The id of this attempt to deliver it.
    pub delivery_id: u64,
}

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The secret cannot be one.
    #[error("the signing secret is empty or has white space around it; copy it again")]
    Secret,
    /// A header is not there.
    #[error("header {0} is missing; the request is not a delivery, or a proxy took it away")]
    MissingHeader(&'static str),
    /// A header is there twice.
    #[error("header {0} is there more than once")]
    RepeatedHeader(&'static str),
    /// A header is not written as documented.
    #[error("header {0} is not written as documented")]
    Header(&'static str),
    /// The body is longer than any event.
    #[error("the body is longer than {BODY_LIMIT} bytes")]
    TooLarge,
    /// The delivery is from another time.
    #[error("the delivery's time is more than {} s away from now; check this machine's clock", TOLERANCE.as_secs())]
    Time,
    /// Nobody who has the secret signed this body.
    #[error("the signature does not fit; verify the raw bytes of the body, with the secret of this endpoint")]
    Signature,
    /// The body is signed and still no event.
    #[error("the body is not an event: {0}")]
    Body(&'static str),
}

impl Verifier {
    /// Takes an endpoint's signing secret.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Secret`] if it is empty or has white space around it.
    pub fn new(secret: impl Into<Secret>) -> Result<Self, VerifyError> {
        let secret = secret.into();
        let text = secret.expose();
        if text.is_empty() || text.trim() != text {
            return Err(VerifyError::Secret);
        }
        Ok(Self { secret, clock: Arc::new(SystemClock) })
    }

    /// Where to ask for the time, if not the system.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Checks a delivery. The body must be the raw bytes that were received.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it. Nothing of it should be used then.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, VerifyError> {
        if body.len() > BODY_LIMIT {
            return Err(VerifyError::TooLarge);
        }
        let read = DeliveryHeaders::read(headers)?;
        if self.clock.now().as_second().abs_diff(read.unix_seconds) > TOLERANCE.as_secs() {
            return Err(VerifyError::Time);
        }
        if !read.signature.is_made_by(&self.secret, read.timestamp, body) {
            return Err(VerifyError::Signature);
        }
        let event: Event =
            serde_json::from_slice(body).map_err(|_| VerifyError::Body("it is not the documented JSON"))?;
        // these headers are not signed, the body is
        if event.event_type.as_str() != read.event_type {
            return Err(VerifyError::Header(EVENT));
        }
        if event.event_id != read.event_id {
            return Err(VerifyError::Header(EVENT_ID));
        }
        Ok(Delivery { event, delivery_id: read.delivery_id })
    }
}
