use hb_bls_gen::{CourseId, Money, types};

use super::{FromRaw, Unreadable, entries};

/// What the account can book with. API: `GET /credits`.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CourseCredits {
    /// The course.
    pub course_id: CourseId,
    /// Its name for people.
    pub course_name: Option<String>,
    /// How many bookings are prepaid.
    pub credits: i64,
}

impl FromRaw<types::CourseCredits> for CourseCredits {
    fn from_raw(raw: types::CourseCredits) -> Result<Self, Unreadable> {
        Ok(Self { course_id: raw.course_id, course_name: raw.course_name, credits: raw.credits })
    }
}
