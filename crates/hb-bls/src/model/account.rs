use std::fmt;

use hb_bls_gen::{CourseId, Decimal, Money, TransactionId, TransactionType, types};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{FromRaw, Unreadable, entries};
use crate::zone::{self, instant};

/// What the account can book with. API: `GET /credits`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Balances {
    /// Prepaid bookings by course.
    pub booking_credits: Vec<CourseCredits>,
    /// The money balance, in [`currency`](Self::currency).
    pub booking_money_balance: Option<Money>,
    /// The ISO 4217 code of the currency: `GBP`.
    pub currency: Option<String>,
}

impl FromRaw<types::Credits> for Balances {
    fn from_raw(raw: types::Credits) -> Result<Self, Unreadable> {
        Ok(Self {
            booking_credits: entries(raw.booking_credits.unwrap_or_default(), "booking_credits")?,
            booking_money_balance: raw.booking_money_balance,
            currency: raw.currency,
        })
    }
}

/// Prepaid bookings of one course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CourseCredits {
    /// The course.
    pub course_id: CourseId,
    /// Its display name.
    pub course_name: Option<String>,
    /// How many bookings are prepaid.
    pub credits: i64,
}

impl FromRaw<types::CourseCredits> for CourseCredits {
    fn from_raw(raw: types::CourseCredits) -> Result<Self, Unreadable> {
        Ok(Self { course_id: raw.course_id, course_name: raw.course_name, credits: raw.credits })
    }
}

/// A movement of one of the account's wallets. API: `GET /transactions`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Transaction {
    /// The id of the transaction.
    pub id: Option<TransactionId>,
    /// Whether it went in or out.
    #[serde(rename = "type")]
    pub transaction_type: Option<TransactionType>,
    /// Credits of a course, or money in the portal's unit, which we assume to be pence.
    #[serde(default, with = "as_number")]
    pub amount: Option<Decimal>,
    /// A course's id, or `booking_balance`.
    pub wallet: Option<String>,
    /// What it was for.
    pub description: Option<String>,
    /// When it was made.
    #[serde(default, with = "zone::utc")]
    pub created_at: Option<jiff::Timestamp>,
}

/// For serde: a decimal as the API writes money, a number.
mod as_number {
    use super::*;

    pub(super) fn serialize<S: Serializer>(amount: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        amount.map(Money::new).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Money>::deserialize(deserializer)?.map(Money::amount))
    }
}

impl FromRaw<types::Transaction> for Transaction {
    fn from_raw(raw: types::Transaction) -> Result<Self, Unreadable> {
        Ok(Self {
            id: raw.id,
            transaction_type: raw.type_,
            amount: raw.amount.map(Money::amount),
            wallet: raw.wallet,
            description: raw.meta.and_then(|meta| meta.description),
            created_at: raw.created_at.and_then(instant),
        })
    }
}

/// Leaves out the description, which may name a candidate.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("id", &self.id)
            .field("transaction_type", &self.transaction_type)
            .field("amount", &self.amount)
            .field("wallet", &self.wallet)
            .finish_non_exhaustive()
    }
}

/// What the portal knows of a token. API: `GET /auth/token-info`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenInfo {
    /// The account.
    pub hb_client_id: Option<String>,
    /// When the access token expires.
    #[serde(default, with = "zone::utc")]
    pub expires_at: Option<jiff::Timestamp>,
}

impl FromRaw<types::TokenInfo> for TokenInfo {
    fn from_raw(raw: types::TokenInfo) -> Result<Self, Unreadable> {
        Ok(Self { hb_client_id: raw.hb_client_id, expires_at: raw.expires_at.and_then(instant) })
    }
}
