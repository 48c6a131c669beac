//! The signature headers, read strictly: exactly one of each, in exactly one spelling.

use http::HeaderMap;
use uuid::Uuid;

use super::{VerifyError, signature::Signature};

pub(super) const EVENT: &str = "x-tdta-event";
pub(super) const EVENT_ID: &str = "x-tdta-event-id";
pub(super) const DELIVERY_ID: &str = "x-tdta-delivery-id";
pub(super) const TIMESTAMP: &str = "x-tdta-timestamp";
pub(super) const SIGNATURE: &str = "x-tdta-signature";

/// What the headers say.
pub(super) struct DeliveryHeaders<'a> {
    pub(super) event_type: &'a str,
    pub(super) event_id: Uuid,
    pub(super) delivery_id: u64,
    /// As it was written: this text is signed.
    pub(super) timestamp: &'a str,
    pub(super) unix_seconds: i64,
    pub(super) signature: Signature,
}

impl<'a> DeliveryHeaders<'a> {
    pub(super) fn read(headers: &'a HeaderMap) -> Result<Self, VerifyError> {
        let timestamp = one(headers, TIMESTAMP)?;
        Ok(Self {
            signature: Signature::parse(one(headers, SIGNATURE)?).ok_or(VerifyError::Header(SIGNATURE))?,
            unix_seconds: digits(timestamp).ok_or(VerifyError::Header(TIMESTAMP))?,
            timestamp,
            event_type: one(headers, EVENT)?,
            event_id: Uuid::try_parse(one(headers, EVENT_ID)?).map_err(|_| VerifyError::Header(EVENT_ID))?,
            delivery_id: digits(one(headers, DELIVERY_ID)?).ok_or(VerifyError::Header(DELIVERY_ID))?,
        })
    }
}

fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, VerifyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(VerifyError::MissingHeader(name)),
        (Some(_), Some(_)) => Err(VerifyError::RepeatedHeader(name)),
        (Some(value), None) => value.to_str().map_err(|_| VerifyError::Header(name)),
    }
}

/// Digits alone: no sign, no space.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
