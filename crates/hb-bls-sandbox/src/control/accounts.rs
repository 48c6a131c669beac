//! Accounts: changes their wallets, and adds new ones.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Value, json};

use crate::core::Core;
use crate::credentials::SandboxCredentials;
use crate::format;
use crate::problem::Problem;
use crate::store::accounts::{self, Account, NewAccount};
use crate::store::courses;
use crate::store::transactions::Wallet;

/// What to change about an account; what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountPatch {
    /// Which account; the first one when left out.
    pub hb_client_id: Option<String>,
    /// Credits by course id.
    pub credits: BTreeMap<i64, i64>,
    /// The booking balance in pounds, at most two decimals.
    pub money_balance: Option<Decimal>,
    /// Whether bookings may be invoiced.
    pub invoice_payments: Option<bool>,
    /// How much may be owed on invoices, in pounds.
    pub credit_limit: Option<Decimal>,
}

impl AccountPatch {
    /// Changes the account with this client id instead of the first one.
    #[must_use]
    pub fn hb_client_id(mut self, id: impl Into<String>) -> Self {
        self.hb_client_id = Some(id.into());
        self
    }

    /// Sets credits by course id.
    #[must_use]
    pub fn credits(mut self, credits: impl IntoIterator<Item = (i64, i64)>) -> Self {
        self.credits.extend(credits);
        self
    }

    /// Sets the booking balance in pounds, at most two decimals.
    #[must_use]
    pub fn money_balance(mut self, pounds: Decimal) -> Self {
        self.money_balance = Some(pounds);
        self
    }

    /// Sets whether bookings may be invoiced.
    #[must_use]
    pub fn invoice_payments(mut self, on: bool) -> Self {
        self.invoice_payments = Some(on);
        self
    }

    /// Sets how much may be owed on invoices, in pounds.
    #[must_use]
    pub fn credit_limit(mut self, pounds: Decimal) -> Self {
        self.credit_limit = Some(pounds);
        self
    }
}

/// More than any test needs, and sums of it stay far from overflowing.
const MOST: i64 = 1_000_000_000;

impl Core {
    /// Changes an account. Changed balances are recorded as transactions.
    pub(crate) fn set_account(&self, patch: &AccountPatch) -> Result<Value, Problem> {
        let now = self.clock.now();
        let balance = patch.money_balance.map(|sum| pence("money_balance", sum)).transpose()?;
        let limit = patch.credit_limit.map(|sum| pence("credit_limit", sum)).transpose()?;
        self.store.write(|db| {
            let account = match &patch.hb_client_id {
                Some(id) => accounts::by_client_id(db, id)?.ok_or_else(|| Problem::not_found("Account"))?,
                None => accounts::first(db)?,
            };
            let what = "Adjusted through the control API";
            for (&course, &credits) in &patch.credits {
                let field = format!("credits.{course}");
                if courses::by_id(db, course)?.is_none() {
                    return Err(Problem::rule(&field, "There is no such course."));
                }
                if !(0..=MOST).contains(&credits) {
                    return Err(Problem::rule(&field, "Credits must be between 0 and 1000000000."));
                }
                accounts::set_wallet(db, account.id, Wallet::Course(course), credits, what, now)?;
            }
            if let Some(balance) = balance {
                accounts::set_wallet(db, account.id, Wallet::Money, balance, what, now)?;
            }
            accounts::set_invoicing(db, account.id, patch.invoice_payments, limit)?;
            let credits = accounts::credits(db, account.id)?;
            Ok(account_json(&accounts::by_id(db, account.id)?, &credits))
        })
    }

    /// Opens another account, with nothing in it.
    pub(crate) fn add_account(&self) -> Result<SandboxCredentials, Problem> {
        let now = self.clock.now();
        let credentials = SandboxCredentials::generated();
        self.store.write(|db| accounts::open(db, &credentials, &NewAccount::empty(), now))?;
        Ok(credentials)
    }
}

fn account_json(account: &Account, credits: &[(i64, String, i64)]) -> Value {
    let credits: serde_json::Map<String, Value> =
        credits.iter().map(|(course, _, held)| (course.to_string(), json!(held))).collect();
    json!({
        "hb_client_id": account.credentials.hb_client_id,
        "credits": credits,
        "money_balance": format::pounds(account.balance),
        "invoice_payments": account.invoice_payments,
        "credit_limit": format::pounds(account.credit_limit),
        "invoiced": format::pounds(account.invoiced),
    })
}

/// A sum in pence.
pub(crate) fn pence(field: &str, pounds: Decimal) -> Result<i64, Problem> {
    let pence = pounds.checked_mul(Decimal::ONE_HUNDRED).filter(Decimal::is_integer);
    pence
        .and_then(|pence| pence.to_i64())
        .filter(|pence| (0..=MOST).contains(pence))
        .ok_or_else(|| Problem::rule(field, "A sum must be between 0 and 10000000.00, with two decimals at most."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_whole_pence_within_bounds() {
        assert_eq!(pence("x", "480.00".parse().unwrap()).unwrap(), 48_000);
        assert_eq!(pence("x", "0.1".parse().unwrap()).unwrap(), 10);
        for wrong in ["0.001", "-1", "10000000.01", "79228162514264337593543950335"] {
            assert!(pence("x", wrong.parse().unwrap()).is_err(), "{wrong}");
        }
    }
}
