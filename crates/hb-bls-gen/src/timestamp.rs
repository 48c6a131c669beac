//! Points in time as the API writes them.

use std::{fmt, str::FromStr};

use jiff::{
    civil::DateTime,
    fmt::temporal::{Pieces, PiecesOffset},
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A date and time, with its offset from UTC if there is one.
///
/// It is read from RFC 3339 and the variants that Laravel APIs use: with `T` or a space, with `Z`, an offset or
/// neither, and with or without a fraction of a second.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    civil: DateTime,
    offset: Option<Offset>,
}

/// The text is not a date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time")]
pub struct ParseTimestampError;

impl Timestamp {
    /// The date and time as they were written, without the offset.
    pub const fn civil(self) -> DateTime {
        self.civil
    }

    /// The offset from UTC, if there is one.
    pub const fn offset(self) -> Option<Offset> {
        self.offset
    }

    /// The point in time, if there is an offset.
    pub fn instant(self) -> Option<jiff::Timestamp> {
        self.offset?.to_timestamp(self.civil).ok()
    }

    /// The point in time. Without an offset, the time is taken to be in `zone`.
    pub fn instant_in(self, zone: &TimeZone) -> Option<jiff::Timestamp> {
        match self.offset {
            Some(_) => self.instant(),
            None => zone.to_timestamp(self.civil).ok(),
        }
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        Self { civil: Offset::UTC.to_datetime(instant), offset: Some(Offset::UTC) }
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pieces = Pieces::parse(text).map_err(|_| ParseTimestampError)?;
        let time = pieces.time().ok_or(ParseTimestampError)?;
        let offset = match pieces.offset() {
            None => None,
            Some(PiecesOffset::Zulu) => Some(Offset::UTC),
            Some(PiecesOffset::Numeric(offset)) => Some(offset.offset()),
            Some(_) => return Err(ParseTimestampError),
        };
        Ok(Self { civil: pieces.date().to_datetime(time), offset })
    }
}

/// Shows RFC 3339, with a numeric offset if there is one, such as `2026-06-15T09:00:00+01:00`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.civil)?;
        match self.offset {
            None => Ok(()),
            Some(offset) => {
                let minutes = offset.seconds() / 60;
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read_and_written_in_one() {
        for (text, written, instant) in [
            ("2026-06-15T09:00:00+01:00", "2026-06-15T09:00:00+01:00", Some("2026-06-15T08:00:00Z")),
            ("2026-06-05T10:00:00Z", "2026-06-05T10:00:00+00:00", Some("2026-06-05T10:00:00Z")),
            ("2026-06-05T10:00:00.250000Z", "2026-06-05T10:00:00.25+00:00", Some("2026-06-05T10:00:00.25Z")),
            ("2021-12-01 01:42:59", "2021-12-01T01:42:59", None),
            ("2026-06-05T10:00:00", "2026-06-05T10:00:00", None),
            ("2026-06-05T10:00:00-03:30", "2026-06-05T10:00:00-03:30", Some("2026-06-05T13:30:00Z")),
        ] {
            let read: Timestamp = text.parse().unwrap();
            assert_eq!(read.to_string(), written);
            assert_eq!(read.instant(), instant.map(|instant| instant.parse().unwrap()), "{text}");
            assert_eq!(written.parse::<Timestamp>().unwrap(), read);
        }
    }

    #[test]
    fn without_an_offset_the_zone_decides() {
        let zone = TimeZone::fixed(Offset::constant(2));
        let in_zone = |text: &str| text.parse::<Timestamp>().unwrap().instant_in(&zone).unwrap().to_string();
        assert_eq!(in_zone("2026-06-05T10:00:00"), "2026-06-05T08:00:00Z");
        assert_eq!(in_zone("2026-06-05T10:00:00Z"), "2026-06-05T10:00:00Z");
    }

    #[test]
    fn rubbish_is_refused() {
        for text in ["", "soon", "2026-06-15", "2026-13-01T00:00:00Z", "1780653600"] {
            assert_eq!(text.parse::<Timestamp>(), Err(ParseTimestampError), "{text}");
        }
    }
}
