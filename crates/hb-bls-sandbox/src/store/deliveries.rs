//! The log of delivery attempts, which is also the queue of those to come.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use serde_json::json;

use super::webhooks::{self, Webhook};
use super::{events, instant, millis};
use crate::delivery::{AttemptResult, DeliveryAttempt, DeliveryState};
use crate::problem::Problem;

/// One attempt and five retries.
const MAX_ATTEMPTS: i64 = 6;
/// Time between attempts.
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// An attempt that is to be made now.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) id: i64,
    pub(crate) attempt: i64,
    pub(crate) event: i64,
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    pub(crate) body: String,
    pub(crate) webhook: Webhook,
}

pub(super) const SELECT: &str = "SELECT d.id, d.webhook_id, d.event, e.event_id, e.event_type, d.attempt, d.due_at,
    d.state, d.sent_at, d.response_status, d.error, e.body, d.took_ms, d.response_body, d.signature, d.secret_prefix,
    d.response_headers
    FROM deliveries d JOIN events e ON e.id = d.event";

fn from_row(row: &Row<'_>) -> rusqlite::Result<DeliveryAttempt> {
    let state: String = row.get(7)?;
    Ok(DeliveryAttempt {
        id: row.get(0)?,
        webhook_id: row.get(1)?,
        event: row.get(2)?,
        event_id: row.get(3)?,
        event_type: row.get(4)?,
        attempt: row.get(5)?,
        due_at: instant(row.get(6)?),
        state: DeliveryState::parse(&state),
        sent_at: row.get::<_, Option<i64>>(8)?.map(instant),
        response_status: row.get(9)?,
        error: row.get(10)?,
        body: row.get(11)?,
        took_ms: row.get(12)?,
        response_body: row.get(13)?,
        signature: row.get(14)?,
        secret_prefix: row.get(15)?,
        response_headers: headers(row.get(16)?),
    })
}

fn headers(kept: Option<String>) -> Vec<(String, String)> {
    kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// The attempts that an SQL condition selects.
pub(super) fn select(
    db: &Connection,
    condition: &str,
    values: &[(&str, &dyn ToSql)],
) -> Result<Vec<DeliveryAttempt>, Problem> {
    let mut statement = db.prepare_cached(&format!("{SELECT} {condition}"))?;
    Ok(statement.query_map(values, from_row)?.collect::<Result<_, _>>()?)
}

/// Every attempt, made or to come, in the order of their ids.
pub(crate) fn all(db: &Connection) -> Result<Vec<DeliveryAttempt>, Problem> {
    let sql = format!("{SELECT} ORDER BY d.id");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([], from_row)?.collect::<Result<_, _>>()?)
}

pub(crate) fn by_id(db: &Connection, id: i64) -> Result<DeliveryAttempt, Problem> {
    let sql = format!("{SELECT} WHERE d.id = ?1");
    let found = db.prepare_cached(&sql)?.query_row([id], from_row).optional()?;
    found.ok_or_else(|| Problem::not_found("Delivery"))
}

/// When the next attempt is due, if one is scheduled.
pub(crate) fn next_due(db: &Connection) -> Result<Option<Timestamp>, Problem> {
    let next: Option<i64> = db
        .prepare_cached("SELECT min(due_at) FROM deliveries WHERE state = 'scheduled'")?
        .query_row([], |row| row.get(0))?;
    Ok(next.map(instant))
}

/// The first due attempt of each webhook that is not `busy`: sending one at a time keeps them in order.
/// Attempts for a webhook that has been switched off meanwhile are called off.
pub(crate) fn take_due(db: &Connection, busy: impl Fn(i64) -> bool, now: Timestamp) -> Result<Vec<Due>, Problem> {
    let mut due: Vec<Due> = Vec::new();
    for webhook in webhooks_with_due(db, now)? {
        while let Some(delivery) = first_due(db, webhook, now)?.filter(|_| !busy(webhook)) {
            match webhooks::by_id(db, webhook)? {
                Some(webhook) if webhook.is_active || delivery.event_type == events::TEST => {
                    due.push(Due {
                        id: delivery.id,
                        attempt: delivery.attempt,
                        event: delivery.event,
                        event_id: delivery.event_id,
                        event_type: delivery.event_type,
                        body: delivery.body,
                        webhook,
                    });
                    break;
                }
                _ => call_off(db, delivery.id)?,
            }
        }
    }
    Ok(due)
}

