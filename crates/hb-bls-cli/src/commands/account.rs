//! `hb-bls account`: balances and transactions.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use futures::TryStreamExt as _;
use hb_bls::{Balances, Course, Decimal, Transaction};
use serde::Serialize;

use crate::{
    context::Context,
    output::{Column, ColumnNames, Format, Record, instant, read_instant, sanitise, text},
};

/// Entries on a page: the most that the portal gives.
const PAGE: u32 = 100;

#[derive(Subcommand)]
pub enum Account {
    /// Show the prepaid credits and the money balance
    Balances,
    /// Show the URL of the public page where candidates book for themselves
    BookingUrl,
    /// List deposits and withdrawals
    Transactions(ColumnNames<Entry>),
}

impl Account {
    pub async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let output = context.output();
        match self {
            Self::Balances => {
                let balances = client.account().balances().await.context("cannot get the balances")?;
                match output.format() {
                    Format::Table | Format::Csv => output.list(&wallets(&balances), "the account has no wallet"),
                    Format::Json | Format::Jsonl => output.json(&balances),
                }
            }
            Self::BookingUrl => {
                let booking_url = client.account().booking_url().await.context("cannot get the booking URL")?;
                let url = booking_url.context("the account has no booking URL")?;
                match output.format() {
                    Format::Table => Ok(output.text(&sanitise::line(&url))?),
                    _ => output.fields(&[("booking_url", url.into())]),
                }
            }
            Self::Transactions(names) => {
                let columns = output.columns(&names)?;
                // programs know a wallet by its number
                let courses = match output.format() {
                    Format::Table => client.courses().list().await.context("cannot list courses")?,
                    _ => Vec::new(),
                };
                let items = client.account().transactions().per_page(PAGE).items();
                let entries = items.map_ok(|transaction| Entry::new(transaction, &courses));
                output
                    .stream_columns(&columns, entries, "no transactions yet")
                    .await
                    .context("cannot list transactions")
            }
        }
    }
}

/// A balance that bookings are paid from.
#[derive(Serialize)]
struct Wallet {
    wallet: String,
    name: String,
    balance: String,
    unit: String,
}

/// The wallets, named as in transactions.
fn wallets(balances: &Balances) -> Vec<Wallet> {
    let credits = balances.booking_credits.iter().map(|credit| Wallet {
        wallet: credit.course_id.to_string(),
        name: text(credit.course_name.as_ref()),
        balance: credit.credits.to_string(),
        unit: "credits".to_owned(),
    });
    let money = balances.booking_money_balance.map(|balance| Wallet {
        wallet: MONEY.to_owned(),
        name: MONEY_NAME.to_owned(),
        balance: balance.to_string(),
        unit: text(balances.currency.as_ref()),
    });
    credits.chain(money).collect()
}

impl Record for Wallet {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("wallet", |wallet: &Self| wallet.wallet.clone()).if_there_is_room(),
        Column::new("name", |wallet| wallet.name.clone()),
        Column::number("balance", |wallet| wallet.balance.clone()),
        Column::new("unit", |wallet| wallet.unit.clone()),
    ];
}

/// A transaction, and whose wallet it is about.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Entry {
    transaction: Transaction,
    /// The name of the wallet, for people.
    #[serde(skip)]
    wallet: String,
}

impl Entry {
    fn new(transaction: Transaction, courses: &[Course]) -> Self {
        let wallet = text(transaction.wallet.as_ref());
        let course = courses.iter().find(|course| course.id.to_string() == wallet);
        let name = course.and_then(|course| course.name.clone());
        let wallet = if wallet == MONEY { MONEY_NAME.to_owned() } else { name.unwrap_or(wallet) };
        Self { transaction, wallet }
    }
}

impl Record for Entry {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |entry| text(entry.transaction.id.as_ref())),
        Column::time(
            "created_at",
            |entry| instant(entry.transaction.created_at),
            |entry| read_instant(entry.transaction.created_at),
        ),
        Column::new("type", |entry| text(entry.transaction.transaction_type.as_ref())),
        Column::with_brief(
            "amount",
            |entry: &Self| text(entry.transaction.amount.as_ref()),
            |entry: &Self| with_unit(&entry.transaction),
        )
        .aligned_right(),
        Column::with_brief(
            "wallet",
            |entry: &Self| text(entry.transaction.wallet.as_ref()),
            |entry: &Self| entry.wallet.clone(),
        ),
        Column::whole("description", |entry| text(entry.transaction.description.as_ref())),
    ];
}

/// The wallet that holds money.
const MONEY: &str = "booking_balance";
const MONEY_NAME: &str = "Money";

/// `480.00 GBP` or `12 credits`. Money is counted in pence.
fn with_unit(transaction: &Transaction) -> String {
    let Some(amount) = transaction.amount else { return String::new() };
    match transaction.wallet.as_ref().map(ToString::to_string).as_deref() {
        Some(MONEY) => format!("{:.2} GBP", amount / Decimal::ONE_HUNDRED),
        _ if amount == Decimal::ONE => "1 credit".to_owned(),
        _ => format!("{amount} credits"),
    }
}
