//! The result of a view.

use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::response::ErrorMessage;

/// The response of a view.
pub(super) type Shown = Result<Response, Refused>;

/// A refusal; `refusal::explain` makes a page of it.
#[derive(Debug)]
pub(super) struct Refused(Problem);

impl<E: Into<Problem>> From<E> for Refused {
    fn from(problem: E) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let lines = match &problem {
            Problem::Invalid(errors) => errors.iter().map(|(_, text)| text.clone()).collect(),
            other => vec![other.message()],
        };
        let mut response = problem.into_response();
        // People know the fields by their labels, not by their names.
        response.extensions_mut().insert(ErrorMessage(lines.join("\n")));
        response
    }
}
