//! Time zones of the API: times of trainings are UK local time, all others are UTC.

use hb_bls_gen::Timestamp;
use jiff::{ZonedDateTime, tz::TimeZone};
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

use crate::text::Text;

/// The time zone of the trainings.
pub(crate) const LONDON: TimeZone = jiff::tz::get!("Europe/London");

/// A time of a training, in UK local time. Without an offset, it is taken to be UK local time.
pub(crate) fn in_london(timestamp: Timestamp) -> Option<ZonedDateTime> {
    Some(timestamp.instant_in(&LONDON)?.to_zoned_datetime(LONDON))
}

/// A point in time. Without an offset, it is taken to be UTC, as the API's own times are.
pub(crate) fn instant(timestamp: Timestamp) -> Option<jiff::Timestamp> {
    timestamp.instant_in(&TimeZone::UTC)
}

/// Parses a point in time in any of the API's spellings.
#[cfg(feature = "webhook")]
pub(crate) fn parse(text: &str) -> Option<jiff::Timestamp> {
    instant(text.parse().ok()?)
}

/// For serde: an optional time in UK local time.
pub(crate) mod local {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ZonedDateTime>, D::Error> {
        read(deserializer, in_london)
    }

    pub(crate) fn serialize<S: Serializer>(time: &Option<ZonedDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
        write(time.as_ref().map(|time| time.strftime(FORMAT)), serializer)
    }
}

/// For serde: an optional point in time.
pub(crate) mod utc {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<jiff::Timestamp>, D::Error> {
        read(deserializer, instant)
    }

    pub(crate) fn serialize<S: Serializer>(time: &Option<jiff::Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        write(time.as_ref().map(|time| time.strftime(FORMAT)), serializer)
    }
}

/// The format that the API uses.
const FORMAT: &str = "%Y-%m-%dT%H:%M:%S%:z";

/// It is also `None` for a time outside the supported range, such as `9999-12-31T23:59:59`, which databases use for "never".
fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    convert: impl FnOnce(Timestamp) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    let Some(text) = Option::<Text<'de>>::deserialize(deserializer)? else { return Ok(None) };
    text.0.parse().map(convert).map_err(|_| D::Error::custom("not a date and time"))
}

fn write<S: Serializer>(time: Option<impl std::fmt::Display>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(&time),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_all_others_is_none_and_what_is_no_time_is_an_error() {
        for (json, is_some) in [
            (r#""2026-06-15T09:00:00Z""#, Some(true)),
            ("null", Some(false)),
            (r#""9999-12-31T23:59:59Z""#, Some(false)),
            (r#""9999-12-31 23:59:59""#, Some(false)),
            (r#""soon""#, None),
            (r#""""#, None),
            ("7", None),
        ] {
            let mut reader = serde_json::Deserializer::from_str(json);
            assert_eq!(local::deserialize(&mut reader).ok().map(|time| time.is_some()), is_some, "{json}");
            let mut reader = serde_json::Deserializer::from_str(json);
            assert_eq!(utc::deserialize(&mut reader).ok().map(|time| time.is_some()), is_some, "{json}");
        }
    }
}
