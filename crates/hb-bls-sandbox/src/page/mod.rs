//! The page for people: the contents of the portal, what has happened, and buttons for staff and candidates.
//!
//! Everything is HTML that the server makes, and every button is a form for something that the control API does too.
//! Scripts only fetch the page again when something has changed.

mod account;
mod assets;
mod book;
mod booking;
mod bookings;
mod breaks;
mod clock;
mod deliveries;
mod delivery;
mod faults;
mod form;
mod frame;
mod json;
mod links;
mod refusal;
mod request;
mod requests;
mod result;
mod state;
mod stream;
mod text;
mod timeslots;
mod token;
mod view_request;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get, post};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue};

use crate::core::Core;
use crate::problem::Problem;

/// Whether a path is the page's, and not for anybody, as are the way in and what it looks like.
pub(crate) fn is_guarded(path: &str) -> bool {
    let is_open = path == "/ui/token" || path.starts_with("/ui/assets/");
    !is_open && (path == "/" || path.starts_with("/ui") || path.starts_with(book::PREFIX))
}

/// What is shown instead of the page to those who have to show the control token first.
pub(crate) fn ask_for_token() -> Response {
    lock_down(token::ask())
}

/// What is shown to those who may not see the page at all.
pub(crate) fn refuse(reason: &str) -> Response {
    lock_down(refusal::forbidden(reason))
}

/// The page's routes.
pub(crate) fn routes(core: &Arc<Core>) -> Router<Arc<Core>> {
    Router::new()
        .route("/", get(bookings::show))
        .route("/ui/bookings/{id}", get(booking::show))
        .route("/ui/bookings/{id}/certificate", get(booking::certificate))
        .route("/ui/bookings/{id}/reschedule", post(booking::reschedule))
        .route("/ui/bookings/{id}/pay", booking::action("pay", Core::pay))
        .route("/ui/bookings/{id}/complete", booking::action("complete", Core::complete))
        .route("/ui/bookings/{id}/no-show", booking::action("no-show", Core::no_show))
        .route("/ui/bookings/{id}/return-kit", booking::action("return-kit", Core::return_kit))
        .route("/ui/bookings/{id}/cancel", booking::action("cancel", Core::cancel))
        .route("/ui/timeslots", get(timeslots::show))
        .route("/ui/deliveries", get(deliveries::show))
        .route("/ui/deliveries/{id}", get(delivery::show))
        .route("/ui/deliveries/{id}/retry", post(delivery::retry))
        .route("/ui/trigger", post(deliveries::trigger))
        .route("/ui/webhooks/{id}/test", post(delivery::test))
        .route("/ui/requests", get(requests::show))
        .route("/ui/requests/{number}", get(request::show))
        .route("/ui/capture", post(requests::capture))
        .route("/ui/account", get(account::show).post(account::change))
        .route("/ui/accounts", post(account::open))
        .route("/ui/clock", get(clock::show))
        .route("/ui/clock/advance", post(clock::advance))
        .route("/ui/clock/next", post(clock::next))
        .route("/ui/clock/freeze", post(clock::freeze))
        .route("/ui/clock/unfreeze", post(clock::unfreeze))
        .route("/ui/faults", get(faults::show).post(faults::arm))
        .route("/ui/faults/clear", post(faults::clear))
        .route("/ui/seed", post(clock::seed))
        .route("/ui/reset", get(clock::ask).post(clock::reset))
        .route("/book/{slug}", get(book::show).post(book::book))
        .route("/ui/live", get(stream::follow))
        .route("/ui/token", post(token::enter))
        .route("/ui/assets/{name}", get(assets::serve))
        .route("/ui/{*rest}", any(nothing))
        .method_not_allowed_fallback(not_that)
        .layer(middleware::from_fn_with_state(core.clone(), refusal::explain))
        .layer(middleware::from_fn(locked_down))
}

async fn nothing() -> Problem {
    Problem::not_found("Page")
}

async fn not_that() -> Problem {
    Problem::MethodNotAllowed("This is no address of a page: its forms are sent there.".to_owned())
}

/// Names of candidates come from the program under test. Should one ever be more than text, it can do nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

async fn locked_down(request: Request, next: Next) -> Response {
    lock_down(next.run(request).await)
}

fn lock_down(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Browsers send no usable Origin with forms under a stricter one.
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
