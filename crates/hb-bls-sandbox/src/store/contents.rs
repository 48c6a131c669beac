//! The contents of a seed file.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Span, Timestamp};
use rusqlite::{Connection, params};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::accounts::{self, NewAccount};
use super::bookings::{self, BookingContacts};
use super::courses::{self, Course};
use super::holds::Hold;
use super::transactions::{self, Entry, Wallet};
use crate::booking::{self, Order, PayOption};
use crate::control::pence;
use crate::credentials::SandboxCredentials;
use crate::format;
use crate::problem::Problem;
use crate::random;

/// The contents of a portal. What is left out is as in every new portal; `bookings` have no default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Contents {
    pub(crate) accounts: Vec<Account>,
    pub(crate) courses: Vec<NewCourse>,
    pub(crate) trainers: Vec<Trainer>,
    pub(crate) bookings: Vec<Booking>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    hb_client_id: String,
    api_key: String,
    /// By course id.
    #[serde(default)]
    credits: BTreeMap<i64, i64>,
    #[serde(default)]
    money_balance: Decimal,
    #[serde(default)]
    invoice_payments: bool,
    #[serde(default)]
    credit_limit: Decimal,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCourse {
    id: i64,
    name: String,
    price: Decimal,
    duration_minutes: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trainer {
    name: String,
    /// The weekdays on which each course is given, by course id.
    courses: BTreeMap<i64, Vec<Day>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Booking {
    /// The account's `hb_client_id`; the first account if left out.
    account: Option<String>,
    course: i64,
    date: Option<Date>,
    /// Instead of `date`: the number of days from Monday to Friday ahead, or back if it is below zero.
    in_working_days: Option<i64>,
    time: Time,
    first_name: String,
    last_name: String,
    email: String,
    #[serde(default = "phone")]
    phone: String,
    #[serde(default = "job_role")]
    job_role: String,
    #[serde(default)]
    state: State,
    #[serde(default)]
    kit: Kit,
}

fn phone() -> String {
    "07700 900000".to_owned()
}

fn job_role() -> String {
    "Nurse".to_owned()
}

#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum State {
    Pending,
    #[default]
    Booked,
    Attended,
    NoShow,
    Cancelled,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kit {
    #[default]
    Out,
    Late,
    Back,
}

impl Contents {
    pub(crate) fn read(document: serde_json::Value) -> Result<Self, Problem> {
        serde_json::from_value(document).map_err(|error| wrong("seed", format!("The seed cannot be read: {error}.")))
    }

    /// Courses and trainers come together, since neither is of use without the other.
    pub(crate) fn has_timetable(&self) -> Result<bool, Problem> {
        if self.courses.is_empty() != self.trainers.is_empty() {
            return Err(wrong("seed", "A seed has both courses and trainers, or neither.".to_owned()));
        }
        Ok(!self.courses.is_empty())
    }
}

/// Adds what is not there yet. What is there stays as it is, and is an error if it contradicts.
pub(crate) fn add(db: &Connection, contents: &Contents, now: Timestamp) -> Result<(), Problem> {
    add_timetable(db, contents)?;
    add_accounts(db, contents, now)?;
    add_bookings(db, contents, now)
}

pub(super) fn add_timetable(db: &Connection, contents: &Contents) -> Result<(), Problem> {
    contents.courses.iter().try_for_each(|course| add_course(db, course))?;
    contents.trainers.iter().try_for_each(|trainer| add_trainer(db, trainer))
}

pub(super) fn add_accounts(db: &Connection, contents: &Contents, now: Timestamp) -> Result<(), Problem> {
    contents.accounts.iter().try_for_each(|account| add_account(db, account, now))
}

/// Bookings leave every wallet as it is, and fire no event.
pub(super) fn add_bookings(db: &Connection, contents: &Contents, now: Timestamp) -> Result<(), Problem> {
    contents.bookings.iter().try_for_each(|booking| add_booking(db, booking, now))
}

fn wrong(field: &str, message: String) -> Problem {
    Problem::rule(field, message)
}

fn add_course(db: &Connection, course: &NewCourse) -> Result<(), Problem> {
    if !(1..=480).contains(&course.duration_minutes) {
        return Err(wrong("courses", format!("Course {} must last from 1 to 480 minutes.", course.id)));
    }
    let price = pence("courses", course.price)?;
    if let Some(there) = courses::by_id(db, course.id)? {
        let is_same =
            (&there.name, there.price, there.duration_minutes) == (&course.name, price, course.duration_minutes);
        if is_same {
            return Ok(());
        }
        let other = "with another name, price or duration";
        return Err(wrong("courses", format!("There is a course {} already, {other}.", course.id)));
    }
    db.execute(
        "INSERT INTO courses (id, name, price, duration_minutes) VALUES (?1, ?2, ?3, ?4)",
        params![course.id, course.name, price, course.duration_minutes],
    )?;
    Ok(())
}

fn course(db: &Connection, id: i64) -> Result<Course, Problem> {
    courses::by_id(db, id)?.ok_or_else(|| wrong("courses", format!("There is no course {id}.")))
}

fn add_trainer(db: &Connection, trainer: &Trainer) -> Result<(), Problem> {
    let there: Option<i64> =
        db.query_row("SELECT min(id) FROM trainers WHERE name = ?1", [&trainer.name], |row| row.get(0))?;
    let id = match there {
        Some(id) => id,
        None => {
            db.execute("INSERT INTO trainers (name) VALUES (?1)", [&trainer.name])?;
            db.last_insert_rowid()
        }
    };
    for (course_id, days) in &trainer.courses {
        course(db, *course_id)?;
        for day in days {
            let entry = [*course_id, *day as i64 + 1, id];
            db.execute("INSERT OR IGNORE INTO rota (course_id, weekday, trainer_id) VALUES (?1, ?2, ?3)", entry)?;
        }
    }
    Ok(())
}

fn add_account(db: &Connection, account: &Account, now: Timestamp) -> Result<(), Problem> {
    for (id, credits) in &account.credits {
        course(db, *id)?;
        if !(0..=1_000_000_000).contains(credits) {
            return Err(wrong("accounts", "Credits must be between 0 and 1000000000.".to_owned()));
        }
    }
    let new = NewAccount {
        credits: account.credits.clone().into_iter().collect(),
        balance: pence("money_balance", account.money_balance)?,
        invoice_payments: account.invoice_payments,
        credit_limit: pence("credit_limit", account.credit_limit)?,
    };
    let Some(there) = accounts::by_client_id(db, &account.hb_client_id)? else {
        accounts::open(db, &account.credentials(), &new, now)?;
        return Ok(());
    };
    let terms = (there.invoice_payments, there.credit_limit) == (new.invoice_payments, new.credit_limit);
    let other = if there.credentials.api_key != account.api_key {
        "another API key"
    } else if accounts::opening_balances(db, there.id)? != new.wallets() {
        "other credits or another balance at its opening"
    } else if !terms {
        "another credit limit, or other terms for invoices"
    } else {
        return Ok(());
    };
    Err(wrong("accounts", format!("There is an account {} already, with {other}.", account.hb_client_id)))
}

impl Account {
    pub(crate) fn credentials(&self) -> SandboxCredentials {
        SandboxCredentials { hb_client_id: self.hb_client_id.clone(), api_key: self.api_key.clone() }
    }
}

impl Booking {
    fn day(&self, now: Timestamp) -> Result<Date, Problem> {
        match (self.date, self.in_working_days) {
            (Some(date), None) => Ok(date),
            (None, Some(days)) if (-2_000..=250).contains(&days) => working_day(format::london_date(now), days),
            _ => {
                Err(wrong("bookings", "A booking has either a date or in_working_days, from -2000 to 250.".to_owned()))
            }
        }
    }
}

fn working_day(mut date: Date, days: i64) -> Result<Date, Problem> {
    let step = Span::new().days(days.signum());
    let mut left = days.abs();
    while left > 0 {
        date = date.checked_add(step)?;
        left -= i64::from(!matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday));
    }
    Ok(date)
}

fn add_booking(db: &Connection, new: &Booking, now: Timestamp) -> Result<(), Problem> {
    let account = match &new.account {
        Some(id) => {
            accounts::by_client_id(db, id)?.ok_or_else(|| wrong("bookings", format!("There is no account {id}.")))?
        }
        None => accounts::first(db)?,
    };
    let course = course(db, new.course)?;
    let date = new.day(now)?;
    let start = format::london_instant(date, new.time)?;
    if bookings::is_there(db, account.id, course.id, start, &new.email)? {
        return Ok(());
    }
    let hold = Hold {
        hold_hash: random::text(32),
        course_id: course.id,
        course_name: course.name.clone(),
        trainer_id: trainer(db, &course, date)?,
        date: date.to_string(),
        time: format::hour_minute(new.time),
        start,
        end: start + SignedDuration::from_mins(course.duration_minutes),
        expires_at: now,
    };
    let pending = new.state == State::Pending;
    let order = Order {
        hold_hash: hold.hold_hash.clone(),
        contacts: new.contacts(),
        pay_option: if pending { PayOption::CandidatePays } else { PayOption::Credits },
    };
    // Booked a fortnight before, or just now if that is still to come.
    let made = now.min(start - SignedDuration::from_hours(24 * 14));
    let id = booking::insert(db, account.id, &order, &hold, &course, made)?;
    if !pending && new.state != State::Cancelled {
        // Bought for it and spent on it, so that there is something to give back if it is cancelled.
        for (change, what) in [(1, "Credit for booking"), (-1, "Booking")] {
            let entry = Entry { change, description: &format!("{what} {id}"), booking: Some(id) };
            transactions::record(db, account.id, Wallet::Course(course.id), &entry, now)?;
        }
    }
    let mut booking = bookings::by_id(db, id)?;
    match new.state {
        State::Pending | State::Booked => {}
        State::Attended => {
            (booking.training_status, booking.attendance) = ("completed".into(), Some("attended".into()))
        }
        State::NoShow => (booking.training_status, booking.attendance) = ("no_show".into(), Some("no_show".into())),
        State::Cancelled => booking.booking_status = "cancelled".into(),
    }
    booking.equipment_status = match new.kit {
        Kit::Out => "out".into(),
        Kit::Late => "late".into(),
        Kit::Back => "in".into(),
    };
    bookings::update(db, &booking)
}

/// The trainer of that day's timetable, or any.
fn trainer(db: &Connection, course: &Course, date: Date) -> Result<i64, Problem> {
    let weekday = i64::from(date.weekday().to_monday_one_offset());
    Ok(db.query_row(
        "SELECT t.id FROM trainers t LEFT JOIN rota r ON r.trainer_id = t.id AND r.course_id = ?1 AND r.weekday = ?2
         ORDER BY r.weekday IS NULL, t.id LIMIT 1",
        [course.id, weekday],
        |row| row.get(0),
    )?)
}

impl Booking {
    fn contacts(&self) -> BookingContacts {
        BookingContacts {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            job_role: self.job_role.clone(),
            address: "1 High Street".to_owned(),
            city: "Leeds".to_owned(),
            postcode: "LS1 1AA".to_owned(),
            agency_contact_name: "Bookings Desk".to_owned(),
            agency_contact_email: "desk@agency.example".to_owned(),
            agency_email: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn working_days_leave_out_weekends() {
        let friday = date(2026, 6, 5);
        for (days, expected) in [(0, friday), (1, date(2026, 6, 8)), (6, date(2026, 6, 15)), (-5, date(2026, 5, 29))] {
            assert_eq!(working_day(friday, days).unwrap(), expected);
        }
    }
}
