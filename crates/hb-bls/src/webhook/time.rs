//! Times in events, read without a copy of their text.

use hb_bls_gen::Timestamp;
use jiff::{Zoned, tz::TimeZone};
use serde::{Deserialize as _, Deserializer, de::Error as _};

use super::envelope::Text;

/// The time zone of the trainings.
const LONDON: TimeZone = jiff::tz::get!("Europe/London");

/// An instant; a time without an offset is UTC, as the API's own are.
pub(super) fn parse(text: &str) -> Option<jiff::Timestamp> {
    text.parse::<Timestamp>().ok()?.instant_in(&TimeZone::UTC)
}

fn parse_local(text: &str) -> Option<Zoned> {
    Some(text.parse::<Timestamp>().ok()?.instant_in(&LONDON)?.to_zoned(LONDON))
}

/// An instant, if there is one.
pub(super) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<jiff::Timestamp>, D::Error> {
    read(deserializer, parse)
}

/// A time in the United Kingdom, if there is one; so is a time without an offset.
pub(super) fn local<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Zoned>, D::Error> {
    read(deserializer, parse_local)
}

fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    let Some(text) = Option::<Text<'de>>::deserialize(deserializer)? else { return Ok(None) };
    parse(&text.0).map(Some).ok_or_else(|| D::Error::custom("not a date and time"))
}
