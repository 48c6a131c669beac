//! Triggers an event by making the change that causes it, for an invented candidate.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;

use crate::booking::{self, Attendance, PayOption};
use crate::core::Core;
use crate::problem::Problem;
use crate::store::accounts::Account;
use crate::store::bookings::{Booking, BookingContacts};
use crate::store::courses::{self, Course};
use crate::store::slots::{self, Slot};
use crate::store::transactions::Wallet;
use crate::store::{accounts, bookings, events, webhooks};

impl Core {
    /// Does what leads to an event. Gives the booking that was made for it, if the event is about one.
    pub(crate) async fn trigger(&self, event: &str) -> Result<Option<Value>, Problem> {
        let now = self.clock.now();
        let booking = self.store.write(|db| match event {
            events::TEST => {
                for webhook in webhooks::of_all_accounts(db)? {
                    events::publish_test(db, webhook.id, now)?;
                }
                Ok(None)
            }
            _ => lead_to(db, event, now).map(Some),
        })?;
        self.dispatch.wake();
        let Some(booking) = booking else { return Ok(None) };
        if event == "booking.equipment_late" {
            let late = self.store.read(|db| bookings::kit_late_at(db, booking.id))?;
            self.advance(Duration::try_from(late.duration_since(now)).unwrap_or_default()).await?;
        }
        let booking = self.store.read(|db| bookings::by_id(db, booking.id))?;
        Ok(Some(booking.json()))
    }
}

fn lead_to(db: &Connection, event: &str, now: Timestamp) -> Result<Booking, Problem> {
    if !events::TYPES.contains(&event) {
        let known = events::TYPES.join(", ");
        return Err(Problem::rule("event", format!("The event must be one of {known}.")));
    }
    let account = accounts::first(db)?;
    let (course, mut slots) = free_slots(db, now)?;
    let first = slots.next().ok_or_else(|| Problem::rule("event", "There is no free timeslot."))?;
    let pay_option = match event {
        "booking.confirmed" => PayOption::CandidatePays,
        _ => affordable(db, &account, &course)?,
    };
    let made = booking::create_at(db, account.id, &first, (candidate(), pay_option), now)?;
    if pay_option == PayOption::CandidatePays {
        booking::pay(db, made.id, now)?;
    }
    match event {
        "booking.rescheduled" => {
            let next = slots.next().ok_or_else(|| Problem::rule("event", "There is no other free timeslot."))?;
            booking::reschedule(db, made.id, (next.date, next.time), now)
        }
        "booking.cancelled" => booking::cancel(db, made.id, now),
        "booking.attendance_marked" => booking::attend(db, made.id, Attendance::Attended, now),
        "booking.certificate_available" => {
            booking::attend(db, made.id, Attendance::Attended, now)?;
            booking::return_kit(db, made.id, now)
        }
        _ => bookings::by_id(db, made.id),
    }
}

/// The free slots of the first course that has any.
fn free_slots(db: &Connection, now: Timestamp) -> Result<(Course, impl Iterator<Item = Slot> + use<>), Problem> {
    let days = slots::bookable_days(now, slots::DEFAULT_MONTHS_AHEAD)?;
    for course in courses::all(db)? {
        let free = slots::open(db, &course, days, now)?;
        if !free.is_empty() {
            return Ok((course, free.into_iter()));
        }
    }
    Err(Problem::rule("event", "There is no free timeslot."))
}

/// How the account can pay; if it cannot, the candidate does.
fn affordable(db: &Connection, account: &Account, course: &Course) -> Result<PayOption, Problem> {
    Ok(if accounts::wallet(db, account.id, Wallet::Course(course.id))? > 0 {
        PayOption::Credits
    } else if account.balance >= course.price {
        PayOption::Balance
    } else if account.invoice_payments && account.invoiced + course.price <= account.credit_limit {
        PayOption::Invoice
    } else {
        PayOption::CandidatePays
    })
}

fn candidate() -> BookingContacts {
    BookingContacts {
        first_name: "Robin".to_owned(),
        last_name: "Example".to_owned(),
        email: "robin@example.org".to_owned(),
        phone: "07700 900000".to_owned(),
        address: "1 High Street".to_owned(),
        city: "Leeds".to_owned(),
        postcode: "LS1 1AA".to_owned(),
        job_role: "Nurse".to_owned(),
        agency_contact_name: "Bookings Desk".to_owned(),
        agency_contact_email: "desk@agency.example".to_owned(),
        agency_email: None,
    }
}
