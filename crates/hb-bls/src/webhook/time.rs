//! Times in events, read without a copy of their text.

use jiff::Zoned;
use serde::{Deserialize as _, Deserializer, de::Error as _};

use super::envelope::Text;
use crate::zone;

/// An instant, however it is spelt.
pub(super) fn parse(text: &str) -> Option<jiff::Timestamp> {
    zone::instant(text.parse().ok()?)
}

fn parse_local(text: &str) -> Option<Zoned> {
    zone::in_london(text.parse().ok()?)
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
