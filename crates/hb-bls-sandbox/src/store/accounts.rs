//! Agencies' accounts and what is in their wallets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::transactions::{self, Entry, Wallet};
use crate::credentials::SandboxCredentials;
use crate::problem::Problem;
use crate::random;

/// One account. Money in pence.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) credentials: SandboxCredentials,
    pub(crate) booking_slug: String,
    pub(crate) balance: i64,
    pub(crate) invoice_payments: bool,
    pub(crate) credit_limit: i64,
    pub(crate) invoiced: i64,
}

impl Account {
    /// The page on which its candidates book themselves.
    pub(crate) fn booking_url(&self, origin: &str) -> String {
        format!("{origin}/book/{}", self.booking_slug)
    }
}

/// What an account is opened with.
#[derive(Debug)]
pub(crate) struct NewAccount {
    /// By course id.
    pub(crate) credits: Vec<(i64, i64)>,
    pub(crate) balance: i64,
    pub(crate) invoice_payments: bool,
    pub(crate) credit_limit: i64,
}

impl NewAccount {
    /// The account every sandbox has.
    pub(crate) fn first() -> Self {
        Self { credits: vec![(1, 12)], balance: 48_000, invoice_payments: true, credit_limit: 100_000 }
    }

    /// What is in its wallets, empty ones left out.
    pub(crate) fn wallets(&self) -> BTreeMap<Wallet, i64> {
        let credits = self.credits.iter().map(|&(course, credits)| (Wallet::Course(course), credits));
        credits.chain([(Wallet::Money, self.balance)]).filter(|(_, held)| *held != 0).collect()
    }

    /// An account with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { credits: Vec::new(), balance: 0, invoice_payments: false, credit_limit: 0 }
    }
}

/// What the ledger calls the entries with which an account is opened.
const OPENING: &str = "Opening balance";

const COLUMNS: &str = "id, hb_client_id, api_key, booking_slug, balance, invoice_payments, credit_limit, invoiced";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get(0)?,
        credentials: SandboxCredentials { hb_client_id: row.get(1)?, api_key: row.get(2)? },
        booking_slug: row.get(3)?,
        balance: row.get(4)?,
        invoice_payments: row.get(5)?,
        credit_limit: row.get(6)?,
        invoiced: row.get(7)?,
    })
}

/// Opens an account; what it starts with is booked as deposits.
pub(crate) fn open(
    db: &Connection,
    credentials: &SandboxCredentials,
    new: &NewAccount,
    now: Timestamp,
) -> Result<i64, Problem> {
    db.execute(
        "INSERT INTO accounts (hb_client_id, api_key, booking_slug, balance, invoice_payments, credit_limit)
         VALUES (?1, ?2, ?3, 0, ?4, ?5)",
        params![
            credentials.hb_client_id,
            credentials.api_key,
            random::text(12).to_lowercase(),
            new.invoice_payments,
            new.credit_limit,
        ],
    )?;
    let id = db.last_insert_rowid();
    for (wallet, held) in new.wallets() {
        set_wallet(db, id, wallet, held, OPENING, now)?;
    }
    Ok(id)
}

/// What was in the wallets of an account when it was opened.
pub(crate) fn opening_balances(db: &Connection, id: i64) -> Result<BTreeMap<Wallet, i64>, Problem> {
    let mut statement =
        db.prepare_cached("SELECT wallet, amount FROM transactions WHERE account_id = ?1 AND description = ?2")?;
    let rows =
        statement.query_map(params![id, OPENING], |row| Ok((Wallet::named(&row.get::<_, String>(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn by_id(db: &Connection, id: i64) -> Result<Account, Problem> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], from_row)?)
}

pub(crate) fn by_client_id(db: &Connection, client_id: &str) -> Result<Option<Account>, Problem> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE hb_client_id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([client_id], from_row).optional()?)
}

/// The account whose candidates book themselves on the page with this name.
pub(crate) fn by_slug(db: &Connection, slug: &str) -> Result<Option<Account>, Problem> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE booking_slug = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([slug], from_row).optional()?)
}

/// Every account, in the order in which they were opened.
pub(crate) fn all(db: &Connection) -> Result<Vec<Account>, Problem> {
    let sql = format!("SELECT {COLUMNS} FROM accounts ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([], from_row)?.collect::<Result<_, _>>()?)
}

/// The account that was opened first.
pub(crate) fn first(db: &Connection) -> Result<Account, Problem> {
    let sql = format!("SELECT {COLUMNS} FROM accounts ORDER BY id LIMIT 1");
    Ok(db.prepare_cached(&sql)?.query_row([], from_row)?)
}

pub(crate) fn set_credentials(db: &Connection, id: i64, new: &SandboxCredentials) -> Result<(), Problem> {
    db.execute(
        "UPDATE accounts SET hb_client_id = ?2, api_key = ?3 WHERE id = ?1",
        params![id, new.hb_client_id, new.api_key],
    )?;
    Ok(())
}

pub(crate) fn set_invoicing(
    db: &Connection,
    id: i64,
    enabled: Option<bool>,
    credit_limit: Option<i64>,
) -> Result<(), Problem> {
    db.execute(
        "UPDATE accounts SET invoice_payments = coalesce(?2, invoice_payments),
                             credit_limit = coalesce(?3, credit_limit) WHERE id = ?1",
        params![id, enabled, credit_limit],
    )?;
    Ok(())
}

/// Adds to (or, below zero, takes from) what the account owes on invoices.
pub(crate) fn owe(db: &Connection, id: i64, pence: i64) -> Result<(), Problem> {
    db.execute("UPDATE accounts SET invoiced = max(0, invoiced + ?2) WHERE id = ?1", params![id, pence])?;
    Ok(())
}

/// Credits by course, every course of the portal included.
pub(crate) fn credits(db: &Connection, id: i64) -> Result<Vec<(i64, String, i64)>, Problem> {
    let mut statement = db.prepare_cached(
        "SELECT c.id, c.name, coalesce(w.credits, 0) FROM courses c
         LEFT JOIN credits w ON w.course_id = c.id AND w.account_id = ?1 ORDER BY c.id",
    )?;
    let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn wallet(db: &Connection, id: i64, wallet: Wallet) -> Result<i64, Problem> {
    let held: Option<i64> = match wallet {
        Wallet::Money => db.query_row("SELECT balance FROM accounts WHERE id = ?1", [id], |row| row.get(0)),
        Wallet::Course(course) => {
            db.query_row("SELECT credits FROM credits WHERE account_id = ?1 AND course_id = ?2", [id, course], |row| {
                row.get(0)
            })
        }
    }
    .optional()?;
    Ok(held.unwrap_or(0))
}

/// Brings a wallet to `target`, recording the difference.
pub(crate) fn set_wallet(
    db: &Connection,
    id: i64,
    kind: Wallet,
    target: i64,
    description: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let change = target - wallet(db, id, kind)?;
    transactions::record(db, id, kind, &Entry { change, description, booking: None }, now)
}
