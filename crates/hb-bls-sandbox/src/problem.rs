//! A refused request, and its response in Laravel's shapes.

use http::StatusCode;
use serde_json::{Value, json};

/// Why a request is not answered with a success.
#[derive(Debug)]
pub(crate) enum Problem {
    /// 401.
    Unauthenticated(&'static str),
    /// 403, control API only.
    Forbidden(&'static str),
    /// 404: it does not exist, or another account owns it.
    NotFound(String),
    /// 405, with the methods that the path has.
    MethodNotAllowed(String),
    /// 409, with the existing hold where that is the reason.
    Conflict {
        /// What is in the way.
        message: String,
        /// The account's active hold, in the shape of the hold response.
        hold: Option<Value>,
    },
    /// 413.
    TooLarge,
    /// 422: messages by field, in the order of checking; never empty.
    Invalid(Vec<(String, String)>),
    /// 500.
    Internal(String),
}

impl Problem {
    /// A 422 for a broken rule about one field.
    pub(crate) fn rule(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![(field.to_owned(), message.into())])
    }

    pub(crate) fn conflict(message: &str) -> Self {
        Self::Conflict { message: message.to_owned(), hold: None }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::NotFound(format!("{what} not found."))
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The one line that sums it up, as Laravel words it.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Unauthenticated(text) | Self::Forbidden(text) => (*text).to_owned(),
            Self::NotFound(text) | Self::MethodNotAllowed(text) => text.clone(),
            Self::Conflict { message, .. } => message.clone(),
            Self::TooLarge => "The request body is too large.".to_owned(),
            Self::Invalid(errors) => summary(errors),
            Self::Internal(_) => "Server Error".to_owned(),
        }
    }

    /// Every message, with its field.
    pub(crate) fn details(&self) -> String {
        match self {
            Self::Invalid(errors) => {
                let lines: Vec<String> = errors.iter().map(|(field, text)| format!("{field}: {text}")).collect();
                lines.join("\n")
            }
            other => other.message(),
        }
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({ "message": self.message() });
        match self {
            Self::Invalid(errors) => body["errors"] = by_field(errors),
            Self::Conflict { hold: Some(hold), .. } => body["hold"] = hold.clone(),
            _ => {}
        }
        body
    }
}

fn summary(errors: &[(String, String)]) -> String {
    let first = errors.first().map_or("The given data was invalid.", |(_, text)| text);
    match errors.len().saturating_sub(1) {
        0 => first.to_owned(),
        1 => format!("{first} (and 1 more error)"),
        more => format!("{first} (and {more} more errors)"),
    }
}

fn by_field(errors: &[(String, String)]) -> Value {
    let mut fields = serde_json::Map::new();
    for (field, text) in errors {
        let entry = fields.entry(field.clone()).or_insert_with(|| json!([]));
        if let Value::Array(texts) = entry {
            texts.push(json!(text));
        }
    }
    Value::Object(fields)
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<jiff::Error> for Problem {
    fn from(error: jiff::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_errors_are_summed_up_and_kept_by_field() {
        let problem = Problem::Invalid(vec![
            ("email".into(), "The email field is required.".into()),
            ("phone".into(), "First.".into()),
            ("phone".into(), "Second.".into()),
        ]);
        assert_eq!(
            problem.body(),
            json!({
                "message": "The email field is required. (and 2 more errors)",
                "errors": {"email": ["The email field is required."], "phone": ["First.", "Second."]}
            })
        );
    }

    #[test]
    fn an_internal_reason_stays_inside() {
        assert_eq!(Problem::Internal("disk full".into()).body(), json!({"message": "Server Error"}));
    }
}
