//! Bearer tokens. Opaque, random, and kept in the clear: they open a sandbox and nothing else.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{instant, millis};
use crate::problem::Problem;
use crate::random;

/// How long an access token lives.
pub(crate) const ACCESS_SECONDS: i64 = 3_600;
/// How long a refresh token lives.
pub(crate) const REFRESH_SECONDS: i64 = 604_800;

/// A pair as it is handed out.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

/// Makes a new pair for the account.
pub(crate) fn issue(db: &Connection, account: i64, now: Timestamp) -> Result<Pair, Problem> {
    db.execute("DELETE FROM tokens WHERE refresh_expires_at <= ?1", [millis(now)])?;
    let pair = Pair { access_token: random::text(64), refresh_token: random::text(64) };
    db.execute(
        "INSERT INTO tokens (access_token, refresh_token, account_id, expires_at, refresh_expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            pair.access_token,
            pair.refresh_token,
            account,
            millis(now + SignedDuration::from_secs(ACCESS_SECONDS)),
            millis(now + SignedDuration::from_secs(REFRESH_SECONDS)),
        ],
    )?;
    Ok(pair)
}

/// Uses up a refresh token: the account it belongs to, if it is alive.
/// Its access token stays valid for its own hour, so that requests under way do not fail.
pub(crate) fn spend_refresh(db: &Connection, refresh_token: &str, now: Timestamp) -> Result<Option<i64>, Problem> {
    let account = db
        .query_row(
            "UPDATE tokens SET refreshed = 1
             WHERE refresh_token = ?1 AND refreshed = 0 AND refresh_expires_at > ?2
             RETURNING account_id",
            params![refresh_token, millis(now)],
            |row| row.get(0),
        )
        .optional()?;
    Ok(account)
}

/// The account of a live access token, and when the token ends.
pub(crate) fn holder(db: &Connection, access_token: &str, now: Timestamp) -> Result<Option<(i64, Timestamp)>, Problem> {
    let found = db
        .prepare_cached("SELECT account_id, expires_at FROM tokens WHERE access_token = ?1 AND expires_at > ?2")?
        .query_row(params![access_token, millis(now)], |row| Ok((row.get(0)?, instant(row.get(1)?))))
        .optional()?;
    Ok(found)
}

/// Ends the pair that this access token belongs to.
pub(crate) fn revoke(db: &Connection, access_token: &str) -> Result<(), Problem> {
    db.execute("DELETE FROM tokens WHERE access_token = ?1", [access_token])?;
    Ok(())
}
