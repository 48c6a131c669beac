use hb_bls_gen::{CourseId, Money};
use serde::{Deserialize, Serialize};

/// A course that can be booked. API: `GET /courses`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Course {
    /// The id, by which timeslots are listed.
    pub id: CourseId,
    /// The display name.
    pub name: Option<String>,
    /// The price in pounds.
    pub price: Option<Money>,
    /// How long the training takes, in minutes.
    pub duration_minutes: Option<i64>,
}
