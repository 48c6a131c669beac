use std::fmt;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::CourseCompletion;

/// A notification that Portal V1 sent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Notification {
    /// The value of the `api-version` header, if there is one. `1.0` is expected.
    pub api_version: Option<String>,
    /// The body.
    pub payload: Payload,
}

/// The body of a notification.
#[derive(Clone)]
#[non_exhaustive]
pub enum Payload {
    /// `{"course": {...}}`: a module was completed.
    CourseCompletion {
        /// The completion.
        completion: Box<CourseCompletion>,
        /// The other fields beside `course`.
        other: Map<String, Value>,
    },
    /// Anything else, such as a training completion, whose payload is not published.
    Other(Value),
}

impl Payload {
    /// Decodes a body.
    ///
    /// # Errors
    ///
    /// [`NotificationError`] if the body is not JSON, or has a `course` that cannot be decoded.
    pub fn from_json(body: &[u8]) -> Result<Self, NotificationError> {
        let mut members: Map<String, Value> = match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => members,
            Ok(other) => return Ok(Self::Other(other)),
            Err(_) => return Err(NotificationError::NotJson),
        };
        let Some(course @ Value::Object(_)) = members.get("course") else {
            return Ok(Self::Other(Value::Object(members)));
        };
        let completion = Box::new(CourseCompletion::deserialize(course).map_err(|_| NotificationError::Course)?);
        members.remove("course");
        Ok(Self::CourseCompletion { completion, other: members })
    }
}

/// Leaves out every field that may be personal.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CourseCompletion { completion, .. } => completion.fmt(f),
            Self::Other(_) => f.write_str("Other"),
        }
    }
}

/// Why a body cannot be decoded. It contains nothing of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotificationError {
    /// It is not JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// `course` lacks a field, or has one that cannot be decoded.
    #[error(
        "`course` must have candidate_ref (UUID), course_id, date_completed (`YYYY-MM-DD HH:MM:SS`) and course_status, \
         and what else it has must be as documented"
    )]
    Course,
}
