//! Events: written with the change that causes them, so none is lost and none is made up.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::millis;
use super::webhooks::{self, Webhook};
use crate::format;
use crate::problem::Problem;
use crate::random;

/// Every event that a webhook can ask for.
pub(crate) const TYPES: [&str; 8] = [
    "booking.created",
    "booking.confirmed",
    "booking.rescheduled",
    "booking.cancelled",
    "booking.attendance_marked",
    "booking.equipment_late",
    "booking.certificate_available",
    TEST,
];

/// The event of a manual test.
pub(crate) const TEST: &str = "webhook.test";

/// Notes an event and queues it for each active webhook of the account that asked for its type.
pub(crate) fn publish(
    db: &Connection,
    account: i64,
    event_type: &str,
    data: Value,
    now: Timestamp,
) -> Result<(), Problem> {
    let listeners: Vec<Webhook> = webhooks::all(db, account)?
        .into_iter()
        .filter(|webhook| webhook.is_active && webhook.events.iter().any(|name| name == event_type))
        .collect();
    let booking = data["id"].as_i64();
    let event = insert(db, event_type, (booking, data), now)?;
    for webhook in listeners {
        queue(db, webhook.id, event, 1, now)?;
    }
    Ok(())
}

/// Sends a test event to one webhook, whatever it asked for.
pub(crate) fn publish_test(db: &Connection, webhook: i64, now: Timestamp) -> Result<(), Problem> {
    let data = json!({ "message": "This is a test delivery." });
    let event = insert(db, TEST, (None, data), now)?;
    queue(db, webhook, event, 1, now)?;
    Ok(())
}

/// Schedules an attempt, and gives the delivery id it will carry.
pub(crate) fn queue(db: &Connection, webhook: i64, event: i64, attempt: i64, due: Timestamp) -> Result<i64, Problem> {
    db.prepare_cached(
        "INSERT INTO deliveries (webhook_id, event, event_type, attempt, due_at, state)
         SELECT ?1, id, event_type, ?3, ?4, 'scheduled' FROM events WHERE id = ?2",
    )?
    .execute([webhook, event, attempt, millis(due)])?;
    Ok(db.last_insert_rowid())
}

fn insert(
    db: &Connection,
    event_type: &str,
    (booking, data): (Option<i64>, Value),
    now: Timestamp,
) -> Result<i64, Problem> {
    let event_id = random::uuid().to_string();
    let body = json!({
        "event_id": event_id,
        "event_type": event_type,
        "occurred_at": format::utc(now),
        "data": data,
    });
    db.prepare_cached(
        "INSERT INTO events (event_id, event_type, booking_id, occurred_at, body) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![event_id, event_type, booking, millis(now), body.to_string()])?;
    Ok(db.last_insert_rowid())
}
