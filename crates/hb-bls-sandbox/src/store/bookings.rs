//! Bookings as they are stored and shown.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, named_params, params};
use serde_json::{Value, json};

use super::{instant, millis};
use crate::format;
use crate::problem::Problem;

/// The candidate and the agency's contact, as a booking request gives them.
#[derive(Debug, Clone, Default)]
pub(crate) struct BookingContacts {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) address: String,
    pub(crate) city: String,
    pub(crate) postcode: String,
    pub(crate) job_role: String,
    pub(crate) agency_contact_name: String,
    pub(crate) agency_contact_email: String,
    pub(crate) agency_email: Option<String>,
}

/// A booking, as far as the rules and responses need it.
#[derive(Debug, Clone)]
pub(crate) struct Booking {
    pub(crate) id: i64,
    pub(crate) account_id: i64,
    pub(crate) candidate_name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) course_id: i64,
    pub(crate) course_name: String,
    pub(crate) trainer_id: i64,
    pub(crate) trainer_name: String,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) booking_status: String,
    pub(crate) pay_status: String,
    pub(crate) pay_option: String,
    pub(crate) training_status: String,
    pub(crate) equipment_status: String,
    pub(crate) attendance: Option<String>,
    pub(crate) price: i64,
    pub(crate) kit_due_on: String,
    pub(crate) zoom_id: String,
    pub(crate) zoom_password: String,
    pub(crate) created_at: Timestamp,
}

impl Booking {
    pub(crate) fn is_trained(&self) -> bool {
        self.training_status == "completed"
    }

    pub(crate) fn kit_is_in(&self) -> bool {
        self.equipment_status == "in"
    }

    pub(crate) fn certificate_available(&self) -> bool {
        self.is_trained() && self.kit_is_in()
    }

    /// The meeting is only there once the place is confirmed.
    fn meeting(&self) -> Value {
        if self.booking_status == "pending" {
            return Value::Null;
        }
        json!({
            "zoom_id": self.zoom_id,
            "zoom_link": format!("https://zoom.example/j/{}", self.zoom_id),
            "zoom_password": self.zoom_password,
        })
    }

    /// There as long as the candidate has to pay.
    fn payment_url(&self) -> Option<String> {
        let is_due = self.booking_status == "pending" && self.pay_status == "pending";
        is_due.then(|| format!("https://pay.example/bookings/{}", self.id))
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "candidate": {
                "name": self.candidate_name,
                "email": self.email,
                "phone": self.phone,
            },
            "course": { "id": self.course_id, "name": self.course_name },
            "trainer": { "id": self.trainer_id, "name": self.trainer_name },
            "start_date": format::local(self.start),
            "end_date": format::local(self.end),
            "booking_status": self.booking_status,
            "pay_status": self.pay_status,
            "pay_option": self.pay_option,
            "payment_url": self.payment_url(),
            "booked_by": "Agency",
            "virtual": self.meeting(),
            "certificate_available": self.certificate_available(),
            "training_status": self.training_status,
            "equipment_status": self.equipment_status,
            "attendance": self.attendance,
            "created_at": format::utc(self.created_at),
        })
    }
}

/// Whether the account has booked the candidate for that course at that time.
pub(crate) fn is_there(
    db: &Connection,
    account: i64,
    course: i64,
    start: Timestamp,
    email: &str,
) -> Result<bool, Problem> {
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM bookings WHERE start_at = ?1 AND account_id = ?2 AND course_id = ?3 AND email = ?4",
    )?;
    Ok(statement.exists(params![millis(start), account, course, email])?)
}

const SELECT: &str = "SELECT b.id, b.account_id, b.first_name, b.last_name, b.email, b.phone,
    b.course_id, c.name, b.trainer_id, t.name, b.start_at, b.end_at, b.booking_status, b.pay_status,
    b.pay_option, b.training_status, b.equipment_status, b.attendance, b.price, b.kit_due_on,
    b.zoom_id, b.zoom_password, b.created_at
    FROM bookings b JOIN courses c ON c.id = b.course_id JOIN trainers t ON t.id = b.trainer_id";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Booking> {
    let (first, last): (String, String) = (row.get(2)?, row.get(3)?);
    Ok(Booking {
        id: row.get(0)?,
        account_id: row.get(1)?,
        candidate_name: format!("{first} {last}"),
        email: row.get(4)?,
        phone: row.get(5)?,
        course_id: row.get(6)?,
        course_name: row.get(7)?,
        trainer_id: row.get(8)?,
        trainer_name: row.get(9)?,
        start: instant(row.get(10)?),
        end: instant(row.get(11)?),
        booking_status: row.get(12)?,
        pay_status: row.get(13)?,
        pay_option: row.get(14)?,
        training_status: row.get(15)?,
        equipment_status: row.get(16)?,
        attendance: row.get(17)?,
        price: row.get(18)?,
        kit_due_on: row.get(19)?,
        zoom_id: row.get(20)?,
        zoom_password: row.get(21)?,
        created_at: instant(row.get(22)?),
    })
}

