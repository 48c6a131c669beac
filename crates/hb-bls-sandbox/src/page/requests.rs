//! The list of requests to the API.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;

use super::form::Form;
use super::frame::{Frame, View, back_to, html};
use super::links::{Links, Tab};
use super::result::Shown;
use super::text;
use super::view_request::ViewRequest;
use crate::api::OPERATIONS;
use crate::core::Core;
use crate::request_log::RequestRecord;
use crate::store::overview::PAGE;

#[derive(Template)]
#[template(path = "requests.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    tabs: Vec<Tab>,
    operations: Vec<&'static str>,
    operation: String,
    status: &'static str,
    account: String,
    older: Option<String>,
    newest: Option<String>,
    captures: bool,
}

struct Row {
    number: u64,
    method: String,
    path: String,
    query: String,
    operation: &'static str,
    status: String,
    tone: &'static str,
    message: String,
    fault: Option<&'static str>,
    remaining: String,
    account: String,
    when: String,
}

/// The name in the address, the label, and the first and last status.
const CHOICES: [(&str, &str, (u16, u16)); 5] = [
    ("", "All", (0, 999)),
    ("2xx", "Success", (200, 299)),
    ("4xx", "Refused", (400, 499)),
    ("5xx", "Failed", (500, 599)),
    ("none", "No response", (0, 0)),
];

pub(super) async fn show(State(core): State<Arc<Core>>, request: ViewRequest) -> Shown {
    let chosen = request.parameter("status").unwrap_or("");
    let (status, _, range) = CHOICES.into_iter().find(|(name, _, _)| *name == chosen).unwrap_or(CHOICES[0]);
    let operation = request.parameter("operation").unwrap_or("").to_owned();
    let account = request.parameter("account").unwrap_or("").to_owned();
    let (before, of_account) = (request.number("before"), request.number("account"));
    let (found, more) = core.request_log.newest(PAGE, |record| {
        (range.0..=range.1).contains(&record.status.unwrap_or(0))
            && (operation.is_empty() || record.operation_id == Some(&operation))
            && (of_account.is_none() || record.account == of_account)
            && before.and_then(|before| u64::try_from(before).ok()).is_none_or(|before| record.number < before)
    });
    let now = core.clock.now();
    let frame = Frame::new(&core, View::Requests, "Requests", &request)?;
    let kept = [("status", status), ("operation", operation.as_str()), ("account", account.as_str())];
    let links = Links { path: "/ui/requests", kept };
    Ok(html(&Page {
        rows: found.iter().map(|record| Row::new(record, &frame, now)).collect(),
        tabs: links.tabs(CHOICES.map(|(name, label, _)| (name, label))),
        operations: OPERATIONS.iter().map(|(name, _, _)| *name).collect(),
        older: found.last().filter(|_| more).map(|record| links.older(record.number)),
        newest: before.map(|_| links.newest()),
        captures: core.captures(),
        operation,
        status,
        account,
        frame,
    }))
}

/// Whether bodies are kept from now on.
pub(super) async fn capture(State(core): State<Arc<Core>>, form: Form) -> Shown {
    let on = form.text("on") == Some("true");
    core.set_capture(on);
    Ok(back_to("/ui/requests", if on { "capture" } else { "no-capture" }))
}

impl Row {
    fn new(record: &RequestRecord, frame: &Frame, now: Timestamp) -> Self {
        Self {
            number: record.number,
            method: record.method.clone(),
            path: record.path.clone(),
            query: record.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default(),
            operation: record.operation_id.unwrap_or("–"),
            status: record.status.map_or_else(|| "–".to_owned(), |status| status.to_string()),
            tone: text::status_tone(record.status),
            message: record.message.as_deref().and_then(|text| text.lines().next()).unwrap_or("").to_owned(),
            fault: record.fault,
            remaining: record.remaining.map(|left| left.to_string()).unwrap_or_default(),
            account: frame.account_name(record.account).to_owned(),
            when: text::recent(record.at, now),
        }
    }
}
