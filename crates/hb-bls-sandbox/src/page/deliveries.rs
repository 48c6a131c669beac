//! The list of delivery attempts.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::form::Form;
use super::frame::{Frame, View, back_to, html};
use super::links::{Links, Tab};
use super::result::Shown;
use super::text;
use super::view_request::ViewRequest;
use crate::control::finished;
use crate::core::Core;
use crate::delivery::{DeliveryAttempt, DeliveryState};
use crate::store::events;
use crate::store::overview::{self, ListFilter};
use crate::store::webhooks::{self, Webhook};

#[derive(Template)]
#[template(path = "deliveries.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    tabs: Vec<Tab>,
    types: Vec<&'static str>,
    event: String,
    state: &'static str,
    account: String,
    has_endpoints: bool,
    older: Option<String>,
    newest: Option<String>,
}

struct Row {
    id: i64,
    event: String,
    endpoint: String,
    attempt: i64,
    word: String,
    tone: &'static str,
    took: String,
    when: String,
    wait: String,
}

const CHOICES: [super::state::Choice; 5] = [
    ("", "All", None),
    ("delivered", "Delivered", Some("d.state = 'delivered'")),
    ("failed", "Failed", Some("d.state = 'failed'")),
    ("scheduled", "Scheduled", Some("d.state = 'scheduled'")),
    ("cancelled", "Called off", Some("d.state = 'cancelled'")),
];

pub(super) async fn show(State(core): State<Arc<Core>>, request: ViewRequest) -> Shown {
    let now = core.clock.now();
    let chosen = request.parameter("state").unwrap_or("");
    let (state, _, condition) = CHOICES.into_iter().find(|(name, _, _)| *name == chosen).unwrap_or(CHOICES[0]);
    let event = request.parameter("event").unwrap_or("").to_owned();
    let account = request.parameter("account").unwrap_or("").to_owned();
    let filter = ListFilter {
        account: request.number("account"),
        before: request.number("before"),
        event: Some(event.clone()).filter(|text| !text.is_empty()),
        state: condition,
        search: None,
    };
    let ((found, more), endpoints) =
        core.store.read(|db| Ok((overview::deliveries(db, &filter)?, webhooks::of_all_accounts(db)?)))?;
    let frame = Frame::new(&core, View::Deliveries, "Deliveries", &request)?;
    let by_id: HashMap<i64, &Webhook> = endpoints.iter().map(|webhook| (webhook.id, webhook)).collect();
    let links = Links { path: "/ui/deliveries", kept: [("state", state), ("event", &event), ("account", &account)] };
    Ok(html(&Page {
        rows: found.iter().map(|delivery| Row::new(delivery, by_id.get(&delivery.webhook_id).copied(), now)).collect(),
        tabs: links.tabs(CHOICES.map(|(name, label, _)| (name, label))),
        types: events::TYPES.to_vec(),
        older: found.last().filter(|_| more).map(|delivery| links.older(delivery.id)),
        newest: filter.before.map(|_| links.newest()),
        has_endpoints: !endpoints.is_empty(),
        event,
        state,
        account,
        frame,
    }))
}

/// Makes an event happen, for the receiver to see.
pub(super) async fn trigger(State(core): State<Arc<Core>>, form: Form) -> Shown {
    let event: String = form.required("event", "the event")?;
    finished(async move { core.trigger(&event).await }).await?;
    Ok(back_to("/ui/deliveries", "triggered"))
}

/// The state of an attempt, in a word or its status, and the colour of that.
pub(super) fn standing(delivery: &DeliveryAttempt) -> (String, &'static str) {
    match (delivery.state, delivery.response_status) {
        (DeliveryState::Scheduled, _) => ("scheduled".to_owned(), "info"),
        (DeliveryState::Delivered, Some(status)) => (format!("{status}"), "good"),
        (DeliveryState::Delivered, None) => ("delivered".to_owned(), "good"),
        (DeliveryState::Failed, Some(status)) => (format!("{status}"), "bad"),
        (DeliveryState::Failed, None) => ("no response".to_owned(), "bad"),
        (DeliveryState::Cancelled, _) => ("called off".to_owned(), "quiet"),
    }
}

impl Row {
    fn new(delivery: &DeliveryAttempt, webhook: Option<&Webhook>, now: jiff::Timestamp) -> Self {
        let (word, tone) = standing(delivery);
        let is_to_come = delivery.state == DeliveryState::Scheduled;
        Self {
            id: delivery.id,
            event: delivery.event_type.clone(),
            endpoint: webhook.map_or_else(|| "deleted endpoint".to_owned(), |webhook| webhook.name.clone()),
            attempt: delivery.attempt,
            word,
            tone,
            took: delivery.took_ms.map(|ms| format!("{ms} ms")).unwrap_or_default(),
            when: text::moment(delivery.sent_at.unwrap_or(delivery.due_at)),
            wait: if is_to_come { text::wait(delivery.due_at.duration_since(now)) } else { String::new() },
        }
    }
}
