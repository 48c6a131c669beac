//! Times, money and states as text for people. Times are the UK's, as everywhere at this portal.

use jiff::{SignedDuration, Timestamp};

use crate::format::in_london;

/// `Fri 5 Jun 2026`.
pub(super) fn date(at: Timestamp) -> String {
    in_london(at).strftime("%a %-d %b %Y").to_string()
}

/// `11:00:02`.
pub(super) fn time(at: Timestamp) -> String {
    in_london(at).strftime("%H:%M:%S").to_string()
}

/// `11:00`.
pub(super) fn hour(at: Timestamp) -> String {
    in_london(at).strftime("%H:%M").to_string()
}

/// `5 Jun, 11:00:02`.
pub(super) fn moment(at: Timestamp) -> String {
    in_london(at).strftime("%-d %b, %H:%M:%S").to_string()
}

/// The time of a moment, with its date unless that is today.
pub(super) fn recent(at: Timestamp, now: Timestamp) -> String {
    if in_london(at).date() == in_london(now).date() { time(at) } else { moment(at) }
}

/// `Mon 8 Jun 2026, 09:00`.
pub(super) fn start(at: Timestamp) -> String {
    in_london(at).strftime("%a %-d %b %Y, %H:%M").to_string()
}

/// How long until something, in its largest unit or two: `2 h 5 min`.
pub(super) fn wait(length: SignedDuration) -> String {
    // Rounded up, since a moment has mostly passed since it was 15 minutes.
    let seconds = i64::try_from((length.as_millis() + 999).div_euclid(1_000)).unwrap_or(i64::MAX);
    match seconds {
        i64::MIN..=0 => "now".to_owned(),
        1..60 => format!("in {seconds} s"),
        60..3_600 => format!("in {} min", seconds / 60),
        3_600..86_400 => match (seconds / 3_600, seconds % 3_600 / 60) {
            (hours, 0) => format!("in {hours} h"),
            (hours, minutes) => format!("in {hours} h {minutes} min"),
        },
        86_400..172_800 => "in 1 day".to_owned(),
        _ => format!("in {} days", seconds / 86_400),
    }
}

/// Pence as `£480.00`.
pub(super) fn pounds(pence: i64) -> String {
    let sign = if pence < 0 { "−" } else { "" };
    let pence = pence.unsigned_abs();
    format!("{sign}£{}.{:02}", count(pence / 100), pence % 100)
}

/// `100,000`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How a booking is paid, in words.
pub(super) fn pay_option(name: &str) -> &str {
    match name {
        "credits" => "Credit",
        "balance" => "Balance",
        "invoice" => "Invoice",
        "candidate_pays" => "Candidate",
        other => other,
    }
}

/// The quality of an HTTP status, as a colour.
pub(super) fn status_tone(status: Option<u16>) -> &'static str {
    match status {
        Some(200..=299) => "good",
        Some(300..=499) => "warn",
        Some(_) => "bad",
        None => "quiet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_can_read_it() {
        let at: Timestamp = "2026-06-08T08:00:02Z".parse().unwrap();
        assert_eq!(date(at), "Mon 8 Jun 2026");
        assert_eq!(start(at), "Mon 8 Jun 2026, 09:00");
        assert_eq!(moment(at), "8 Jun, 09:00:02");
        // it is the 9th in London already
        let midnight = "2026-06-08T23:00:00Z".parse().unwrap();
        assert_eq!((recent(at, at), recent(at, midnight)), ("09:00:02".to_owned(), "8 Jun, 09:00:02".to_owned()));
        assert_eq!(pounds(48_000), "£480.00");
        assert_eq!(pounds(-123_456_705), "−£1,234,567.05");
        assert_eq!(count(100_000), "100,000");
        let waits =
            [(-5, "now"), (59, "in 59 s"), (900, "in 15 min"), (7_500, "in 2 h 5 min"), (86_400 * 7, "in 7 days")];
        for (seconds, text) in waits {
            assert_eq!(wait(SignedDuration::from_secs(seconds)), text);
        }
        assert_eq!(wait(SignedDuration::from_millis(899_100)), "in 15 min");
    }
}
