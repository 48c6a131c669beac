//! The page on which candidates book themselves: what `GET /booking-url` names.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use jiff::civil::DateTime;

use super::booking::{OpenDay, open_slots};
use super::form::{Form, address};
use super::frame::{html, redirect};
use super::links::Tab;
use super::result::Shown;
use super::text;
use super::view_request::ViewRequest;
use crate::api::check::Check;
use crate::api::input::PathText;
use crate::booking::{self, PayOption};
use crate::core::Core;
use crate::problem::Problem;
use crate::store::accounts::{self, Account};
use crate::store::bookings::{self, BookingContacts};
use crate::store::courses;
use crate::store::slots::{self, SlotAvailability};

/// Where it is: the name of an account's page follows.
pub(super) const PREFIX: &str = "/book/";

#[derive(Template)]
#[template(path = "book.html")]
struct Page {
    agency: String,
    url: String,
    courses: Vec<Tab>,
    course: i64,
    price: String,
    open: Vec<OpenDay>,
    fields: [Field; 8],
    booked: Option<Booked>,
    style: &'static str,
}

/// The name, the label, and what a browser may fill in by itself.
type Field = (&'static str, &'static str, &'static str);

const FIELDS: [Field; 8] = [
    ("first_name", "First name", "given-name"),
    ("last_name", "Last name", "family-name"),
    ("email", "Email", "email"),
    ("phone", "Phone", "tel"),
    ("address", "Address", "street-address"),
    ("city", "City", "address-level2"),
    ("postcode", "Postcode", "postal-code"),
    ("job_role", "Job role", "organization-title"),
];

struct Booked {
    id: i64,
    course: String,
    start: String,
    is_paid: bool,
}

fn account(db: &rusqlite::Connection, slug: &str) -> Result<Account, Problem> {
    accounts::by_slug(db, slug)?.ok_or_else(|| Problem::not_found("Booking page"))
}

pub(super) async fn show(State(core): State<Arc<Core>>, PathText(slug): PathText, request: ViewRequest) -> Shown {
    let now = core.clock.now();
    let (wanted, booked) = (request.number("course"), request.number("booked"));
    let (account, all, course, open, booking) = core.store.read(|db| {
        let account = account(db, &slug)?;
        let all = courses::all(db)?;
        let course = all.iter().find(|course| Some(course.id) == wanted).or(all.first()).cloned();
        let course = course.ok_or_else(|| Problem::not_found("Course"))?;
        let open = open_slots(db, course.id, now)?;
        let booking = booked.map(|id| bookings::owned(db, account.id, id)).transpose()?;
        Ok((account, all, course, open, booking))
    })?;
    let url = format!("{PREFIX}{slug}");
    let tab = |one: &courses::Course| Tab {
        label: one.name.clone(),
        url: address(&url, &[("course", &one.id.to_string())]),
        is_here: one.id == course.id,
    };
    Ok(html(&Page {
        agency: account.credentials.hb_client_id,
        courses: all.iter().map(tab).collect(),
        course: course.id,
        price: text::pounds(course.price),
        open,
        fields: FIELDS,
        booked: booking.map(|booking| Booked {
            id: booking.id,
            course: booking.course_name,
            start: text::start(booking.start),
            is_paid: booking.pay_status == "completed",
        }),
        style: super::assets::STYLE_VERSION.as_str(),
        url,
    }))
}

pub(super) async fn book(State(core): State<Arc<Core>>, PathText(slug): PathText, form: Form) -> Shown {
    let course: i64 = form.required("course", "the course")?;
    let slot: DateTime = form.required("slot", "the timeslot")?;
    let contacts = contacts(&form)?;
    let now = core.clock.now();
    let booking = core.store.write(|db| {
        let account = account(db, &slug)?;
        let course = courses::by_id(db, course)?.ok_or_else(|| Problem::not_found("Course"))?;
        let SlotAvailability::Open(slot) = slots::find(db, &course, (slot.date(), slot.time()), None, now)? else {
            return Err(Problem::rule(
                "slot",
                "Somebody else has taken this timeslot meanwhile. Go back and choose another.",
            ));
        };
        booking::create_at(db, account.id, &slot, (contacts, PayOption::CandidatePays), now)
    })?;
    core.dispatch.wake();
    Ok(redirect(&address(&format!("{PREFIX}{slug}"), &[("booked", &booking.id.to_string())])))
}

/// The candidate, by the rules of the API.
fn contacts(form: &Form) -> Result<BookingContacts, Problem> {
    let fields = form.json();
    let mut check = Check::new(&fields);
    let contacts =
        BookingContacts { agency_contact_name: "none: the candidate has booked".to_owned(), ..check.candidate() };
    check.finish()?;
    Ok(contacts)
}
