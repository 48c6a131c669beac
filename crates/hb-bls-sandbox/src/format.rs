//! The format of times and money in responses.

use std::sync::LazyLock;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde_json::{Value, json};

/// The zone of slot dates and times. The database is compiled in, so the look-up cannot fail.
static LONDON: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC));

/// The instant of a UK civil date and time.
pub(crate) fn london_instant(date: Date, time: Time) -> Result<Timestamp, jiff::Error> {
    Ok(date.to_datetime(time).to_zoned_datetime(LONDON.clone())?.timestamp())
}

/// An instant on the UK clock.
pub(crate) fn in_london(at: Timestamp) -> ZonedDateTime {
    at.to_zoned_datetime(LONDON.clone())
}

/// The UK's date at an instant.
pub(crate) fn london_date(at: Timestamp) -> Date {
    in_london(at).date()
}

/// `2026-06-08T09:00:00+01:00`, as `start_date` and `end_date` are written.
pub(crate) fn local(at: Timestamp) -> String {
    in_london(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// `2026-06-05T10:00:00+00:00`, as `created_at`, `expires_at` and `occurred_at` are written.
pub(crate) fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// `09:00`.
pub(crate) fn hour_minute(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// Pence as a JSON number of pounds. Two decimals survive a double, so the text is exact.
pub(crate) fn pounds(pence: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "balances are far below 2^53 pence")]
    let pounds = pence as f64 / 100.0;
    json!(pounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    #[test]
    fn the_uk_offset_follows_the_season() {
        let nine = time(9, 0, 0, 0);
        let summer = london_instant(date(2026, 6, 8), nine).unwrap();
        let winter = london_instant(date(2026, 12, 7), nine).unwrap();
        assert_eq!(local(summer), "2026-06-08T09:00:00+01:00");
        assert_eq!(utc(summer), "2026-06-08T08:00:00+00:00");
        assert_eq!(local(winter), "2026-12-07T09:00:00+00:00");
    }

    #[test]
    fn pounds_are_exact() {
        assert_eq!(pounds(48_000).to_string(), "480.0");
        assert_eq!(pounds(1_999).to_string(), "19.99");
        assert_eq!(pounds(-5).to_string(), "-0.05");
    }
}
