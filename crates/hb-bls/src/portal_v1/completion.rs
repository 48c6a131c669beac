use std::fmt;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The completion of a module by a candidate. API: `course` of the Portal V1 course completion webhook.
#[derive(Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct CourseCompletion {
    /// The reference of the candidate.
    pub candidate_ref: Uuid,
    /// The id of the candidate, as digits.
    #[serde(default, deserialize_with = "digits")]
    pub candidate_id: Option<String>,
    /// The id of the course, as digits.
    #[serde(deserialize_with = "some_digits")]
    pub course_id: String,
    /// The name of the course.
    pub course_name: Option<String>,
    /// When the course was assigned.
    #[serde(default, deserialize_with = "gmt")]
    pub date_assigned: Option<jiff::Timestamp>,
    /// When the course was completed.
    #[serde(deserialize_with = "some_gmt")]
    pub date_completed: jiff::Timestamp,
    /// When the course has to be taken again.
    #[serde(default, deserialize_with = "gmt")]
    pub renewal_date: Option<jiff::Timestamp>,
    /// The result.
    pub course_status: CourseStatus,
    /// The grade.
    pub grade: Option<Grade>,
    /// All other fields.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Leaves out the candidate and the grade.
impl fmt::Debug for CourseCompletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CourseCompletion")
            .field("course_id", &self.course_id)
            .field("date_completed", &self.date_completed)
            .finish_non_exhaustive()
    }
}

/// The result of a course. Values that are not listed here may occur.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum CourseStatus {
    /// `pass`
    Pass,
    /// Any other value, as it was received.
    Unknown(Box<str>),
}

impl CourseStatus {
    /// The value as the portal writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pass => "pass",
            Self::Unknown(value) => value,
        }
    }
}

impl From<String> for CourseStatus {
    fn from(value: String) -> Self {
        if value == "pass" { Self::Pass } else { Self::Unknown(value.into()) }
    }
}

/// A grade, from 0 to 1 as documented.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Grade {
    /// The grade was a number.
    Number(f64),
    /// The grade was text, which may contain a number.
    Text(Box<str>),
}

impl Grade {
    /// The grade as a number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        }
    }
}

/// Reads an id as digits, from a string, a number, or null.
fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) if number.is_u64() => Ok(Some(number.to_string())),
        _ => Err(D::Error::custom("not an id in digits")),
    }
}

fn some_digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    digits(deserializer)?.ok_or_else(|| D::Error::custom("no id"))
}

/// Reads a time such as `2021-12-01 01:42:59`, in GMT. Null and an empty string are `None`.
fn gmt<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<jiff::Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let time = text.parse::<hb_bls_gen::Timestamp>().ok().and_then(|time| time.instant_in(&TimeZone::UTC));
    time.map(Some).ok_or_else(|| D::Error::custom("not a date and time"))
}

fn some_gmt<'de, D: Deserializer<'de>>(deserializer: D) -> Result<jiff::Timestamp, D::Error> {
    gmt(deserializer)?.ok_or_else(|| D::Error::custom("no date and time"))
}
