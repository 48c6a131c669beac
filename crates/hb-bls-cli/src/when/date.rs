//! Days: `23/11/2026`, `23 Nov 2026`, `tomorrow`, `next Monday`.

use hb_bls::Date;
use jiff::civil::Weekday;

use super::format::names;
use crate::words::words;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
const HOW: &str = "is not a date; write it as 23/11/2026, 23 Nov 2026, tomorrow or next Monday";
/// A year of two digits is meant to be this close to today.
const YEARS: i16 = 5;

/// The day that is meant, as seen from `today`.
pub fn date(text: &str, today: Date) -> Result<Date, String> {
    if several(text, today).is_some() {
        return Err("is more than one day; name the day".to_owned());
    }
    let text = text.trim().to_lowercase().replace(',', " ");
    if let Some(date) = in_words(&text, today) {
        return date;
    }
    // as a spreadsheet shows a day that it keeps with a time
    let text = ["t00:00:00", " 00:00:00", " 00:00"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(&text);
    let parts: Vec<_> = text.split(|char: char| " /.-".contains(char)).filter(|part| !part.is_empty()).collect();
    let parts = match &parts[..] {
        // the name of the day is for people
        [day, rest @ ..] if rest.len() >= 2 && WEEKDAYS.iter().any(|(name, _)| abbreviates(day, name)) => rest,
        all => all,
    };
    match parts {
        [number] if number.len() == 5 && number.chars().all(|char| char.is_ascii_digit()) => {
            Err("is the number that a spreadsheet keeps a date as; format the column as a date".to_owned())
        }
        [year, month, day] if year.len() == 4 => real(number(year)?, month_number(month)?, number(day)?),
        [day, month, year] if year.len() == 4 => {
            let (day, month, year) = (day_number(day)?, month_number(month)?, number(year)?);
            if month > 12 && day <= 12 {
                return Err(format!("has no month {month}: the day comes first; is it {month}/{day}/{year}?"));
            }
            real(year, month, day)
        }
        [first, month, last] if last.len() == 2 && first.len() <= 2 => two_digits(first, month, last, today),
        [_, _] => Err("has no year; write it as 23/11/2026".to_owned()),
        _ => Err(HOW.to_owned()),
    }
}

/// The first day that is meant: that of the week or month if one is named.
pub fn first(text: &str, today: Date) -> Result<Date, String> {
    several(text, today).map_or_else(|| date(text, today), |days| days.map(|(first, _)| first))
}

/// The last day that is meant: that of the week or month if one is named.
pub fn last(text: &str, today: Date) -> Result<Date, String> {
    several(text, today).map_or_else(|| date(text, today), |days| days.map(|(_, last)| last))
}

/// The first and the last day of a week or month that is named.
fn several(text: &str, today: Date) -> Option<Result<(Date, Date), String>> {
    let text = words(text);
    let (which, what) = text.split_once(' ')?;
    let away = match which {
        "last" => -1,
        "this" => 0,
        "next" => 1,
        _ => return None,
    };
    let days = match what {
        "week" => {
            let monday = 7 * away - i64::from(today.weekday().to_monday_zero_offset());
            let day = |days: i64| today.checked_add(jiff::Span::new().days(days));
            day(monday).and_then(|first| Ok((first, day(monday + 6)?)))
        }
        "month" => {
            let first = today.first_of_month().checked_add(jiff::Span::new().months(away));
            first.map(|first| (first, first.last_of_month()))
        }
        _ => return None,
    };
    Some(days.map_err(|_| HOW.to_owned()))
}

/// A day that is named by how far it is away.
fn in_words(text: &str, today: Date) -> Option<Result<Date, String>> {
    let text = words(text);
    let days = |days: i64| today.checked_add(jiff::Span::new().days(days)).map_err(|_| HOW.to_owned());
    let monday = i64::from(today.weekday().to_monday_zero_offset());
    Some(match text.as_str() {
        "today" => Ok(today),
        "tomorrow" => days(1),
        "yesterday" => days(-1),
        text => {
            let (next, name) = match text.strip_prefix("next ") {
                Some(name) => (true, name),
                None => (false, text.strip_prefix("this ").unwrap_or(text)),
            };
            let (_, weekday) = WEEKDAYS.iter().find(|(full, _)| abbreviates(name, full))?;
            let ahead = i64::from(weekday.to_monday_zero_offset()) - monday;
            let coming = days(if ahead > 0 { ahead } else { ahead + 7 });
            let of_next_week = days(ahead + 7);
            match (coming, of_next_week) {
                (Ok(coming), Ok(later)) if next && coming != later => {
                    Err(format!("is ambiguous: {} or {}?", names(coming), names(later)))
                }
                (coming, _) => coming,
            }
        }
    })
}

/// The day comes first, unless only the year can.
fn two_digits(first: &str, month: &str, last: &str, today: Date) -> Result<Date, String> {
    let century = today.year() / 100 * 100;
    let month = month_number(month)?;
    let readings = [(last, first), (first, last)].map(|(year, day)| {
        let (year, day) = (century + number(year)?, number(day)?);
        real(year, month, day).map(|date| (date, (date.year() - today.year()).abs() <= YEARS))
    });
    match readings {
        [Ok((first, true)), Ok((second, true))] if first != second => {
            Err(format!("is ambiguous: {} or {}? Write the year with four digits", names(first), names(second)))
        }
        [Ok((date, true)), _] | [_, Ok((date, true))] => Ok(date),
        [first, _] => first.map(|(date, _)| date),
    }
}

/// The day, if the calendar has it.
fn real(year: i16, month: i16, day: i16) -> Result<Date, String> {
    let exists = |day: i16| {
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        Date::new(year, month, day).ok()
    };
    let of_month = |month: usize| {
        let mut name = MONTHS[month].to_owned();
        name[..1].make_ascii_uppercase();
        name
    };
    match usize::try_from(month) {
        Ok(named @ 1..=12) => {
            exists(day).ok_or_else(|| format!("does not exist: there is no {day} {} {year}", of_month(named - 1)))
        }
        _ => Err(format!("does not exist: there is no month {month}")),
    }
}

/// `3`, `3rd`.
fn day_number(text: &str) -> Result<i16, String> {
    let plain = ["st", "nd", "rd", "th"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    number(plain)
}

/// `11`, `Nov`, `November`.
fn month_number(text: &str) -> Result<i16, String> {
    if let Some(found) = MONTHS.iter().position(|name| abbreviates(text, name)) {
        return i16::try_from(found + 1).map_err(|_| HOW.to_owned());
    }
    number(text)
}

fn number(text: &str) -> Result<i16, String> {
    let digits = text.chars().all(|char| char.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| HOW.to_owned())
}

/// Whether a name is written out or cut after its third letter.
fn abbreviates(text: &str, name: &str) -> bool {
    text.len() >= 3 && name.starts_with(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Thursday.
    const TODAY: Date = Date::constant(2026, 11, 26);

    fn day(text: &str) -> String {
        date(text, TODAY).map_or_else(|why| why, |date| date.to_string())
    }

    #[test]
    fn the_day_comes_first() {
        for text in [
            "2026-12-07",
            "07/12/2026",
            "7/12/2026",
            "7.12.2026",
            "7-12-2026",
            "7 Dec 2026",
            "7 December 2026",
            "7th dec 2026",
            "Mon 7 Dec 2026",
            "Monday, 7 December 2026",
            "7-Dec-26",
            "07/12/26",
            " 7  dec  2026 ",
            "2026-12-07 00:00:00",
            "2026/12/07",
        ] {
            assert_eq!(day(text), "2026-12-07", "{text}");
        }
    }

    #[test]
    fn days_have_names() {
        for (text, expected) in [
            ("today", "2026-11-26"),
            ("Tomorrow", "2026-11-27"),
            ("monday", "2026-11-30"),
            ("next Monday", "2026-11-30"),
            ("friday", "2026-11-27"),
            ("next wed", "2026-12-02"),
            ("thursday", "2026-12-03"),
            ("next thursday", "2026-12-03"),
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
    }

    #[test]
    fn weeks_and_months_begin_and_end() {
        for (text, begin, end) in [
            ("last week", "2026-11-16", "2026-11-22"),
            ("This  week", "2026-11-23", "2026-11-29"),
            ("next week", "2026-11-30", "2026-12-06"),
            ("last month", "2026-10-01", "2026-10-31"),
            ("this month", "2026-11-01", "2026-11-30"),
            ("next month", "2026-12-01", "2026-12-31"),
        ] {
            let read = [first(text, TODAY), last(text, TODAY)].map(|day| day.unwrap().to_string());
            assert_eq!(read, [begin, end], "{text}");
            assert_eq!(day(text), "is more than one day; name the day", "{text}");
        }
        for read in [first, last] {
            assert_eq!(read("tomorrow", TODAY), date("tomorrow", TODAY));
            assert_eq!(read("next friday", TODAY), date("next friday", TODAY));
        }
    }

    #[test]
    fn two_readings_are_both_reported() {
        assert_eq!(day("next friday"), "is ambiguous: Fri 27 Nov 2026 or Fri 4 Dec 2026?");
        assert!(
            day("26/12/27").starts_with("is ambiguous: Sun 26 Dec 2027 or Sun 27 Dec 2026?"),
            "{}",
            day("26/12/27")
        );
    }

    #[test]
    fn what_is_no_day_is_reported_with_the_cause() {
        for (text, why) in [
            ("2026-02-30", "does not exist: there is no 30 February 2026"),
            ("30/02/2026", "does not exist: there is no 30 February 2026"),
            ("31 April 2026", "does not exist: there is no 31 April 2026"),
            ("11/23/2026", "has no month 23: the day comes first; is it 23/11/2026?"),
            ("2026-13-01", "does not exist: there is no month 13"),
            ("7 Dec", "has no year; write it as 23/11/2026"),
            ("46363", "is the number that a spreadsheet keeps a date as; format the column as a date"),
            ("soon", HOW),
            ("", HOW),
            ("7/12", "has no year; write it as 23/11/2026"),
            ("a/b/2026", HOW),
            ("99999999999/1/2026", HOW),
            ("2026-12-07 10:30", HOW),
        ] {
            assert_eq!(day(text), why, "{text}");
        }
    }
}