/// What a search looks in: the candidate's name and email, whatever their case.
pub(crate) fn sought(first_name: &str, last_name: &str, email: &str) -> String {
    format!("{first_name} {last_name}\n{email}").to_lowercase()
}

/// The booking, whoever owns it.
pub(crate) fn by_id(db: &Connection, id: i64) -> Result<Booking, Problem> {
    let sql = format!("{SELECT} WHERE b.id = ?1");
    let found = db.prepare_cached(&sql)?.query_row([id], from_row).optional()?;
    found.ok_or_else(|| Problem::not_found("Booking"))
}

/// The account's booking. For one of another account the response is that it does not exist.
pub(crate) fn owned(db: &Connection, account: i64, id: i64) -> Result<Booking, Problem> {
    let booking = by_id(db, id)?;
    if booking.account_id == account { Ok(booking) } else { Err(Problem::not_found("Booking")) }
}

/// Stores what may change after a booking is made.
pub(crate) fn update(db: &Connection, booking: &Booking) -> Result<(), Problem> {
    db.prepare_cached(
        "UPDATE bookings SET booking_status = :booking_status, pay_status = :pay_status,
            training_status = :training_status, equipment_status = :equipment_status,
            attendance = :attendance WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": booking.id,
        ":booking_status": booking.booking_status,
        ":pay_status": booking.pay_status,
        ":training_status": booking.training_status,
        ":equipment_status": booking.equipment_status,
        ":attendance": booking.attendance,
    })?;
    Ok(())
}

/// Bookings whose kit should have come back by now and is not yet known to be late.
pub(crate) fn with_late_kit(db: &Connection, now: Timestamp) -> Result<Vec<Booking>, Problem> {
    let sql = format!(
        "{SELECT} WHERE b.booking_status = 'booked' AND b.equipment_status = 'out'
         AND b.kit_late_at <= ?1 ORDER BY b.kit_late_at, b.id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([millis(now)], from_row)?.collect::<Result<_, _>>()?)
}

/// When the next kit becomes late.
pub(crate) fn next_late_kit(db: &Connection) -> Result<Option<Timestamp>, Problem> {
    let next: Option<i64> = db
        .prepare_cached(
            "SELECT min(kit_late_at) FROM bookings
             WHERE booking_status = 'booked' AND equipment_status = 'out'",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(next.map(instant))
}

/// When the kit of a booking becomes late, unless it comes back.
pub(crate) fn kit_late_at(db: &Connection, id: i64) -> Result<Timestamp, Problem> {
    let at = db.query_row("SELECT kit_late_at FROM bookings WHERE id = ?1", [id], |row| row.get(0))?;
    Ok(instant(at))
}

/// How many bookings the account has.
pub(crate) fn count(db: &Connection, account: i64) -> Result<i64, Problem> {
    let last: Option<i64> = db
        .prepare_cached("SELECT max(account_no) FROM bookings WHERE account_id = ?1")?
        .query_row([account], |row| row.get(0))?;
    Ok(last.unwrap_or(0))
}

/// The bookings that an SQL condition selects.
pub(super) fn select(db: &Connection, condition: &str, values: &[(&str, &dyn ToSql)]) -> Result<Vec<Booking>, Problem> {
    let mut statement = db.prepare_cached(&format!("{SELECT} {condition}"))?;
    let rows = statement.query_map(values, from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The candidate and the agency's contact of a booking.
pub(crate) fn contacts(db: &Connection, id: i64) -> Result<BookingContacts, Problem> {
    let mut statement = db.prepare_cached(
        "SELECT first_name, last_name, email, phone, address, city, postcode, job_role, agency_contact_name,
            agency_contact_email, agency_email FROM bookings WHERE id = ?1",
    )?;
    Ok(statement.query_row([id], |row| {
        Ok(BookingContacts {
            first_name: row.get(0)?,
            last_name: row.get(1)?,
            email: row.get(2)?,
            phone: row.get(3)?,
            address: row.get(4)?,
            city: row.get(5)?,
            postcode: row.get(6)?,
            job_role: row.get(7)?,
            agency_contact_name: row.get(8)?,
            agency_contact_email: row.get(9)?,
            agency_email: row.get(10)?,
        })
    })?)
}
