use hb_bls_gen::{CourseId, Money, types};
use serde::{Deserialize, Serialize};

use super::{FromRaw, Unreadable};

/// A course that can be booked. API: `GET /courses`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Course {
    /// What to list timeslots by.
    pub id: CourseId,
    /// The display name.
    pub name: Option<String>,
    /// The price in pounds.
    pub price: Option<Money>,
    /// How long the training takes, in minutes.
    pub duration_minutes: Option<i64>,
}

impl FromRaw<types::Course> for Course {
    fn from_raw(raw: types::Course) -> Result<Self, Unreadable> {
        Ok(Self { id: raw.id, name: raw.name, price: raw.price, duration_minutes: raw.duration_minutes })
    }
}
