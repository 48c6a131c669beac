//! Accounts: their wallets, keys and webhook endpoints.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use rust_decimal::Decimal;

use super::form::Form;
use super::frame::{Frame, View, back_to, html};
use super::result::Shown;
use super::text;
use super::view_request::ViewRequest;
use crate::control::AccountPatch;
use crate::core::Core;
use crate::problem::Problem;
use crate::store::overview::{self, Entry};
use crate::store::{accounts, webhooks};

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    id: i64,
    client_id: String,
    api_key: String,
    balance: String,
    balance_value: String,
    invoice_payments: bool,
    credit_limit: String,
    credit_limit_value: String,
    invoiced: String,
    credits: Vec<(i64, String, i64)>,
    ledger: Vec<Line>,
    endpoints: Vec<Endpoint>,
}

struct Line {
    when: String,
    description: String,
    wallet: String,
    amount: String,
    tone: &'static str,
    booking: Option<i64>,
}

struct Endpoint {
    id: i64,
    name: String,
    url: String,
    events: Vec<String>,
    secret_prefix: String,
    is_active: bool,
}

pub(super) async fn show(State(core): State<Arc<Core>>, request: ViewRequest) -> Shown {
    let frame = Frame::new(&core, View::Account, "Accounts", &request)?;
    let wanted = request.number("account");
    let account = frame.accounts.iter().find(|account| Some(account.id) == wanted).or(frame.accounts.first());
    let account = account.cloned().ok_or_else(|| Problem::not_found("Account"))?;
    let (credits, ledger, endpoints) = core.store.read(|db| {
        Ok((accounts::credits(db, account.id)?, overview::ledger(db, account.id)?, webhooks::all(db, account.id)?))
    })?;
    let lines = ledger.iter().map(|entry| Line::new(entry, &credits)).collect();
    Ok(html(&Page {
        id: account.id,
        client_id: account.credentials.hb_client_id.clone(),
        api_key: account.credentials.api_key.clone(),
        balance: text::pounds(account.balance),
        balance_value: decimal(account.balance),
        invoice_payments: account.invoice_payments,
        credit_limit: text::pounds(account.credit_limit),
        credit_limit_value: decimal(account.credit_limit),
        invoiced: text::pounds(account.invoiced),
        ledger: lines,
        credits,
        endpoints: endpoints
            .into_iter()
            .map(|webhook| Endpoint {
                id: webhook.id,
                secret_prefix: webhook.secret_prefix().to_owned(),
                name: webhook.name,
                url: webhook.url,
                events: webhook.events,
                is_active: webhook.is_active,
            })
            .collect(),
        frame,
    }))
}

pub(super) async fn change(State(core): State<Arc<Core>>, form: Form) -> Shown {
    let id: i64 = form.required("account", "the account")?;
    let account = core.store.read(accounts::all)?.into_iter().find(|account| account.id == id);
    let account = account.ok_or_else(|| Problem::not_found("Account"))?;
    let mut patch = AccountPatch {
        hb_client_id: Some(account.credentials.hb_client_id),
        money_balance: form.value::<Decimal>("money_balance", "the balance")?,
        invoice_payments: Some(form.text("invoice_payments") == Some("true")),
        credit_limit: form.value::<Decimal>("credit_limit", "the credit limit")?,
        ..AccountPatch::default()
    };
    for (course, credits) in form.group("credits") {
        let wrong = |_| Problem::rule("credits", format!("“{credits}” is not a number of credits."));
        patch.credits.insert(course.parse().map_err(wrong)?, credits.parse().map_err(wrong)?);
    }
    core.set_account(&patch)?;
    Ok(back_to(&format!("/ui/account?account={id}"), "account"))
}

pub(super) async fn open(State(core): State<Arc<Core>>) -> Shown {
    core.add_account()?;
    let newest = core.store.read(accounts::all)?.last().map_or(1, |account| account.id);
    Ok(back_to(&format!("/ui/account?account={newest}"), "opened"))
}

fn decimal(pence: i64) -> String {
    Decimal::new(pence, 2).to_string()
}

impl Line {
    fn new(entry: &Entry, credits: &[(i64, String, i64)]) -> Self {
        let course = credits.iter().find(|(id, _, _)| id.to_string() == entry.wallet).map(|(_, name, _)| name.clone());
        let sign = if entry.is_deposit { "+" } else { "−" };
        let amount = match &course {
            Some(_) => entry.amount.to_string(),
            None => text::pounds(entry.amount),
        };
        Self {
            when: text::moment(entry.at),
            description: entry.description.clone(),
            wallet: course.map_or_else(|| "Balance".to_owned(), |name| format!("Credits, {name}")),
            amount: format!("{sign}{amount}"),
            tone: if entry.is_deposit { "good" } else { "quiet" },
            booking: entry.booking,
        }
    }
}
