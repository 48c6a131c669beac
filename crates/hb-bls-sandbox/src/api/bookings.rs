//! Bookings and their certificates.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::Map;
use serde_json::Value;

use super::caller::Caller;
use super::check::Check;
use super::input::{Id, Input, Query};
use super::paging::Page;
use crate::booking::{self, Order, PayOption};
use crate::certificate;
use crate::core::Core;
use crate::origin::Origin;
use crate::problem::Problem;
use crate::response::{HandlerResult, created, ok};
use crate::store::bookings::{self, BookingContacts};
use crate::store::listing::{self, Filter};

pub(super) async fn list(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Origin(origin): Origin,
    query: Query,
) -> HandlerResult {
    let mut check = Check::new(&query.fields);
    let page = Page::read(&mut check);
    let filter = Filter {
        status: check.optional_text("status", 255),
        course_id: check.optional_integer("course_id", (1, i64::MAX)),
        date_from: check.optional_date("date_from").map(|date| date.to_string()),
        date_to: check.optional_date("date_to").map(|date| date.to_string()),
        search: check.optional_text("search", 255),
    };
    check.finish()?;
    let (data, total) = core.store.read(|db| listing::page(db, caller.account, &filter, page.window()))?;
    ok(&page.envelope(&data, total, &origin, "/bookings", &query))
}

pub(super) async fn create(State(core): State<Arc<Core>>, caller: Caller, Input(fields): Input) -> HandlerResult {
    let order = read_order(&fields)?;
    let now = core.clock.now();
    let booking = core.store.write(|db| booking::create(db, caller.account, &order, now))?;
    caller.is_about(booking.id);
    core.dispatch.wake();
    created(&booking.json())
}

pub(super) async fn show(State(core): State<Arc<Core>>, caller: Caller, Id(id): Id) -> HandlerResult {
    let booking = core.store.read(|db| bookings::owned(db, caller.account, id))?;
    caller.is_about(id);
    ok(&booking.json())
}

pub(super) async fn certificate(State(core): State<Arc<Core>>, caller: Caller, Id(id): Id) -> HandlerResult {
    let booking = core.store.read(|db| bookings::owned(db, caller.account, id))?;
    caller.is_about(id);
    if !booking.certificate_available() {
        return Err(Problem::rule(
            "certificate",
            "The certificate is available once the training is completed and the kit is returned.",
        ));
    }
    Ok(pdf_response(id, certificate::pdf(&booking)))
}

/// A certificate as a download.
pub(crate) fn pdf_response(id: i64, pdf: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(pdf));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    let name = format!("attachment; filename=\"certificate-{id}.pdf\"");
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    response
}

fn read_order(fields: &Map<String, Value>) -> Result<Order, Problem> {
    let mut check = Check::new(fields);
    let hold_hash = check.text("hold_hash", 32);
    let candidate = check.candidate();
    let contacts = BookingContacts {
        agency_contact_name: check.text("agency_contact_name", 255),
        agency_contact_email: check.email("agency_contact_email"),
        agency_email: check.optional_email("agency_email"),
        ..candidate
    };
    let named = check.text("pay_option", 255);
    let pay_option = PayOption::parse(&named);
    if pay_option.is_none() && !named.is_empty() {
        check.fail_selected("pay_option");
    }
    check.finish()?;
    let pay_option = pay_option.ok_or_else(|| Problem::Internal("a pay option was let through".to_owned()))?;
    Ok(Order { hold_hash, contacts, pay_option })
}
