//! The state of a booking, in one word, and the SQL that finds bookings in that state.

use crate::store::bookings::Booking;

/// A word with a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pill {
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
}

const fn pill(word: &'static str, tone: &'static str) -> Pill {
    Pill { word, tone }
}

/// The furthest that the booking has come.
pub(super) fn of(booking: &Booking) -> Pill {
    if booking.booking_status == "cancelled" {
        return pill("Cancelled", "quiet");
    }
    if booking.booking_status == "pending" {
        return pill("Awaiting payment", "warn");
    }
    match booking.attendance.as_deref() {
        Some("no_show") => pill("No-show", "bad"),
        Some(_) if booking.certificate_available() => pill("Certificate ready", "good"),
        Some(_) => pill("Attended", "info"),
        None => pill("Booked", "accent"),
    }
}

/// Where the posted kit is.
pub(super) fn kit(booking: &Booking) -> Pill {
    match booking.equipment_status.as_str() {
        "in" => pill("Back", "good"),
        "late" => pill("Late", "bad"),
        _ if booking.booking_status == "booked" => pill("Out", "info"),
        _ => pill("–", "quiet"),
    }
}

/// A choice of the list: its name in the address, its label, and what it selects.
pub(super) type Choice = (&'static str, &'static str, Option<&'static str>);

/// Every choice of the list of bookings.
pub(super) const CHOICES: [Choice; 10] = [
    ("", "All", None),
    ("pending", "Awaiting payment", Some("booking_status = 'pending'")),
    ("booked", "Booked", Some("booking_status = 'booked' AND attendance IS NULL")),
    (
        "attended",
        "Attended",
        Some("booking_status = 'booked' AND attendance = 'attended' AND equipment_status <> 'in'"),
    ),
    (
        "certificate",
        "Certificate ready",
        Some("booking_status = 'booked' AND training_status = 'completed' AND equipment_status = 'in'"),
    ),
    ("no-show", "No-show", Some("booking_status = 'booked' AND attendance = 'no_show'")),
    ("kit-out", "Kit out", Some("booking_status = 'booked' AND equipment_status = 'out'")),
    ("kit-late", "Kit late", Some("booking_status = 'booked' AND equipment_status = 'late'")),
    ("kit-back", "Kit back", Some("booking_status = 'booked' AND equipment_status = 'in'")),
    ("cancelled", "Cancelled", Some("booking_status = 'cancelled'")),
];
