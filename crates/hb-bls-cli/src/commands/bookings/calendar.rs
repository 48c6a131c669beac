//! Bookings as a calendar (iCalendar, RFC 5545).

use hb_bls::{Booking, BookingStatus};
use jiff::{Timestamp, ZonedDateTime};

/// How many bytes a line may have.
const WIDTH: usize = 75;

/// When the UK changes its clocks.
const LONDON: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/London\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:19810329T010000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n\
    TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nTZNAME:BST\r\nEND:DAYLIGHT\r\n\
    BEGIN:STANDARD\r\nDTSTART:19961027T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
    TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nTZNAME:GMT\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

/// Since when versions of events are counted, in seconds: from 2020 on, so that the number stays small for decades.
const FIRST_VERSION: i64 = 1_577_836_800;

/// An event for each booking that has a start. The same booking has the same id each time, and a later export has a higher
/// version. A calendar that has the event already takes it only then, and the portal does not tell when a booking was moved.
pub fn calendar(bookings: &[Booking], with_links: bool, now: Timestamp) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//hb-bls//bookings//EN\r\n".to_owned() + LONDON;
    for booking in bookings {
        if let Some(start) = &booking.start_date {
            event(&mut text, booking, start, with_links, now);
        }
    }
    text + "END:VCALENDAR\r\n"
}

fn event(text: &mut String, booking: &Booking, start: &ZonedDateTime, with_links: bool, now: Timestamp) {
    let mut add = |name: &str, value: &str| fold(text, &format!("{name}:{value}"));
    let local = |at: &ZonedDateTime| at.strftime("%Y%m%dT%H%M%S").to_string();
    let candidate = booking.candidate.as_ref().and_then(|candidate| candidate.name.as_deref()).unwrap_or("a candidate");
    let course = booking.course.as_ref().and_then(|course| course.name.as_deref()).unwrap_or("training");
    add("BEGIN", "VEVENT");
    add("UID", &format!("booking-{}@hb-bls", booking.id));
    add("DTSTAMP", &utc(now));
    add("SEQUENCE", &(now.as_second() - FIRST_VERSION).max(0).to_string());
    if let Some(created) = booking.created_at {
        add("CREATED", &utc(created));
    }
    add("DTSTART;TZID=Europe/London", &local(start));
    if let Some(end) = &booking.end_date {
        add("DTEND;TZID=Europe/London", &local(end));
    }
    add("SUMMARY", &escape(&format!("{candidate}: {course}")));
    if booking.booking_status == Some(BookingStatus::Cancelled) {
        add("STATUS", "CANCELLED");
    }
    if let Some(meeting) = booking.virtual_meeting.as_ref().filter(|_| with_links) {
        let password = meeting.zoom_password.as_ref().map(|password| format!("\nPassword: {}", password.expose()));
        if let Some(link) = &meeting.zoom_link {
            add("LOCATION", &escape(link));
            add("DESCRIPTION", &escape(&format!("{link}{}", password.unwrap_or_default())));
        }
    }
    add("END", "VEVENT");
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn escape(text: &str) -> String {
    let clean: String = text.chars().filter(|char| *char == '\n' || !char.is_control()).collect();
    clean.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// A long line goes on in the next one, after a space. No character is cut.
fn fold(text: &mut String, line: &str) {
    let mut room = WIDTH;
    for char in line.chars() {
        if char.len_utf8() > room {
            text.push_str("\r\n ");
            room = WIDTH - 1;
        }
        room -= char.len_utf8();
        text.push(char);
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        assert_eq!(escape("a, b; c\\d\ne\u{7}"), "a\\, b\\; c\\\\d\\ne");
    }

    /// Google Calendar and Outlook leave an event as it is unless its version is higher.
    #[test]
    fn a_booking_that_was_moved_is_the_same_event_in_a_later_version() {
        let export = |start: &str, now: &str| {
            let json = serde_json::json!({ "id": 12, "start_date": start, "created_at": "2026-05-19T08:00:00+00:00" });
            let booking: Booking = serde_json::from_value(json).unwrap();
            let text = calendar(&[booking], false, now.parse().unwrap());
            let value = |name: &str| text.lines().find_map(|line| Some(line.strip_prefix(name)?.to_owned())).unwrap();
            (value("UID:"), value("SEQUENCE:").parse::<i32>().unwrap(), value("DTSTAMP:"), value("DTSTART;TZID="))
        };
        let before = export("2026-06-08T09:00:00+01:00", "2026-06-01T07:00:00Z");
        let after = export("2026-06-05T10:00:00+01:00", "2026-06-01T07:00:01Z");
        assert_eq!(before.0, after.0);
        assert!(after.1 > before.1, "{before:?} {after:?}");
        assert_eq!((before.2.as_str(), after.2.as_str()), ("20260601T070000Z", "20260601T070001Z"));
        assert_eq!(after.3, "Europe/London:20260605T100000");
        // also in the last year that a number of 32 bits reaches
        assert!(export("2026-06-08T09:00:00+01:00", "2087-12-31T00:00:00Z").1 > after.1);
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let line = format!("SUMMARY:{}", "Łukasz ".repeat(30));
        let mut text = String::new();
        fold(&mut text, &line);
        assert!(text.split("\r\n").all(|line| line.len() <= WIDTH), "{text}");
        assert_eq!(text.replace("\r\n ", ""), line + "\r\n");
    }
}
