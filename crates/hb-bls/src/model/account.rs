use std::fmt;

use hb_bls_gen::{CourseId, Decimal, Money, TransactionId, TransactionType};
use serde::{Deserialize, Serialize, Serializer};

use super::null_as_empty;
use crate::zone;

/// What the account can pay with. API: `GET /credits`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Balances {
    /// Prepaid bookings, by course.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub booking_credits: Vec<CourseCredits>,
    /// The balance in money, in [`currency`](Self::currency).
    pub booking_money_balance: Option<Money>,
    /// The ISO 4217 code of the currency, such as `GBP`.
    pub currency: Option<String>,
}

/// Prepaid bookings of one course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CourseCredits {
    /// The course.
    pub course_id: CourseId,
    /// Its display name.
    pub course_name: Option<String>,
    /// The number of prepaid bookings.
    pub credits: i64,
}

/// A transaction in one of the account's wallets. API: `GET /transactions`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "RawTransaction")]
#[non_exhaustive]
pub struct Transaction {
    /// The id of the transaction.
    pub id: Option<TransactionId>,
    /// Whether the amount was paid in or out.
    #[serde(rename = "type")]
    pub transaction_type: Option<TransactionType>,
    /// The number of credits, or money in the portal's unit, which is assumed to be pence.
    #[serde(serialize_with = "as_number")]
    pub amount: Option<Decimal>,
    /// The id of a course, or `booking_balance` for money.
    pub wallet: Option<String>,
    /// What the transaction was for. API: `meta.description`.
    pub description: Option<String>,
    /// When it was made.
    #[serde(with = "zone::utc")]
    pub created_at: Option<jiff::Timestamp>,
}

/// Serialises a decimal as the API writes money: as a number.
fn as_number<S: Serializer>(amount: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    amount.map(Money::new).serialize(serializer)
}

/// A transaction as the API writes it, or as this crate does.
#[derive(Deserialize)]
struct RawTransaction {
    id: Option<TransactionId>,
    #[serde(rename = "type")]
    transaction_type: Option<TransactionType>,
    amount: Option<Money>,
    wallet: Option<String>,
    meta: Option<Meta>,
    description: Option<String>,
    #[serde(default, with = "zone::utc")]
    created_at: Option<jiff::Timestamp>,
}

/// The default allows `[]`, which PHP writes for an empty map.
#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    description: Option<String>,
}

impl From<RawTransaction> for Transaction {
    fn from(written: RawTransaction) -> Self {
        let RawTransaction { id, transaction_type, amount, wallet, meta, description, created_at } = written;
        Self {
            id,
            transaction_type,
            amount: amount.map(Money::amount),
            wallet,
            description: meta.and_then(|meta| meta.description).or(description),
            created_at,
        }
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

/// What the portal knows about an access token. API: `GET /auth/token-info`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenInfo {
    /// The client id of the account.
    pub hb_client_id: Option<String>,
    /// When the access token expires.
    #[serde(default, with = "zone::utc")]
    pub expires_at: Option<jiff::Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_without_a_description_is_read_however_php_writes_that() {
        for meta in ["null", "{}", "[]", r#"{"description":null}"#, r#"{"order":7}"#] {
            let read: Transaction = serde_json::from_str(&format!(r#"{{"id":7,"meta":{meta}}}"#)).unwrap();
            assert_eq!((read.id, read.description), (Some(TransactionId::new(7)), None), "{meta}");
        }
        assert!(serde_json::from_str::<Transaction>(r#"{"meta":"none"}"#).is_err());
    }
}
