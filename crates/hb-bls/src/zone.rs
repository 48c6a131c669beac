//! How the API's times become instants: trainings are in the United Kingdom, all else is UTC.

use hb_bls_gen::Timestamp;
use jiff::{Zoned, tz::TimeZone};

/// The time zone of the trainings.
pub(crate) const LONDON: TimeZone = jiff::tz::get!("Europe/London");

/// In the United Kingdom, where a training takes place; so is a time without an offset.
pub(crate) fn in_london(timestamp: Timestamp) -> Option<Zoned> {
    Some(timestamp.instant_in(&LONDON)?.to_zoned(LONDON))
}

/// An instant; a time without an offset is UTC, as the API's own are.
pub(crate) fn instant(timestamp: Timestamp) -> Option<jiff::Timestamp> {
    timestamp.instant_in(&TimeZone::UTC)
}
