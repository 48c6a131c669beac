//! Who sent a delivery, and when.

use std::{fmt, sync::Arc, time::Duration};

use hb_bls_gen::{Secret, WebhookEventType};
use http::HeaderMap;
use uuid::Uuid;

use super::{
    Event, SecretError, VerifyError,
    envelope::identity,
    headers::{DeliveryHeaders, Values},
    signature::Key,
};
use crate::{Clock, SystemClock};

/// How far the time of a delivery may be from now, as the API's overview asks.
const TOLERANCE: Duration = Duration::from_secs(300);
/// The longest body that is read. An event is about 1 KiB.
const BODY_LIMIT: usize = 1024 * 1024;
/// How many characters of a secret the portal shows in `secret_prefix`.
const PREFIX_LENGTH: usize = 12;

/// Checks that deliveries come from the portal, and just now. API: "Webhooks" of the overview.
///
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Verifier(Arc<Settings>);

struct Settings {
    keys: Vec<(Key, Option<Box<str>>)>,
    tolerance: Duration,
    body_limit: usize,
    clock: Arc<dyn Clock>,
}

/// Leaves out the secrets' prefixes, too.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("secrets", &self.keys.len())
            .field("tolerance", &self.tolerance)
            .field("body_limit", &self.body_limit)
            .field("clock", &self.clock)
            .finish()
    }
}

impl Verifier {
    /// Takes an endpoint's signing secret.
    ///
    /// # Errors
    ///
    /// If it is empty or has white space around it.
    pub fn new(secret: impl Into<Secret>) -> Result<Self, SecretError> {
        Self::builder().secret(secret).build()
    }

    /// Sets one up, with several secrets for instance: the old and the new one while they change.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder {
            secrets: Vec::new(),
            tolerance: TOLERANCE,
            body_limit: BODY_LIMIT,
            clock: Arc::new(SystemClock),
        }
    }

    /// The longest body that is believed, in bytes.
    #[must_use]
    pub fn body_limit(&self) -> usize {
        self.0.body_limit
    }

    #[cfg(feature = "axum")]
    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// Checks a delivery. The body must be the raw bytes that were received.
    ///
    /// The event that it carries is not decoded, but for its id and type; see [`receive`](Self::receive).
    ///
    /// # Errors
    ///
    /// Says what is wrong with it. Nothing of it should be used then.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Verified, VerifyError> {
        self.verify_pairs(headers, body)
    }

    /// As [`verify`](Self::verify), with the headers as pairs of name, in any case, and value.
    ///
    /// # Errors
    ///
    /// As for [`verify`](Self::verify).
    pub fn verify_pairs<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: &[u8],
    ) -> Result<Verified, VerifyError> {
        let values = Values::of(headers)?;
        let signed = self.signed(&values, body)?;
        let identity = identity(body)?;
        self.identified(signed, identity.event_id, (&*identity.event_type).into())
    }

    /// Checks a delivery and decodes its event.
    ///
    /// # Errors
    ///
    /// As for [`verify`](Self::verify). Unexpected data is no error: see [`EventData`](super::EventData).
    pub fn receive(&self, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, VerifyError> {
        let values = Values::of(headers)?;
        let signed = self.signed(&values, body)?;
        let event = Event::from_json(body)?;
        Ok(Delivery { verified: self.identified(signed, event.event_id, event.event_type.clone())?, event })
    }

    /// Whether one of the secrets signed it, just now.
    fn signed<'a, V: AsRef<[u8]>>(&self, values: &'a Values<V>, body: &[u8]) -> Result<Signed<'a>, VerifyError> {
        let limit = self.0.body_limit;
        if body.len() > limit {
            return Err(VerifyError::BodyTooLarge { limit });
        }
        let headers = DeliveryHeaders::read(values)?;
        let age = self.0.clock.now().as_second() - headers.sent_at.as_second();
        if age.unsigned_abs() > self.0.tolerance.as_secs() {
            let seconds = age.unsigned_abs();
            return Err(if age > 0 { VerifyError::TooOld { seconds } } else { VerifyError::FromTheFuture { seconds } });
        }
        let made = |(key, _): &(Key, _)| key.made(&headers.signature, headers.timestamp, body);
        let secret_index = self.0.keys.iter().position(made).ok_or(VerifyError::Signature)?;
        Ok(Signed { headers, secret_index })
    }

    /// Takes id and type from the signed body. The headers that repeat them are not signed.
    fn identified(
        &self,
        Signed { headers, secret_index }: Signed<'_>,
        event_id: Uuid,
        event_type: WebhookEventType,
    ) -> Result<Verified, VerifyError> {
        if event_type.as_str().as_bytes() != headers.event_type {
            return Err(VerifyError::EventTypeMismatch);
        }
        if event_id != headers.event_id {
            return Err(VerifyError::EventIdMismatch);
        }
        Ok(Verified {
            secret_index,
            event_id,
            event_type,
            delivery_id: headers.delivery_id,
            sent_at: headers.sent_at,
            by: self.clone(),
        })
    }
}

