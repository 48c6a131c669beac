//! The signature headers, read strictly: each must occur exactly once, in exactly one format.

use uuid::Uuid;

use super::{VerifyError, signature::Signature};

pub(super) const EVENT: &str = "x-tdta-event";
pub(super) const EVENT_ID: &str = "x-tdta-event-id";
pub(super) const DELIVERY_ID: &str = "x-tdta-delivery-id";
pub(super) const TIMESTAMP: &str = "x-tdta-timestamp";
pub(super) const SIGNATURE: &str = "x-tdta-signature";

const NAMES: [&str; 5] = [EVENT, EVENT_ID, DELIVERY_ID, TIMESTAMP, SIGNATURE];

/// The values of [`NAMES`], each of which occurs once.
pub(super) struct Values<V>([V; 5]);

impl<V: AsRef<[u8]>> Values<V> {
    pub(super) fn of<N: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, VerifyError> {
        let mut values = [const { None }; 5];
        for (name, value) in pairs {
            let Some(index) = index_of(name.as_ref()) else {
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

    /// Parses a value. Parsers refuse everything that is not ASCII, so the exact reason is determined only after a
    /// failure.
    fn read<'a, T>(
        &'a self,
        index: usize,
        parse: impl FnOnce(&'a [u8]) -> Result<T, VerifyError>,
    ) -> Result<T, VerifyError> {
        let value = self.0[index].as_ref();
        parse(value).map_err(|error| if is_ascii(value) { error } else { VerifyError::NonAsciiHeader(NAMES[index]) })
    }
}

fn is_ascii(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The parsed headers.
pub(super) struct DeliveryHeaders<'a> {
    pub(super) event_type: &'a [u8],
    pub(super) event_id: Uuid,
    pub(super) delivery_id: u64,
    /// As it was received, since this text is signed.
    pub(super) timestamp: &'a [u8],
    pub(super) sent_at: jiff::Timestamp,
    pub(super) signature: Signature,
}

impl<'a> DeliveryHeaders<'a> {
    pub(super) fn read<V: AsRef<[u8]>>(values: &'a Values<V>) -> Result<Self, VerifyError> {
        Ok(Self {
            event_type: values.read(0, |text| is_ascii(text).then_some(text).ok_or(VerifyError::EventTypeMismatch))?,
            event_id: values.read(1, |text| {
                let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
                Uuid::try_parse_ascii(text).ok().filter(|_| hyphenated).ok_or(VerifyError::EventIdFormat)
            })?,
            delivery_id: values.read(2, |text| digits(text).ok_or(VerifyError::DeliveryIdFormat))?,
            timestamp: values.0[3].as_ref(),
            sent_at: values.read(3, |text| {
                let seconds = digits(text).and_then(|seconds| seconds.try_into().ok());
                let sent_at = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
                sent_at.ok_or(VerifyError::TimestampFormat)
            })?,
            signature: values.read(4, Signature::parse)?,
        })
    }
}

/// Servers mostly give names in lower case, which is faster to compare.
fn index_of(name: &str) -> Option<usize> {
    let is = |known: &&str| known.len() == name.len() && (*known == name || known.eq_ignore_ascii_case(name));
    NAMES.iter().position(is)
}

/// Parses digits alone, without a sign or a space. A number is written in one way only, so that it can be written again as it
/// was signed.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 1 && text[0] == b'0' {
        return None;
    }
    text.iter().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
