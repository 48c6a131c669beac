//! The ledger. A wallet changes only through an entry here, so balances always equal its sums.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::{instant, millis};
use crate::format;
use crate::problem::Problem;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wallet {
    /// Credits for one course, counted.
    Course(i64),
    /// The account's money, in pence.
    Money,
}

impl Wallet {
    fn name(self) -> String {
        match self {
            Self::Course(id) => id.to_string(),
            Self::Money => "booking_balance".to_owned(),
        }
    }

    pub(super) fn named(name: &str) -> Self {
        name.parse().map_or(Self::Money, Self::Course)
    }
}

/// One change of one wallet.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// A deposit if positive, a withdrawal if negative.
    pub(crate) change: i64,
    pub(crate) description: &'a str,
    pub(crate) booking: Option<i64>,
}

/// Changes the wallet and records the change. A change of zero is not recorded.
pub(crate) fn record(
    db: &Connection,
    account: i64,
    wallet: Wallet,
    entry: &Entry<'_>,
    now: Timestamp,
) -> Result<(), Problem> {
    if entry.change == 0 {
        return Ok(());
    }
    match wallet {
        Wallet::Money => db
            .prepare_cached("UPDATE accounts SET balance = balance + ?2 WHERE id = ?1")?
            .execute([account, entry.change])?,
        Wallet::Course(course) => db
            .prepare_cached(
                "INSERT INTO credits (account_id, course_id, credits) VALUES (?1, ?2, 0)
                 ON CONFLICT DO NOTHING",
            )?
            .execute([account, course])
            .and_then(|_| {
                db.prepare_cached("UPDATE credits SET credits = credits + ?3 WHERE account_id = ?1 AND course_id = ?2")?
                    .execute([account, course, entry.change])
            })?,
    };
    db.prepare_cached(
        "INSERT INTO transactions
            (account_id, account_no, type, amount, wallet, description, booking_id, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        account,
        count(db, account)? + 1,
        if entry.change > 0 { "deposit" } else { "withdraw" },
        entry.change.abs(),
        wallet.name(),
        entry.description,
        entry.booking,
        millis(now),
    ])?;
    Ok(())
}

/// How many entries the account has.
fn count(db: &Connection, account: i64) -> Result<i64, Problem> {
    let last: Option<i64> = db
        .prepare_cached("SELECT max(account_no) FROM transactions WHERE account_id = ?1")?
        .query_row([account], |row| row.get(0))?;
    Ok(last.unwrap_or(0))
}

/// One page of the account's ledger, newest first, and the number of entries.
pub(crate) fn page(db: &Connection, account: i64, limit: i64, offset: i64) -> Result<(Vec<Value>, i64), Problem> {
    let total = count(db, account)?;
    let mut statement = db.prepare_cached(
        "SELECT id, type, amount, wallet, description, created_at FROM transactions
         WHERE account_id = ?1 AND account_no <= ?2 ORDER BY account_no DESC LIMIT ?3",
    )?;
    let rows = statement.query_map([account, total - offset, limit], |row| {
        Ok(json!({
            "id": row.get::<_, i64>(0)?,
            "type": row.get::<_, String>(1)?,
            "amount": row.get::<_, i64>(2)?,
            "wallet": row.get::<_, String>(3)?,
            "meta": { "description": row.get::<_, String>(4)? },
            "created_at": format::utc(instant(row.get(5)?)),
        }))
    })?;
    Ok((rows.collect::<Result<_, _>>()?, total))
}