/// A delivery that was signed just now, and by which secret.
struct Signed<'a> {
    headers: DeliveryHeaders<'a>,
    secret_index: usize,
}

/// Sets up a [`Verifier`]. From [`Verifier::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing is verified until `build`"]
pub struct VerifierBuilder {
    secrets: Vec<Secret>,
    tolerance: Duration,
    body_limit: usize,
    clock: Arc<dyn Clock>,
}

impl VerifierBuilder {
    /// Adds a signing secret. A delivery that any of them signed is believed.
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// How far the time of a delivery may be from now, before or after; 300 seconds unless given. Read in whole seconds.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The longest body that is read, in bytes; 1 MiB unless given.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Where to ask for the time, if not the system.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Makes the verifier.
    ///
    /// # Errors
    ///
    /// If there is no secret, or one is empty or has white space around it.
    pub fn build(self) -> Result<Verifier, SecretError> {
        if self.secrets.is_empty() {
            return Err(SecretError::Missing);
        }
        let keys = self.secrets.iter().map(|secret| Ok((Key::new(secret)?, prefix(secret))));
        Ok(Verifier(Arc::new(Settings {
            keys: keys.collect::<Result<_, SecretError>>()?,
            tolerance: self.tolerance,
            body_limit: self.body_limit,
            clock: self.clock,
        })))
    }
}

/// The portal's `secret_prefix`; none of a secret so short that this would give it away.
fn prefix(secret: &Secret) -> Option<Box<str>> {
    let text = secret.expose();
    let (end, _) = text.char_indices().nth(PREFIX_LENGTH)?;
    (text.len() >= end + 8).then(|| text[..end].into())
}

/// A delivery that was verified: who signed it, and which event it is an attempt to deliver.
#[derive(Clone)]
#[non_exhaustive]
pub struct Verified {
    /// Which of the verifier's secrets signed it, counted from 0 in the order in which they were given.
    pub secret_index: usize,
    /// The event's id, the same for every attempt to deliver it: what to deduplicate by. From the signed body.
    pub event_id: Uuid,
    /// The event's type. From the signed body.
    pub event_type: WebhookEventType,
    /// The id of this attempt to deliver it. Not signed: of use in the portal's logs, and nothing to rely on.
    pub delivery_id: u64,
    /// When the portal sent it, in whole seconds.
    pub sent_at: jiff::Timestamp,
    by: Verifier,
}

impl Verified {
    /// A delivery that nobody has verified, for tests.
    #[cfg(feature = "testing")]
    pub(crate) fn believed(event: &Event, delivery_id: u64, sent_at: jiff::Timestamp) -> Self {
        let VerifierBuilder { tolerance, body_limit, clock, .. } = Verifier::builder();
        Self {
            secret_index: 0,
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            delivery_id,
            sent_at,
            by: Verifier(Arc::new(Settings { keys: Vec::new(), tolerance, body_limit, clock })),
        }
    }

    /// The first 12 characters of the secret that signed it, which the portal calls `secret_prefix`; none if the
    /// secret has fewer than 20.
    #[must_use]
    pub fn secret_prefix(&self) -> Option<&str> {
        self.by.0.keys.get(self.secret_index)?.1.as_deref()
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("secret_index", &self.secret_index)
            .field("event_id", &self.event_id)
            .field("event_type", &self.event_type)
            .field("delivery_id", &self.delivery_id)
            .field("sent_at", &self.sent_at)
            .finish_non_exhaustive()
    }
}

/// A delivery that was verified, and the event that it carries.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// Who signed it and when.
    pub verified: Verified,
    /// What happened.
    pub event: Event,
}
