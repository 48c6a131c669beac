use hb_bls_gen::Secret;
use uuid::Uuid;

use super::{
    NotAnEvent, SecretError,
    envelope::identity,
    headers::{DELIVERY_ID, EVENT, EVENT_ID, SIGNATURE, TIMESTAMP},
    signature::Key,
};

/// Makes the headers of a delivery as the portal does, to test a receiver.
///
/// ```
/// use hb_bls::webhook::{Signer, Verifier};
///
/// let body = br#"{"event_id":"018f4a2b-1234-7000-8abc-def012345678","event_type":"webhook.test","data":{}}"#;
/// let headers = Signer::new("whsec_test_0123456789")?.headers(body, 1, jiff::Timestamp::now())?;
/// Verifier::new("whsec_test_0123456789")?.verify_pairs(headers, body)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Signer(Key);

impl Signer {
    /// Takes the endpoint's signing secret.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the secret is empty or has white space around it.
    pub fn new(secret: impl Into<Secret>) -> Result<Self, SecretError> {
        Key::new(&secret.into()).map(Self)
    }

    /// Returns the five headers of one attempt to deliver this event, as pairs of a lower-case name and a value.
    ///
    /// # Errors
    ///
    /// [`NotAnEvent`] if the body is not an event, so that the headers cannot be filled in.
    pub fn headers(
        &self,
        body: &[u8],
        delivery_id: u64,
        sent_at: jiff::Timestamp,
    ) -> Result<[(&'static str, String); 5], NotAnEvent> {
        let identity = identity(body)?;
        Ok(self.headers_of(&identity.event_type, identity.event_id, body, delivery_id, sent_at))
    }

    pub(crate) fn headers_of(
        &self,
        event_type: &str,
        event_id: Uuid,
        body: &[u8],
        delivery_id: u64,
        sent_at: jiff::Timestamp,
    ) -> [(&'static str, String); 5] {
        [
            (EVENT, event_type.to_owned()),
            (EVENT_ID, event_id.to_string()),
            (DELIVERY_ID, delivery_id.to_string()),
            (TIMESTAMP, sent_at.as_second().to_string()),
            (SIGNATURE, self.signature(body, sent_at)),
        ]
    }

    /// Returns the value of `X-TDTA-Signature` for any body.
    #[must_use]
    pub fn signature(&self, body: &[u8], sent_at: jiff::Timestamp) -> String {
        self.0.sign(sent_at.as_second().to_string().as_bytes(), body)
    }
}
