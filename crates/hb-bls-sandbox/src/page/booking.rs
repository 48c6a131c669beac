//! One booking: how far it has come, what has happened, and what staff and candidate can do.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::routing::{MethodRouter, post};
use jiff::Timestamp;
use serde_json::Value;

use super::form::Form;
use super::frame::{Frame, View, back_to, html};
use super::result::{Refused, Shown};
use super::state::{self, Pill};
use super::text;
use super::view_request::ViewRequest;
use crate::api::input::Id;
use crate::certificate;
use crate::core::Core;
use crate::delivery::DeliveryAttempt;
use crate::problem::Problem;
use crate::request_log::RequestRecord;
use crate::store::bookings::{self, Booking, BookingContacts};
use crate::store::overview::{self, Event};
use crate::store::{courses, slots, webhooks};

#[derive(Template)]
#[template(path = "booking.html")]
struct Page {
    frame: Frame,
    id: i64,
    name: String,
    state: Pill,
    kit: Pill,
    steps: Vec<Step>,
    buttons: Vec<Button>,
    may_move: bool,
    /// Days with their open times.
    open: Vec<OpenDay>,
    has_certificate: bool,
    facts: Vec<(&'static str, String)>,
    history: Vec<HistoryEntry>,
    account: String,
}

struct Step {
    name: &'static str,
    detail: String,
    is_done: bool,
    tone: &'static str,
}

struct Button {
    action: &'static str,
    label: &'static str,
    class: &'static str,
}

/// An entry of the history.
struct HistoryEntry {
    at: Timestamp,
    when: String,
    icon: &'static str,
    what: String,
    url: Option<String>,
    detail: String,
    parts: Vec<Part>,
}

/// A delivery of an event.
struct Part {
    url: String,
    text: String,
    tone: &'static str,
}

/// How many days of open slots are offered for a move.
const DAYS: usize = 10;

pub(super) async fn show(State(core): State<Arc<Core>>, Id(id): Id, request: ViewRequest) -> Shown {
    let now = core.clock.now();
    let (booking, contacts, events, open, endpoints) = core.store.read(|db| {
        let booking = bookings::by_id(db, id)?;
        let open = if may_move(&booking) { open_slots(db, booking.course_id, now)? } else { Vec::new() };
        let endpoints = webhooks::of_all_accounts(db)?;
        Ok((booking, bookings::contacts(db, id)?, overview::events(db, id)?, open, endpoints))
    })?;
    let endpoints: HashMap<i64, String> = endpoints.into_iter().map(|webhook| (webhook.id, webhook.name)).collect();
    let (calls, _) = core.request_log.newest(overview::PAGE, |record| record.booking == Some(id));
    let frame = Frame::new(&core, View::Bookings, &booking.candidate_name, &request)?;
    // Newest first, also among what happened in the same moment.
    let calls = calls.iter().rev().map(HistoryEntry::call);
    let mut history: Vec<HistoryEntry> =
        calls.chain(events.iter().map(|event| HistoryEntry::event(event, &endpoints))).collect();
    // events have whole seconds
    history.sort_by_key(|moment| moment.at.as_second());
    history.reverse();
    Ok(html(&Page {
        id,
        state: state::of(&booking),
        kit: state::kit(&booking),
        steps: steps(&booking),
        buttons: buttons(&booking),
        may_move: may_move(&booking),
        open,
        has_certificate: booking.certificate_available(),
        facts: facts(&booking, &contacts),
        history,
        account: frame.account_name(Some(booking.account_id)).to_owned(),
        name: booking.candidate_name,
        frame,
    }))
}

pub(super) async fn certificate(State(core): State<Arc<Core>>, Id(id): Id) -> Shown {
    let booking = core.store.read(|db| bookings::by_id(db, id))?;
    if !booking.certificate_available() {
        return Err(Problem::rule("certificate", "There is no certificate before the kit is back.").into());
    }
    Ok(crate::api::pdf_response(id, certificate::pdf(&booking)))
}

/// A button that takes no further input: what it does, and its name.
pub(super) fn action(name: &'static str, work: fn(&Core, i64) -> Result<Value, Problem>) -> MethodRouter<Arc<Core>> {
    post(move |State(core): State<Arc<Core>>, Id(id): Id| async move {
        work(&core, id)?;
        Ok::<_, Refused>(back_to(&format!("/ui/bookings/{id}"), name))
    })
}

pub(super) async fn reschedule(State(core): State<Arc<Core>>, Id(id): Id, form: Form) -> Shown {
    let slot: jiff::civil::DateTime = form.required("slot", "the new timeslot")?;
    core.reschedule(id, slot.date(), slot.time())?;
    Ok(back_to(&format!("/ui/bookings/{id}"), "reschedule"))
}

fn may_move(booking: &Booking) -> bool {
    booking.booking_status != "cancelled" && booking.attendance.is_none()
}

/// A day, and the value and the time of each of its slots.
pub(super) type OpenDay = (String, Vec<(String, String)>);

/// The next days on which a course has open slots.
pub(super) fn open_slots(db: &rusqlite::Connection, course: i64, now: Timestamp) -> Result<Vec<OpenDay>, Problem> {
    let Some(course) = courses::by_id(db, course)? else { return Ok(Vec::new()) };
    let (first, last) = slots::bookable_days(now, 1)?;
    let mut days: Vec<OpenDay> = Vec::new();
    for slot in slots::open(db, &course, (first, last), now)? {
        let day = text::date(slot.start);
        if days.last().is_none_or(|(other, _)| *other != day) {
            if days.len() == DAYS {
                break;
            }
            days.push((day, Vec::new()));
        }
        if let Some((_, times)) = days.last_mut() {
            times.push((slot.date.to_datetime(slot.time).to_string(), text::hour(slot.start)));
        }
    }
    Ok(days)
}

fn buttons(booking: &Booking) -> Vec<Button> {
    let mut buttons = Vec::new();
    let mut add = |fits: bool, action, label, class| {
        if fits {
            buttons.push(Button { action, label, class });
        }
    };
    let booked = booking.booking_status == "booked";
    let to_come = booked && booking.attendance.is_none();
    add(booking.booking_status == "pending", "pay", "Candidate pays", "primary");
    add(to_come, "complete", "Attended and passed", "primary");
    let kit = if booking.is_trained() { "primary" } else { "" };
    add(booked && !booking.kit_is_in(), "return-kit", "Kit returned", kit);
    add(to_come, "no-show", "No-show", "");
    add(may_move(booking), "cancel", "Cancel booking", "danger");
    buttons
}

/// What a cancellation has done about the payment.
fn refund(booking: &Booking) -> &'static str {
    match (booking.pay_option.as_str(), booking.pay_status.as_str()) {
        ("candidate_pays", "completed") => "the candidate's payment has not been refunded",
        ("candidate_pays", _) => "nothing had been paid",
        ("invoice", _) => "it is off the invoice",
        _ => "the account's payment has been refunded",
    }
}

