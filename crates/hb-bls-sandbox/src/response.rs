//! Responses as JSON.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::problem::Problem;

/// Why a request was refused, for the log.
#[derive(Debug, Clone)]
pub(crate) struct ErrorMessage(pub(crate) String);

/// What a handler gives back.
pub(crate) type HandlerResult = Result<Response, Problem>;

/// A JSON response with this status.
pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// 200 with this body.
pub(crate) fn ok(body: &Value) -> HandlerResult {
    Ok(json_response(StatusCode::OK, body))
}

/// 201 with this body.
pub(crate) fn created(body: &Value) -> HandlerResult {
    Ok(json_response(StatusCode::CREATED, body))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::Internal(reason) = &self {
            tracing::error!(reason, "request failed");
        }
        let mut response = json_response(self.status(), &self.body());
        response.extensions_mut().insert(ErrorMessage(self.details()));
        response
    }
}
