//! Checks who sent a delivery, and when.

use std::{fmt, sync::Arc, time::Duration};

use hb_bls_gen::{Secret, WebhookEventType};
use http::HeaderMap;
use uuid::Uuid;

use super::{
    Event, SecretError, VerifyError,
    envelope::identity,
    headers::{DELIVERY_ID, DeliveryHeaders, EVENT, EVENT_ID, SIGNATURE, TIMESTAMP, Values},
    signature::{Key, Signature},
};
use crate::{Clock, SystemClock};

/// How far the timestamp of a delivery may be from the current time, as the API's overview requires.
const TOLERANCE: Duration = Duration::from_secs(300);
/// The longest body that is accepted. An event is about 1 KiB.
const BODY_LIMIT: usize = 1024 * 1024;
/// How many characters of a secret the portal shows in `secret_prefix`.
const PREFIX_LENGTH: usize = 12;

/// Verifies that deliveries come from the portal and are recent. API: "Webhooks" in the overview.
///
/// It is cheap to clone.
#[derive(Debug, Clone)]
pub struct Verifier(Arc<VerifierConfig>);

struct VerifierConfig {
    keys: Vec<(Key, Option<Box<str>>)>,
    tolerance: Duration,
    body_limit: usize,
    clock: Arc<dyn Clock>,
}

/// Leaves out the secrets, including their prefixes.
impl fmt::Debug for VerifierConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierConfig")
            .field("secrets", &self.keys.len())
            .field("tolerance", &self.tolerance)
            .field("body_limit", &self.body_limit)
            .field("clock", &self.clock)
            .finish()
    }
}

impl Verifier {
    /// Makes a verifier for an endpoint's signing secret.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the secret is empty or has white space around it.
    pub fn new(secret: impl Into<Secret>) -> Result<Self, SecretError> {
        Self::builder().secret(secret).build()
    }

    /// Returns a builder, for example to accept several secrets while one is rotated.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder {
            secrets: Vec::new(),
            tolerance: TOLERANCE,
            body_limit: BODY_LIMIT,
            clock: Arc::new(SystemClock),
        }
    }

    /// The longest body that is accepted, in bytes.
    #[must_use]
    pub fn body_limit(&self) -> usize {
        self.0.body_limit
    }

    #[cfg(feature = "axum")]
    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// Verifies a delivery. The body must be the raw bytes that were received.
    ///
    /// Only the id and the type of the event are decoded; see [`verify_and_decode`](Self::verify_and_decode).
    ///
    /// # Errors
    ///
    /// [`VerifyError`], which says what is wrong. Do not use any part of the delivery then.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Verified, VerifyError> {
        self.verify_pairs(headers, body)
    }

    /// Does the same as [`verify`](Self::verify), with the headers as pairs of a name, in any case, and a value.
    ///
    /// # Errors
    ///
    /// Those of [`verify`](Self::verify).
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

    /// Verifies a delivery and decodes its event.
    ///
    /// # Errors
    ///
    /// Those of [`verify`](Self::verify). Unexpected data is not an error; see [`EventData`](super::EventData).
    pub fn verify_and_decode(&self, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, VerifyError> {
        let values = Values::of(headers)?;
        let signed = self.signed(&values, body)?;
        let event = Event::from_json(body)?;
        Ok(Delivery { verified: self.identified(signed, event.event_id, event.event_type.clone())?, event })
    }

    /// Checks the timestamp, and finds the secret that made the signature.
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

    /// Takes the id and the type from the signed body. The headers that repeat them are not signed, and must agree with
    /// it.
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
            signature: headers.signature,
            by: self.clone(),
        })
    }
}

/// A recent delivery, and the secret that signed it.
struct Signed<'a> {
    headers: DeliveryHeaders<'a>,
    secret_index: usize,
}

/// Builds a [`Verifier`]. From [`Verifier::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing is verified until `build`"]
pub struct VerifierBuilder {
    secrets: Vec<Secret>,
    tolerance: Duration,
    body_limit: usize,
    clock: Arc<dyn Clock>,
}

impl VerifierBuilder {
    /// Adds a signing secret. A delivery is accepted if any of the secrets signed it.
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Sets how far the timestamp of a delivery may be from the current time, in either direction. By default 300
    /// seconds. Fractions of a second are ignored.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the longest body that is accepted, in bytes. By default 1 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets the clock. By default, the system's clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the verifier.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if there is no secret, or one is empty or has white space around it.
    pub fn build(self) -> Result<Verifier, SecretError> {
        if self.secrets.is_empty() {
            return Err(SecretError::Missing);
        }
        let keys = self.secrets.iter().map(|secret| Ok((Key::new(secret)?, prefix(secret))));
        Ok(Verifier(Arc::new(VerifierConfig {
            keys: keys.collect::<Result<_, SecretError>>()?,
            tolerance: self.tolerance,
            body_limit: self.body_limit,
            clock: self.clock,
        })))
    }
}

/// The portal's `secret_prefix`, or `None` for a secret that is so short that its prefix would reveal too much.
fn prefix(secret: &Secret) -> Option<Box<str>> {
    let text = secret.expose();
    let (end, _) = text.char_indices().nth(PREFIX_LENGTH)?;
    (text.len() >= end + 8).then(|| text[..end].into())
}

/// The result of verifying a delivery: which secret signed it, and which event it delivers.
#[derive(Clone)]
#[non_exhaustive]
pub struct Verified {
    /// The index of the secret that signed it, in the order in which the secrets were added, counted from 0.
    pub secret_index: usize,
    /// The id of the event, by which to deduplicate. It comes from the signed body, and is the same for every attempt
    /// to deliver the event.
    pub event_id: Uuid,
    /// The type of the event, from the signed body.
    pub event_type: WebhookEventType,
    /// The id of this attempt to deliver the event. It is not signed, so do not rely on it; it may help to find the
    /// attempt in the portal's logs.
    pub delivery_id: u64,
    /// When the portal sent this attempt, in whole seconds.
    pub sent_at: jiff::Timestamp,
    signature: Signature,
    by: Verifier,
}

impl Verified {
    /// A delivery that was not verified, for tests.
    #[cfg(feature = "testing")]
    pub(crate) fn believed(event: &Event, delivery_id: u64, sent_at: jiff::Timestamp) -> Self {
        let VerifierBuilder { tolerance, body_limit, clock, .. } = Verifier::builder();
        Self {
            secret_index: 0,
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            delivery_id,
            sent_at,
            signature: Signature::NONE,
            by: Verifier(Arc::new(VerifierConfig { keys: Vec::new(), tolerance, body_limit, clock })),
        }
    }

    /// The first 12 characters of the secret that signed the delivery, which the portal calls `secret_prefix`. `None`
    /// if the secret has fewer than 20 characters.
    #[must_use]
    pub fn secret_prefix(&self) -> Option<&str> {
        self.by.0.keys.get(self.secret_index)?.1.as_deref()
    }
}

impl Verified {
    /// The headers of the delivery with which it can be verified again: the names in lower case, and the values as they were
    /// received.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 5] {
        [
            (EVENT, self.event_type.to_string()),
            (EVENT_ID, self.event_id.to_string()),
            (DELIVERY_ID, self.delivery_id.to_string()),
            (TIMESTAMP, self.sent_at.as_second().to_string()),
            (SIGNATURE, self.signature.to_string()),
        ]
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

/// A verified delivery and its event.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// Who signed the delivery, and when.
    pub verified: Verified,
    /// The event.
    pub event: Event,
}
