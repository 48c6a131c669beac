//! Changes that staff and candidates make to a booking, each with the events that it fires.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::kit;
use crate::format;
use crate::problem::Problem;
use crate::store::bookings::{self, Booking};
use crate::store::slots::{self, SlotAvailability};
use crate::store::transactions::{self, Entry, Wallet};
use crate::store::{accounts, courses, events, millis};

/// What staff record about a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attendance {
    /// Took the training and passed.
    Attended,
    /// Did not come.
    NoShow,
}

/// The candidate pays for a pending booking.
pub(crate) fn pay(db: &Connection, id: i64, now: Timestamp) -> Result<Booking, Problem> {
    let mut booking = bookings::by_id(db, id)?;
    if booking.booking_status != "pending" {
        return refuse(&booking, "only a pending booking can be paid");
    }
    for (change, what) in [(booking.price, "Candidate's payment for booking"), (-booking.price, "Booking")] {
        let description = format!("{what} {id}");
        let entry = Entry { change, description: &description, booking: Some(id) };
        transactions::record(db, booking.account_id, Wallet::Money, &entry, now)?;
    }
    "booked".clone_into(&mut booking.booking_status);
    "completed".clone_into(&mut booking.pay_status);
    bookings::update(db, &booking)?;
    publish(db, &booking, "booking.created", now)?;
    publish(db, &booking, "booking.confirmed", now)?;
    Ok(booking)
}

/// Staff record who came.
pub(crate) fn attend(db: &Connection, id: i64, attendance: Attendance, now: Timestamp) -> Result<Booking, Problem> {
    let mut booking = bookings::by_id(db, id)?;
    if booking.booking_status != "booked" {
        return refuse(&booking, "attendance can only be recorded for a confirmed booking");
    }
    if booking.attendance.is_some() {
        return refuse(&booking, "attendance has already been recorded");
    }
    let (seen, trained) = match attendance {
        Attendance::Attended => ("attended", "completed"),
        Attendance::NoShow => ("no_show", "no_show"),
    };
    booking.attendance = Some(seen.to_owned());
    trained.clone_into(&mut booking.training_status);
    bookings::update(db, &booking)?;
    publish(db, &booking, "booking.attendance_marked", now)?;
    if booking.certificate_available() {
        publish(db, &booking, "booking.certificate_available", now)?;
    }
    Ok(booking)
}

/// The kit comes back.
pub(crate) fn return_kit(db: &Connection, id: i64, now: Timestamp) -> Result<Booking, Problem> {
    let mut booking = bookings::by_id(db, id)?;
    if booking.pay_status != "completed" {
        return refuse(&booking, "no kit is posted before the booking is paid");
    }
    if booking.kit_is_in() {
        return refuse(&booking, "the kit has already been returned");
    }
    "in".clone_into(&mut booking.equipment_status);
    bookings::update(db, &booking)?;
    if booking.certificate_available() {
        publish(db, &booking, "booking.certificate_available", now)?;
    }
    Ok(booking)
}

/// The booking is called off; what the account paid comes back.
pub(crate) fn cancel(db: &Connection, id: i64, now: Timestamp) -> Result<Booking, Problem> {
    let mut booking = bookings::by_id(db, id)?;
    still_to_come(&booking, "cancelled")?;
    let refund = match booking.pay_option.as_str() {
        "credits" => Some((Wallet::Course(booking.course_id), 1)),
        "balance" => Some((Wallet::Money, booking.price)),
        "invoice" => {
            accounts::owe(db, booking.account_id, -booking.price)?;
            None
        }
        _ => None,
    };
    if let Some((wallet, change)) = refund {
        let description = format!("Refund of booking {id}");
        let entry = Entry { change, description: &description, booking: Some(id) };
        transactions::record(db, booking.account_id, wallet, &entry, now)?;
    }
    "cancelled".clone_into(&mut booking.booking_status);
    bookings::update(db, &booking)?;
    publish(db, &booking, "booking.cancelled", now)?;
    Ok(booking)
}

/// The booking moves to another open slot of its course.
pub(crate) fn reschedule(
    db: &Connection,
    id: i64,
    (date, time): (Date, Time),
    now: Timestamp,
) -> Result<Booking, Problem> {
    let before = bookings::by_id(db, id)?;
    still_to_come(&before, "rescheduled")?;
    let course = courses::by_id(db, before.course_id)?
        .ok_or_else(|| Problem::Internal("a booking for a course that is gone".to_owned()))?;
    let slot = match slots::find(db, &course, (date, time), Some(id), now)? {
        SlotAvailability::Open(slot) if slot.start != before.start => slot,
        SlotAvailability::Open(_) => return refuse(&before, "it is in that timeslot already"),
        SlotAvailability::Taken | SlotAvailability::NotOffered => {
            return Err(Problem::rule("time", "The selected timeslot is not available."));
        }
    };
    let kit = kit::deadline(slot.end)?;
    // A late kit is in time again, and can be late a second time.
    db.execute(
        "UPDATE bookings SET trainer_id = ?2, start_on = ?3, start_at = ?4, end_at = ?5,
            kit_due_on = ?6, kit_late_at = ?7,
            equipment_status = iif(equipment_status = 'late', 'out', equipment_status) WHERE id = ?1",
        params![
            id,
            slot.trainer_id,
            date.to_string(),
            millis(slot.start),
            millis(slot.end),
            kit.due_on.to_string(),
            millis(kit.late_at),
        ],
    )?;
    let booking = bookings::by_id(db, id)?;
    let mut data = booking.json();
    data["previous_start_date"] = json!(format::local(before.start));
    data["previous_end_date"] = json!(format::local(before.end));
    events::publish(db, booking.account_id, "booking.rescheduled", data, now)?;
    Ok(booking)
}

fn still_to_come(booking: &Booking, what: &str) -> Result<(), Problem> {
    if booking.booking_status == "cancelled" || booking.attendance.is_some() {
        return refuse(booking, &format!("it can no longer be {what}")).map(|_| ());
    }
    Ok(())
}

fn refuse(booking: &Booking, why: &str) -> Result<Booking, Problem> {
    let message = format!("Booking {} is {}: {why}.", booking.id, booking.booking_status);
    Err(Problem::rule("booking", message))
}

fn publish(db: &Connection, booking: &Booking, event: &str, now: Timestamp) -> Result<(), Problem> {
    let data: Value = booking.json();
    events::publish(db, booking.account_id, event, data, now)
}
