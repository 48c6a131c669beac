//! Days and times as people in the UK read them.

use hb_bls::{Date, Time};
use jiff::{Timestamp, ZonedDateTime, civil::DateTime};

use crate::clock::LONDON;

/// A day: `Mon 7 Dec 2026`.
pub fn names(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

/// A day and a time: `Mon 7 Dec 2026, 09:00`.
pub fn moment(date: Date, time: Time) -> String {
    format!("{}, {}", names(date), time.strftime("%H:%M"))
}

/// That a day, or a time of it, is past by the clocks of the UK; nothing if it is not.
pub fn past(date: Date, time: Option<Time>, now: DateTime) -> Option<String> {
    if date < now.date() {
        return Some(format!("{} is past", names(date)));
    }
    let at = time.filter(|time| date.to_datetime(*time) < now)?;
    Some(format!("{} is past", moment(date, at)))
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
    fn what_is_past_is_reported_to_the_minute() {
        let now: DateTime = "2026-06-08T10:00:00".parse().unwrap();
        let past =
            |date: &str, time: Option<&str>| past(date.parse().unwrap(), time.map(|time| time.parse().unwrap()), now);
        assert_eq!(past("2026-06-07", Some("11:00")).unwrap(), "Sun 7 Jun 2026 is past");
        assert_eq!(past("2026-06-07", None).unwrap(), "Sun 7 Jun 2026 is past");
        assert_eq!(past("2026-06-08", Some("09:59")).unwrap(), "Mon 8 Jun 2026, 09:59 is past");
        for still in [past("2026-06-08", Some("10:00")), past("2026-06-08", None), past("2026-06-09", Some("09:00"))] {
            assert_eq!(still, None);
        }
    }

    #[test]
    fn summer_time_is_that_of_the_uk() {
        let shown = |at: &str| (instant(at.parse().unwrap()), second(at.parse().unwrap()));
        assert_eq!(shown("2026-06-08T08:00:05Z"), ("Mon 8 Jun 2026, 09:00".to_owned(), "09:00:05".to_owned()));
        assert_eq!(shown("2026-12-07T23:30:00Z"), ("Mon 7 Dec 2026, 23:30".to_owned(), "23:30:00".to_owned()));
        assert_eq!(shown("2026-08-31T23:30:00Z").0, "Tue 1 Sep 2026, 00:30");
    }
}
