//! Bookings as a calendar (iCalendar, RFC 5545).

use hb_bls::{Booking, BookingStatus};
use jiff::ZonedDateTime;

/// How many bytes a line may have.
const WIDTH: usize = 75;

/// When the UK changes its clocks.
const LONDON: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/London\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:19810329T010000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n\
    TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nTZNAME:BST\r\nEND:DAYLIGHT\r\n\
    BEGIN:STANDARD\r\nDTSTART:19961027T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
    TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nTZNAME:GMT\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

/// An event for each booking that has a start. The same booking has the same id each time, so that a calendar moves it.
pub fn calendar(bookings: &[Booking], with_links: bool) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//hb-bls//bookings//EN\r\n".to_owned() + LONDON;
    for booking in bookings {
        if let Some(start) = &booking.start_date {
            event(&mut text, booking, start, with_links);
        }
    }
    text + "END:VCALENDAR\r\n"
}

fn event(text: &mut String, booking: &Booking, start: &ZonedDateTime, with_links: bool) {
    let mut add = |name: &str, value: &str| fold(text, &format!("{name}:{value}"));
    let local = |at: &ZonedDateTime| at.strftime("%Y%m%dT%H%M%S").to_string();
    // when it was made, since when it was exported would make every export another
    let stamp = booking.created_at.unwrap_or_else(|| start.timestamp());
    let candidate = booking.candidate.as_ref().and_then(|candidate| candidate.name.as_deref()).unwrap_or("a candidate");
    let course = booking.course.as_ref().and_then(|course| course.name.as_deref()).unwrap_or("training");
    add("BEGIN", "VEVENT");
    add("UID", &format!("booking-{}@hb-bls", booking.id));
    add("DTSTAMP", &stamp.strftime("%Y%m%dT%H%M%SZ").to_string());
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

    #[test]
    fn long_lines_are_folded_between_characters() {
        let line = format!("SUMMARY:{}", "Łukasz ".repeat(30));
        let mut text = String::new();
        fold(&mut text, &line);
        assert!(text.split("\r\n").all(|line| line.len() <= WIDTH), "{text}");
        assert_eq!(text.replace("\r\n ", ""), line + "\r\n");
    }
}