fn steps(booking: &Booking) -> Vec<Step> {
    let step = |name, detail: &str, is_done, tone| Step { name, detail: detail.to_owned(), is_done, tone };
    if booking.booking_status == "cancelled" {
        return vec![
            step("Booked", &text::moment(booking.created_at), true, ""),
            step("Cancelled", refund(booking), true, "bad"),
        ];
    }
    let paid = booking.pay_status == "completed";
    let (kit, kit_tone) = match booking.equipment_status.as_str() {
        "in" => ("it is back".to_owned(), ""),
        "late" => (format!("was due {}", day(&booking.kit_due_on)), "bad"),
        _ => (format!("due {}", day(&booking.kit_due_on)), ""),
    };
    let trained = match booking.attendance.as_deref() {
        Some("no_show") => step("Training", "did not come", true, "bad"),
        Some(_) => step("Training", "attended and passed", true, ""),
        None => step("Training", &text::start(booking.start), false, ""),
    };
    vec![
        step("Booked", &text::moment(booking.created_at), true, ""),
        step("Payment", if paid { "paid" } else { "the candidate has yet to pay" }, paid, ""),
        trained,
        Step { name: "Kit returned", detail: kit, is_done: booking.kit_is_in(), tone: kit_tone },
        step(
            "Certificate",
            if booking.certificate_available() { "available" } else { "after training and kit" },
            booking.certificate_available(),
            "",
        ),
    ]
}

/// A stored date for people.
fn day(iso: &str) -> String {
    iso.parse::<jiff::civil::Date>().map_or_else(|_| iso.to_owned(), |date| date.strftime("%a %-d %b").to_string())
}

fn facts(booking: &Booking, contacts: &BookingContacts) -> Vec<(&'static str, String)> {
    vec![
        ("Course", booking.course_name.clone()),
        ("Trainer", booking.trainer_name.clone()),
        ("Starts", text::start(booking.start)),
        ("Ends", text::hour(booking.end)),
        ("Email", contacts.email.clone()),
        ("Phone", contacts.phone.clone()),
        ("Job role", contacts.job_role.clone()),
        ("Address", format!("{}, {}, {}", contacts.address, contacts.city, contacts.postcode)),
        ("Payment", format!("{}, {}", text::pay_option(&booking.pay_option), text::pounds(booking.price))),
        ("Agency contact", contact(contacts)),
        ("Booked", text::start(booking.created_at)),
    ]
}

fn contact(contacts: &BookingContacts) -> String {
    let parts = [&contacts.agency_contact_name, &contacts.agency_contact_email];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

impl HistoryEntry {
    fn call(record: &RequestRecord) -> Self {
        let status = record.status.map_or_else(|| "no response".to_owned(), |status| format!("status {status}"));
        Self {
            at: record.at,
            when: text::moment(record.at),
            icon: "requests",
            what: record.operation_id.unwrap_or("unknown operation").to_owned(),
            url: Some(format!("/ui/requests/{}", record.number)),
            detail: format!("{} {}, {status}", record.method, record.path),
            parts: Vec::new(),
        }
    }

    fn event(event: &Event, endpoints: &HashMap<i64, String>) -> Self {
        let first = event.deliveries.first().map(|delivery| delivery.webhook_id);
        let are_several = event.deliveries.iter().any(|delivery| Some(delivery.webhook_id) != first);
        let name =
            |delivery: &DeliveryAttempt| endpoints.get(&delivery.webhook_id).map_or("deleted endpoint", String::as_str);
        Self {
            at: event.occurred_at,
            when: text::moment(event.occurred_at),
            icon: "event",
            what: event.event_type.clone(),
            url: None,
            detail: if event.deliveries.is_empty() { "no endpoint subscribes to it".to_owned() } else { String::new() },
            parts: event.deliveries.iter().map(|it| Part::new(it, are_several.then(|| name(it)))).collect(),
        }
    }
}

impl Part {
    fn new(delivery: &DeliveryAttempt, endpoint: Option<&str>) -> Self {
        let endpoint = endpoint.map(|name| format!("{name}, ")).unwrap_or_default();
        let (word, tone) = super::deliveries::standing(delivery);
        Self {
            url: format!("/ui/deliveries/{}", delivery.id),
            text: format!("{endpoint}attempt {}: {word}", delivery.attempt),
            tone,
        }
    }
}