fn webhooks_with_due(db: &Connection, now: Timestamp) -> Result<Vec<i64>, Problem> {
    let mut statement =
        db.prepare_cached("SELECT DISTINCT webhook_id FROM deliveries WHERE state = 'scheduled' AND due_at <= ?1")?;
    Ok(statement.query_map([millis(now)], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn first_due(db: &Connection, webhook: i64, now: Timestamp) -> Result<Option<DeliveryAttempt>, Problem> {
    let sql = format!(
        "{SELECT} WHERE d.state = 'scheduled' AND d.webhook_id = ?1 AND d.due_at <= ?2
         ORDER BY d.due_at, d.id LIMIT 1"
    );
    Ok(db.prepare_cached(&sql)?.query_row([webhook, millis(now)], from_row).optional()?)
}

fn call_off(db: &Connection, id: i64) -> Result<(), Problem> {
    db.execute("UPDATE deliveries SET state = 'cancelled', error = 'the webhook is not active' WHERE id = ?1", [id])?;
    Ok(())
}

/// Notes how an attempt went, and schedules the next one if it failed and there is one left.
pub(crate) fn finish(db: &Connection, due: &Due, sent_at: Timestamp, sent: &AttemptResult) -> Result<(), Problem> {
    let outcome = &sent.outcome;
    let state = if outcome.acknowledged() { DeliveryState::Delivered } else { DeliveryState::Failed };
    let updated = db.execute(
        "UPDATE deliveries SET state = ?2, sent_at = ?3, response_status = ?4, error = ?5, took_ms = ?6,
            response_body = ?7, signature = ?8, secret_prefix = ?9, response_headers = ?10
         WHERE id = ?1 AND state = 'scheduled'",
        params![
            due.id,
            state.name(),
            millis(sent_at),
            outcome.status(),
            outcome.error(),
            sent.took_ms,
            sent.kept.as_ref().map(|kept| &kept.body),
            sent.signature,
            due.webhook.secret_prefix(),
            sent.kept.as_ref().map(|kept| json!(kept.headers).to_string()),
        ],
    )?;
    // Called off while it was under way: the log keeps that, and nothing follows.
    if updated == 1 && state == DeliveryState::Failed && due.attempt < MAX_ATTEMPTS {
        events::queue(db, due.webhook.id, due.event, due.attempt + 1, sent_at + RETRY_AFTER)?;
    }
    Ok(())
}

/// Sends the event of a delivery again, now. A retry that is scheduled already is brought forward.
pub(crate) fn again(db: &Connection, id: i64, now: Timestamp) -> Result<DeliveryAttempt, Problem> {
    let delivery = by_id(db, id)?;
    if webhooks::by_id(db, delivery.webhook_id)?.is_none() {
        return Err(Problem::rule("delivery", "The webhook of this delivery has been deleted."));
    }
    let waiting: Option<i64> = db
        .query_row(
            "SELECT id FROM deliveries WHERE webhook_id = ?1 AND event = ?2 AND state = 'scheduled'",
            [delivery.webhook_id, delivery.event],
            |row| row.get(0),
        )
        .optional()?;
    let next = match waiting {
        Some(next) => {
            db.execute("UPDATE deliveries SET due_at = min(due_at, ?2) WHERE id = ?1", [next, millis(now)])?;
            next
        }
        None => {
            let last: i64 = db.query_row(
                "SELECT max(attempt) FROM deliveries WHERE webhook_id = ?1 AND event = ?2",
                [delivery.webhook_id, delivery.event],
                |row| row.get(0),
            )?;
            events::queue(db, delivery.webhook_id, delivery.event, last + 1, now)?
        }
    };
    by_id(db, next)
}
