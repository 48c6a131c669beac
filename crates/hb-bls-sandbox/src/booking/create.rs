//! A hold becomes a booking.

use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use super::kit;
use crate::problem::Problem;
use crate::random;
use crate::store::accounts;
use crate::store::bookings::{self, Booking, BookingContacts};
use crate::store::courses::{self, Course};
use crate::store::holds::{self, Hold};
use crate::store::slots::Slot;
use crate::store::transactions::{self, Entry, Wallet};
use crate::store::{events, millis};

/// How a booking is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PayOption {
    Credits,
    Balance,
    Invoice,
    CandidatePays,
}

impl PayOption {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "credits" => Some(Self::Credits),
            "balance" => Some(Self::Balance),
            "invoice" => Some(Self::Invoice),
            "candidate_pays" => Some(Self::CandidatePays),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Credits => "credits",
            Self::Balance => "balance",
            Self::Invoice => "invoice",
            Self::CandidatePays => "candidate_pays",
        }
    }
}

/// A valid booking request.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) hold_hash: String,
    pub(crate) contacts: BookingContacts,
    pub(crate) pay_option: PayOption,
}

/// Consumes the hold, takes the payment and makes the booking. Runs within one database transaction.
pub(crate) fn create(db: &Connection, account: i64, order: &Order, now: Timestamp) -> Result<Booking, Problem> {
    let hold = holds::take(db, account, &order.hold_hash, now)?
        .ok_or_else(|| Problem::conflict("The hold does not exist, has expired or has already been used."))?;
    create_with(db, account, order, &hold, now)
}

/// The same with a hold that is in hand.
fn create_with(db: &Connection, account: i64, order: &Order, hold: &Hold, now: Timestamp) -> Result<Booking, Problem> {
    let course = courses::by_id(db, hold.course_id)?
        .ok_or_else(|| Problem::Internal("a hold for a course that is gone".to_owned()))?;
    let id = insert(db, account, order, hold, &course, now)?;
    charge(db, account, order.pay_option, &course, id, now)?;
    let booking = bookings::by_id(db, id)?;
    if order.pay_option != PayOption::CandidatePays {
        events::publish(db, account, "booking.created", booking.json(), now)?;
    }
    Ok(booking)
}

/// The same for a slot that is free at this moment, without a hold of the account's: one that it has stays as it is.
pub(crate) fn create_at(
    db: &Connection,
    account: i64,
    slot: &Slot,
    (contacts, pay_option): (BookingContacts, PayOption),
    now: Timestamp,
) -> Result<Booking, Problem> {
    let hold = Hold::of(slot, now);
    let order = Order { hold_hash: hold.hold_hash.clone(), contacts, pay_option };
    create_with(db, account, &order, &hold, now)
}

fn charge(
    db: &Connection,
    account: i64,
    option: PayOption,
    course: &Course,
    booking: i64,
    now: Timestamp,
) -> Result<(), Problem> {
    let refuse = |message: &str| Err(Problem::rule("pay_option", message));
    let spend = |wallet, change, description: String| {
        let entry = Entry { change, description: &description, booking: Some(booking) };
        transactions::record(db, account, wallet, &entry, now)
    };
    match option {
        PayOption::Credits => {
            if accounts::wallet(db, account, Wallet::Course(course.id))? < 1 {
                return refuse("There are not enough credits for this course.");
            }
            spend(Wallet::Course(course.id), -1, format!("Booking {booking}"))
        }
        PayOption::Balance => {
            if accounts::wallet(db, account, Wallet::Money)? < course.price {
                return refuse("The booking balance is too low.");
            }
            spend(Wallet::Money, -course.price, format!("Booking {booking}"))
        }
        PayOption::Invoice => {
            let terms = accounts::by_id(db, account)?;
            if !terms.invoice_payments {
                return refuse("Invoice payments are not enabled for this account.");
            }
            if terms.invoiced + course.price > terms.credit_limit {
                return refuse("The credit limit has been reached.");
            }
            accounts::owe(db, account, course.price)?;
            spend(Wallet::Money, course.price, format!("Invoice for booking {booking}"))?;
            spend(Wallet::Money, -course.price, format!("Booking {booking}"))
        }
        PayOption::CandidatePays => Ok(()),
    }
}

/// Stores a new booking, and gives its id.
pub(crate) fn insert(
    db: &Connection,
    account: i64,
    order: &Order,
    hold: &Hold,
    course: &Course,
    now: Timestamp,
) -> Result<i64, Problem> {
    let paid = order.pay_option != PayOption::CandidatePays;
    let contacts = &order.contacts;
    let kit = kit::deadline(hold.end)?;
    db.prepare_cached(
        "INSERT INTO bookings (account_id, account_no, course_id, trainer_id, hold_hash, first_name, last_name,
            email, sought, phone, address, city, postcode, job_role, agency_contact_name,
            agency_contact_email, agency_email, pay_option, price, booking_status, pay_status,
            training_status, equipment_status, attendance, start_on, start_at, end_at, kit_due_on,
            kit_late_at, zoom_id, zoom_password, created_at)
         VALUES (:account_id, :account_no, :course_id, :trainer_id, :hold_hash, :first_name, :last_name,
            :email, :sought, :phone, :address, :city, :postcode, :job_role, :agency_contact_name,
            :agency_contact_email, :agency_email, :pay_option, :price, :booking_status, :pay_status,
            'pending', 'out', NULL, :start_on, :start_at, :end_at, :kit_due_on,
            :kit_late_at, :zoom_id, :zoom_password, :created_at)",
    )?
    .execute(named_params! {
        ":account_id": account,
        ":account_no": bookings::count(db, account)? + 1,
        ":course_id": course.id,
        ":trainer_id": hold.trainer_id,
        ":hold_hash": hold.hold_hash,
        ":first_name": contacts.first_name,
        ":last_name": contacts.last_name,
        ":email": contacts.email,
        ":sought": bookings::sought(&contacts.first_name, &contacts.last_name, &contacts.email),
        ":phone": contacts.phone,
        ":address": contacts.address,
        ":city": contacts.city,
        ":postcode": contacts.postcode,
        ":job_role": contacts.job_role,
        ":agency_contact_name": contacts.agency_contact_name,
        ":agency_contact_email": contacts.agency_contact_email,
        ":agency_email": contacts.agency_email,
        ":pay_option": order.pay_option.name(),
        ":price": course.price,
        ":booking_status": if paid { "booked" } else { "pending" },
        ":pay_status": if paid { "completed" } else { "pending" },
        ":start_on": hold.date,
        ":start_at": millis(hold.start),
        ":end_at": millis(hold.end),
        ":kit_due_on": kit.due_on.to_string(),
        ":kit_late_at": millis(kit.late_at),
        ":zoom_id": random::digits(11),
        ":zoom_password": random::text(8),
        ":created_at": millis(now),
    })?;
    Ok(db.last_insert_rowid())
}
