//! The portal's 22 operations over HTTP.

mod account;
mod auth;
mod bookings;
mod caller;
pub(crate) mod check;
mod courses;
mod gate;
pub(crate) mod input;
mod later_version;
mod operations;
mod paging;
mod timeslots;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};
use http::{Method, Uri};

pub(crate) use bookings::pdf_response;
pub(crate) use gate::{MOST_KEPT, ResetConnection, gate};
pub(crate) use operations::{OPERATIONS, is_operation};

use crate::core::Core;
use crate::problem::Problem;

/// Where the API is mounted.
pub(crate) const PREFIX: &str = "/api/v1";

/// The API's routes.
pub(crate) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/api/v1/auth/token", post(auth::create_token))
        .route("/api/v1/auth/refresh", post(auth::refresh_token))
        .route("/api/v1/auth/token-info", get(auth::token_info))
        .route("/api/v1/auth/revoke", post(auth::revoke))
        .route("/api/v1/booking-url", get(account::booking_url))
        .route("/api/v1/credits", get(account::credits))
        .route("/api/v1/transactions", get(account::transactions))
        .route("/api/v1/courses", get(courses::list))
        .route("/api/v1/timeslots", get(timeslots::list))
        .route("/api/v1/timeslots/hold", post(timeslots::hold))
        .route("/api/v1/timeslots/hold/{holdHash}", delete(timeslots::release))
        .route("/api/v1/bookings", get(bookings::list).post(bookings::create))
        .route("/api/v1/bookings/{id}", get(bookings::show))
        .route("/api/v1/bookings/{id}/certificate", get(bookings::certificate))
        .route("/api/v1/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/api/v1/webhooks/{id}", get(webhooks::show).put(webhooks::update).delete(webhooks::delete))
        .route("/api/v1/webhooks/{id}/rotate-secret", post(webhooks::rotate_secret))
        .route("/api/v1/webhooks/{id}/test", post(webhooks::test))
}

/// The response for a path that nothing is mounted on.
pub(crate) async fn no_such_route(uri: Uri) -> Problem {
    let path = uri.path().trim_start_matches('/');
    Problem::NotFound(format!("The route {path} could not be found."))
}

/// The response for a method that the path does not have.
pub(crate) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let path = uri.path().trim_start_matches('/');
    Problem::MethodNotAllowed(format!("The {method} method is not supported for route {path}."))
}
