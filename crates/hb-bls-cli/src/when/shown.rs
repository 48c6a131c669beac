//! Days and times as people in the UK read them.

use hb_bls::{Date, Time};
use jiff::{Timestamp, ZonedDateTime};

use crate::clock::LONDON;

/// A day: `Mon 7 Dec 2026`.
pub fn names(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

/// A day and a time: `Mon 7 Dec 2026, 09:00`.
pub fn moment(date: Date, time: Time) -> String {
    format!("{}, {}", names(date), time.strftime("%H:%M"))
}

/// A time in its own zone, which is that of the trainings.
pub fn zoned(at: &ZonedDateTime) -> String {
    moment(at.date(), at.time())
}

/// An instant by the clocks of the UK.
pub fn instant(at: Timestamp) -> String {
    zoned(&at.to_zoned_datetime(LONDON))
}

/// The time of an instant to the minute, by the clocks of the UK.
pub fn minute(at: Timestamp) -> String {
    at.to_zoned_datetime(LONDON).strftime("%H:%M").to_string()
}

/// The time of an instant to the second, by the clocks of the UK.
pub fn second(at: Timestamp) -> String {
    at.to_zoned_datetime(LONDON).strftime("%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_time_is_that_of_the_uk() {
        let shown = |at: &str| (instant(at.parse().unwrap()), second(at.parse().unwrap()));
        assert_eq!(shown("2026-06-08T08:00:05Z"), ("Mon 8 Jun 2026, 09:00".to_owned(), "09:00:05".to_owned()));
        assert_eq!(shown("2026-12-07T23:30:00Z"), ("Mon 7 Dec 2026, 23:30".to_owned(), "23:30:00".to_owned()));
        assert_eq!(shown("2026-08-31T23:30:00Z").0, "Tue 1 Sep 2026, 00:30");
    }
}
