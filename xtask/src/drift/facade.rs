//! Finds which method of the facade calls which operation.

use std::collections::BTreeSet;

use openapi_drift::{Change, Direction, Operation, Rule};
use serde_json::Value;

use crate::walk;

/// The facade's method for each `operationId`, sorted.
pub const METHODS: [(&str, &str); 22] = [
    ("createBooking", "client.bookings().create"),
    ("createToken", "Client::builder"),
    ("createWebhook", "client.webhooks().create"),
    ("deleteWebhook", "client.webhooks().delete"),
    ("downloadCertificate", "client.bookings().certificate"),
    ("getBooking", "client.bookings().get"),
    ("getBookingUrl", "client.account().booking_url"),
    ("getCredits", "client.account().balances"),
    ("getTokenInfo", "client.account().token_info"),
    ("getWebhook", "client.webhooks().get"),
    ("holdTimeslot", "client.timeslots().hold"),
    ("listBookings", "client.bookings().list"),
    ("listCourses", "client.courses().list"),
    ("listTimeslots", "client.timeslots().list"),
    ("listTransactions", "client.account().transactions"),
    ("listWebhooks", "client.webhooks().list"),
    ("refreshToken", "Client::builder"),
    ("releaseTimeslotHold", "client.timeslots().release"),
    ("revokeToken", "client.account().revoke_token"),
    ("rotateWebhookSecret", "client.webhooks().rotate_secret"),
    ("testWebhook", "client.webhooks().test"),
    ("updateWebhook", "client.webhooks().update"),
];

/// What reads deliveries.
const WEBHOOK: &str = "webhook::Verifier";
/// The type of events, and the type of what deliveries hold.
const EVENT_TYPE: &str = "WebhookEventType";
const EVENT_DATA: &str = "webhook::EventData";

/// The facade's methods that a change touches, sorted. `events` are the schemas that events are made of.
pub fn touched(change: &Change, events: &BTreeSet<String>) -> Vec<String> {
    let mut found: Vec<String> = change.operations.iter().map(method).collect();
    let component = change.pointer.strip_prefix("/components/schemas/").and_then(|rest| rest.split('/').next());
    if change.direction != Direction::Request && component.is_some_and(|name| events.contains(name)) {
        found.push(EVENT_DATA.to_owned());
    }
    // a webhook with a path of its own is one event; a callback is for all events
    if change.operations.iter().any(|operation| operation.webhook.as_ref() == Some(&operation.path)) {
        found.push(EVENT_DATA.to_owned());
        if matches!(change.rule, Rule::WebhookAdded | Rule::WebhookRemoved) {
            found.push(EVENT_TYPE.to_owned());
        }
    }
    if found.is_empty() && (change.pointer.starts_with("/servers") || change.pointer.contains("/securitySchemes")) {
        found.push("Client::builder".to_owned());
    }
    found.sort();
    found.dedup();
    found
}

/// The schemas that the data of events is made of. No operation refers to the data; it is named after its event.
pub fn events(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> =
        walk::schemas(document).map(|(name, _)| name.as_str()).filter(|name| name.ends_with("Data")).collect();
    while let Some(name) = open.pop() {
        if found.insert(name.to_owned()) {
            references(&document["components"]["schemas"][name], &mut open);
        }
    }
    found
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    found.extend(walk::schema_name(value));
    match value {
        Value::Object(members) => members.values().for_each(|member| references(member, found)),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn method(operation: &Operation) -> String {
    if operation.webhook.is_some() {
        return WEBHOOK.to_owned();
    }
    let known = METHODS.iter().find(|(id, _)| Some(*id) == operation.id.as_deref());
    known.map_or_else(|| "none yet".to_owned(), |(_, method)| (*method).to_owned())
}
