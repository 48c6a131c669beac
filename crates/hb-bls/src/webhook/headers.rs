//! The signature headers, read strictly: exactly one of each, in exactly one spelling.

use http::{HeaderMap, HeaderName};
use uuid::Uuid;

use super::{VerifyError, signature::Signature};

pub(super) const EVENT: &str = "x-tdta-event";
pub(super) const EVENT_ID: &str = "x-tdta-event-id";
pub(super) const DELIVERY_ID: &str = "x-tdta-delivery-id";
pub(super) const TIMESTAMP: &str = "x-tdta-timestamp";
pub(super) const SIGNATURE: &str = "x-tdta-signature";

const NAMES: [&str; 5] = [EVENT, EVENT_ID, DELIVERY_ID, TIMESTAMP, SIGNATURE];
static HEADER_NAMES: [HeaderName; 5] = [
    HeaderName::from_static(EVENT),
    HeaderName::from_static(EVENT_ID),
    HeaderName::from_static(DELIVERY_ID),
    HeaderName::from_static(TIMESTAMP),
    HeaderName::from_static(SIGNATURE),
];

/// The values of [`NAMES`], each there once.
pub(super) struct Values<V>([V; 5]);

impl<'a> Values<&'a [u8]> {
    pub(super) fn of_map(headers: &'a HeaderMap) -> Result<Self, VerifyError> {
        let mut values = [&b""[..]; 5];
        for ((value, name), text) in values.iter_mut().zip(&HEADER_NAMES).zip(NAMES) {
            let mut found = headers.get_all(name).iter();
            *value = found.next().ok_or(VerifyError::MissingHeader(text))?.as_bytes();
            if found.next().is_some() {
                return Err(VerifyError::RepeatedHeader(text));
            }
        }
        Ok(Self(values))
    }
}

impl<V: AsRef<[u8]>> Values<V> {
    pub(super) fn of_pairs<N: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, VerifyError> {
        let mut values = [const { None }; 5];
        for (name, value) in pairs {
            let Some(index) = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name.as_ref())) else {
                continue;
            };
            if values[index].replace(value).is_some() {
                return Err(VerifyError::RepeatedHeader(NAMES[index]));
            }
        }
        let [event, event_id, delivery_id, timestamp, signature] = values;
        Ok(Self([
            event.ok_or(VerifyError::MissingHeader(EVENT))?,
            event_id.ok_or(VerifyError::MissingHeader(EVENT_ID))?,
            delivery_id.ok_or(VerifyError::MissingHeader(DELIVERY_ID))?,
            timestamp.ok_or(VerifyError::MissingHeader(TIMESTAMP))?,
            signature.ok_or(VerifyError::MissingHeader(SIGNATURE))?,
        ]))
    }

    fn text(&self, index: usize) -> Result<&str, VerifyError> {
        let bytes = self.0[index].as_ref();
        // printable ASCII is UTF-8
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) => Ok(text),
            _ => Err(VerifyError::NonAsciiHeader(NAMES[index])),
        }
    }
}

/// What the headers say.
pub(super) struct DeliveryHeaders<'a> {
    pub(super) event_type: &'a str,
    pub(super) event_id: Uuid,
    pub(super) delivery_id: u64,
    /// As it was written: this text is signed.
    pub(super) timestamp: &'a str,
    pub(super) sent_at: jiff::Timestamp,
    pub(super) signature: Signature,
}

impl<'a> DeliveryHeaders<'a> {
    pub(super) fn read<V: AsRef<[u8]>>(values: &'a Values<V>) -> Result<Self, VerifyError> {
        let event_type = values.text(0)?;
        let event_id = values.text(1)?;
        let delivery_id = values.text(2)?;
        let timestamp = values.text(3)?;
        let signature = Signature::parse(values.text(4)?)?;
        let seconds = digits(timestamp).ok_or(VerifyError::TimestampFormat)?;
        let hyphenated = event_id.len() == uuid::fmt::Hyphenated::LENGTH;
        Ok(Self {
            event_type,
            event_id: Uuid::try_parse(event_id).ok().filter(|_| hyphenated).ok_or(VerifyError::EventIdFormat)?,
            delivery_id: digits(delivery_id).ok_or(VerifyError::DeliveryIdFormat)?,
            timestamp,
            sent_at: jiff::Timestamp::from_second(seconds).map_err(|_| VerifyError::TimestampFormat)?,
            signature,
        })
    }
}

/// Digits alone: no sign, no space.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
