//! Registered webhook endpoints.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::{instant, millis};
use crate::format;
use crate::problem::Problem;
use crate::random;

/// How much of the secret is shown after its creation.
const PREFIX_LENGTH: usize = 12;

/// One endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) id: i64,
    pub(crate) account_id: i64,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    pub(crate) secret: String,
    pub(crate) timeout_seconds: i64,
    pub(crate) is_active: bool,
    pub(crate) created_at: Timestamp,
}

impl Webhook {
    pub(crate) fn secret_prefix(&self) -> &str {
        self.secret.get(..PREFIX_LENGTH).unwrap_or(&self.secret)
    }

    /// Everything but the secret.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "events": self.events,
            "secret_prefix": self.secret_prefix(),
            "timeout_seconds": self.timeout_seconds,
            "is_active": self.is_active,
            "created_at": format::utc(self.created_at),
        })
    }
}

const SELECT: &str = "SELECT id, account_id, name, url, events, secret, timeout_seconds, is_active, created_at
    FROM webhooks";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Webhook> {
    let events: String = row.get(4)?;
    Ok(Webhook {
        id: row.get(0)?,
        account_id: row.get(1)?,
        name: row.get(2)?,
        url: row.get(3)?,
        events: serde_json::from_str(&events).unwrap_or_default(),
        secret: row.get(5)?,
        timeout_seconds: row.get(6)?,
        is_active: row.get(7)?,
        created_at: instant(row.get(8)?),
    })
}

/// A new signing secret.
pub(crate) fn new_secret() -> String {
    format!("whsec_{}", random::text(40))
}

/// Stores a new endpoint; its `id` is ignored and the given one returned.
pub(crate) fn insert(db: &Connection, webhook: &Webhook) -> Result<i64, Problem> {
    db.execute(
        "INSERT INTO webhooks (account_id, name, url, events, secret, timeout_seconds, is_active, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            webhook.account_id,
            webhook.name,
            webhook.url,
            json!(webhook.events).to_string(),
            webhook.secret,
            webhook.timeout_seconds,
            webhook.is_active,
            millis(webhook.created_at),
        ],
    )?;
    Ok(db.last_insert_rowid())
}

/// Stores what may change.
pub(crate) fn update(db: &Connection, webhook: &Webhook) -> Result<(), Problem> {
    db.execute(
        "UPDATE webhooks SET name = ?2, url = ?3, events = ?4, secret = ?5, timeout_seconds = ?6,
            is_active = ?7 WHERE id = ?1",
        params![
            webhook.id,
            webhook.name,
            webhook.url,
            json!(webhook.events).to_string(),
            webhook.secret,
            webhook.timeout_seconds,
            webhook.is_active,
        ],
    )?;
    Ok(())
}

/// Removes the endpoint and calls off what is still to be sent to it.
pub(crate) fn delete(db: &Connection, id: i64) -> Result<(), Problem> {
    db.execute(
        "UPDATE deliveries SET state = 'cancelled', error = 'the webhook was deleted'
         WHERE webhook_id = ?1 AND state = 'scheduled'",
        [id],
    )?;
    db.execute("DELETE FROM webhooks WHERE id = ?1", [id])?;
    Ok(())
}

/// The account's endpoints, oldest first.
pub(crate) fn all(db: &Connection, account: i64) -> Result<Vec<Webhook>, Problem> {
    let sql = format!("{SELECT} WHERE account_id = ?1 ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([account], from_row)?.collect::<Result<_, _>>()?)
}

/// Everybody's endpoints, oldest first.
pub(crate) fn of_all_accounts(db: &Connection) -> Result<Vec<Webhook>, Problem> {
    let sql = format!("{SELECT} ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([], from_row)?.collect::<Result<_, _>>()?)
}

/// The account's endpoint. For one of another account the response is that it does not exist.
pub(crate) fn owned(db: &Connection, account: i64, id: i64) -> Result<Webhook, Problem> {
    let sql = format!("{SELECT} WHERE id = ?1 AND account_id = ?2");
    let found = db.prepare_cached(&sql)?.query_row([id, account], from_row).optional()?;
    found.ok_or_else(|| Problem::not_found("Webhook"))
}

/// The endpoint, whoever owns it.
pub(crate) fn by_id(db: &Connection, id: i64) -> Result<Option<Webhook>, Problem> {
    let sql = format!("{SELECT} WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], from_row).optional()?)
}
