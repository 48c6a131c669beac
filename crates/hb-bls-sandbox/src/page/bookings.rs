//! The list of bookings.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::frame::{Frame, View, html};
use super::links::{Links, Tab};
use super::result::Shown;
use super::state::{self, Pill};
use super::text;
use super::view_request::ViewRequest;
use crate::core::Core;
use crate::store::bookings::Booking;
use crate::store::overview::{self, ListFilter};

#[derive(Template)]
#[template(path = "bookings.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    tabs: Vec<Tab>,
    search: String,
    state: &'static str,
    account: String,
    is_narrowed: bool,
    older: Option<String>,
    newest: Option<String>,
    api_key: String,
    client_id: String,
}

struct Row {
    id: i64,
    name: String,
    email: String,
    course: String,
    start: String,
    state: Pill,
    kit: Pill,
    payment: String,
    account: String,
}

pub(super) async fn show(State(core): State<Arc<Core>>, request: ViewRequest) -> Shown {
    let frame = Frame::new(&core, View::Bookings, "Bookings", &request)?;
    let chosen = request.parameter("state").unwrap_or("");
    let (state, _, condition) =
        state::CHOICES.into_iter().find(|(name, _, _)| *name == chosen).unwrap_or(state::CHOICES[0]);
    let search = request.parameter("search").unwrap_or("").to_owned();
    let account = request.parameter("account").unwrap_or("").to_owned();
    let filter = ListFilter {
        account: request.number("account"),
        before: request.number("before"),
        search: Some(search.clone()).filter(|text| !text.is_empty()),
        state: condition,
        event: None,
    };
    let (bookings, more) = core.store.read(|db| overview::bookings(db, &filter))?;
    let links = Links { path: "/", kept: [("state", state), ("search", &search), ("account", &account)] };
    let credentials = frame.accounts.first().map(|account| account.credentials.clone());
    Ok(html(&Page {
        rows: bookings.iter().map(|booking| Row::new(booking, &frame)).collect(),
        tabs: links.tabs(state::CHOICES.map(|(name, label, _)| (name, label))),
        state,
        is_narrowed: filter.search.is_some() || condition.is_some() || filter.account.is_some(),
        older: bookings.last().filter(|_| more).map(|booking| links.older(booking.id)),
        newest: filter.before.map(|_| links.newest()),
        search,
        account,
        api_key: credentials.as_ref().map_or_else(String::new, |it| it.api_key.clone()),
        client_id: credentials.map_or_else(String::new, |it| it.hb_client_id),
        frame,
    }))
}

impl Row {
    fn new(booking: &Booking, frame: &Frame) -> Self {
        Self {
            id: booking.id,
            name: booking.candidate_name.clone(),
            email: booking.email.clone(),
            course: booking.course_name.clone(),
            start: text::start(booking.start),
            state: state::of(booking),
            kit: state::kit(booking),
            payment: text::pay_option(&booking.pay_option).to_owned(),
            account: frame.account_name(Some(booking.account_id)).to_owned(),
        }
    }
}
