//! Made-up history, for lists that are long.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, named_params};

use super::accounts;
use super::transactions::{self, Entry, Wallet};
use super::{courses, millis};
use crate::format;
use crate::problem::Problem;

const FIRST_NAMES: [&str; 12] =
    ["Amina", "Łukasz", "Grace", "Ștefan", "Priya", "Siân", "Juliane", "Oluwaseun", "Юлія", "Niamh", "Tomás", "Mei"];
const LAST_NAMES: [&str; 11] =
    ["Adeyemi", "Baker", "Kowalski", "Desai", "Evans", "Fraser", "García", "Hughes", "Ionescu", "Jones", "Mensah"];
const ROLES: [&str; 4] = ["Nurse", "Healthcare Assistant", "Midwife", "Support Worker"];
const PAY_OPTIONS: [&str; 4] = ["invoice", "credits", "balance", "candidate_pays"];

/// How long the history goes back, in days.
const DAYS: i64 = 365;

/// Past bookings of the first account, all of them settled long ago: they touch no wallet,
/// fire no event, and several may share a trainer's hour.
pub(crate) fn bookings(db: &Connection, count: u32, now: Timestamp) -> Result<(), Problem> {
    let account = accounts::first(db)?.id;
    let there = super::bookings::count(db, account)?;
    let courses = courses::all(db)?;
    let trainers: Vec<i64> = db
        .prepare("SELECT id FROM trainers ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut insert = db.prepare_cached(
        "INSERT INTO bookings (account_id, account_no, course_id, trainer_id, first_name, last_name, email,
            sought, phone, address, city, postcode, job_role, agency_contact_name, agency_contact_email,
            pay_option, price, booking_status, pay_status, training_status, equipment_status,
            attendance, start_on, start_at, end_at, kit_due_on, kit_late_at, zoom_id,
            zoom_password, created_at)
         VALUES (:account, :number, :course, :trainer, :first, :last, :email, :sought, '07700 900000', '1 High Street',
            'Leeds', 'LS1 1AA', :role, 'Bookings Desk', 'desk@agency.example', :option, :price,
            :status, 'completed', :training, 'in', :attendance, :start_on, :start, :end, :start_on,
            :end, '90000000000', 'sandbox', :created)",
    )?;
    for number in 0..count {
        let at = |list: &[&'static str]| list[number as usize % list.len()];
        let course = &courses[number as usize % courses.len().max(1)];
        let (first, last) = (at(&FIRST_NAMES), at(&LAST_NAMES));
        let back = SignedDuration::from_hours(24 * (1 + i64::from(number) % DAYS));
        let nine = jiff::civil::time(9, 0, 0, 0);
        let start = format::london_instant(format::london_date(now - back), nine)?;
        let (status, training, attendance) = match number % 20 {
            0 => ("cancelled", "pending", None),
            1 => ("booked", "no_show", Some("no_show")),
            _ => ("booked", "completed", Some("attended")),
        };
        let email = format!("candidate{number}@example.org");
        insert.execute(named_params! {
            ":account": account,
            ":number": there + 1 + i64::from(number),
            ":course": course.id,
            ":trainer": trainers[number as usize % trainers.len().max(1)],
            ":first": first,
            ":last": last,
            ":email": email,
            ":sought": super::bookings::sought(first, last, &email),
            ":role": at(&ROLES),
            ":option": at(&PAY_OPTIONS),
            ":price": course.price,
            ":status": status,
            ":training": training,
            ":attendance": attendance,
            ":start_on": format::london_date(start).to_string(),
            ":start": millis(start),
            ":end": millis(start + SignedDuration::from_mins(course.duration_minutes)),
            ":created": millis(start - SignedDuration::from_hours(24 * 14)),
        })?;
    }
    Ok(())
}

/// Entries in the first account's ledger: money in and out again; with an odd count, a penny stays.
pub(crate) fn transactions(db: &Connection, count: u32, now: Timestamp) -> Result<(), Problem> {
    let account = accounts::first(db)?.id;
    for number in 0..count {
        let change = if number % 2 == 0 { 1 } else { -1 };
        let description = format!("Seeded entry {}", number + 1);
        let entry = Entry { change, description: &description, booking: None };
        transactions::record(db, account, Wallet::Money, &entry, now)?;
    }
    Ok(())
}
