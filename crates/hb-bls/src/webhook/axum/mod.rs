//! Receives deliveries with axum 0.8.

mod extract;
#[cfg(feature = "event-queue")]
mod queue;

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::StatusCode;

pub use extract::{InboxDelivery, Refused};
#[cfg(feature = "event-queue")]
pub use queue::queue_router;

use super::{Delivery, Inbox, Verifier};
use crate::clock::within;

/// The portal waits 10 seconds for a response, unless the endpoint has another timeout. This leaves time for the
/// network.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);

/// Returns a router that accepts deliveries as POST requests to `/` and handles each event once. Nest it under the path
/// of the endpoint's URL.
///
/// | status | when |
/// |---|---|
/// | 200 | the event was handled, now or earlier |
/// | 400 | a header or the body is not that of a delivery |
/// | 401 | the signature or the timestamp does not match |
/// | 413 | the body is longer than the verifier's limit; it is neither read to its end nor hashed |
/// | 500 | the handler failed or panicked |
/// | 503 | the event is already being handled, the inbox failed, or the time limit was reached |
///
/// After any status except 200 the portal tries again, up to five times, 15 minutes apart.
///
/// The router responds within 8 seconds by the verifier's clock, since the portal waits for 10; see [`router_with_timeout`]
/// for endpoints with another timeout. A handler that takes longer, or whose connection is closed by the portal, keeps
/// running, and the response to a later attempt reports its outcome.
pub fn router<I, H, F, E>(verifier: Verifier, inbox: I, handler: H) -> Router
where
    I: Inbox + 'static,
    H: Fn(Delivery) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Send + 'static,
{
    router_with_timeout(ANSWER_WITHIN, verifier, inbox, handler)
}

/// Like [`router`], with another time limit for the response. It must be shorter than the endpoint's `timeout_seconds`.
pub fn router_with_timeout<I, H, F, E>(answer_within: Duration, verifier: Verifier, inbox: I, handler: H) -> Router
where
    I: Inbox + 'static,
    H: Fn(Delivery) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Send + 'static,
{
    let receive = move |State((verifier, inbox)): State<(Verifier, Arc<I>)>, request: Request| async move {
        let work = async {
            match extract::receive(&verifier, inbox, request).await {
                Ok(webhook) => handle(webhook, handler).await,
                Err(refused) => refused.into_response(),
            }
        };
        let late = || (StatusCode::SERVICE_UNAVAILABLE, "not handled yet; try again later").into_response();
        within(verifier.clock(), answer_within, work).await.unwrap_or_else(late)
    };
    Router::new().route("/", post(receive)).with_state((verifier, Arc::new(inbox)))
}

/// Handles the delivery in its own task, which neither a timeout nor a lost connection ends.
async fn handle<I, H, F, E>(claimed: InboxDelivery<I>, handler: H) -> Response
where
    I: Inbox + 'static,
    H: Fn(Delivery) -> F + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Send + 'static,
{
    let settled = tokio::spawn(async move {
        let delivery = claimed.delivery.clone();
        // in yet another task, so that a panic counts as a failure
        let handled = tokio::spawn(async move { handler(delivery).await.is_ok() }).await;
        if handled.unwrap_or(false) {
            claimed.done().await.map(|()| StatusCode::OK)
        } else {
            claimed.failed().await.map(|()| StatusCode::INTERNAL_SERVER_ERROR)
        }
    });
    match settled.await {
        Ok(Ok(StatusCode::OK)) => StatusCode::OK.into_response(),
        Ok(Err(error)) => Refused::Inbox(error).into_response(),
        Ok(Ok(_)) | Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the event was not handled").into_response(),
    }
}
