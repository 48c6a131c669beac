//! Deliveries received with axum 0.8.

mod extract;

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::StatusCode;

pub use extract::{InboxDelivery, Refused};

use super::{Delivery, Inbox, Verifier};
use crate::clock::within;

/// The portal waits 10 seconds for an answer unless the endpoint says otherwise; this leaves time for the way.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);

/// Receives deliveries with POST at `/`, each event handled once. Nest it where the endpoint's URL points.
///
/// | answer | when |
/// |---|---|
/// | 200 | the event was handled, now or before |
/// | 400 | a header or the body is not a delivery's |
/// | 401 | signature or time do not fit |
/// | 413 | the body is longer than the verifier's limit; it is neither read in full nor hashed |
/// | 500 | the handler failed or panicked |
/// | 503 | the event is being handled already, the inbox cannot tell, or there was no time left |
///
/// On everything but 200 the portal tries again, up to five times, 15 minutes apart. The answer comes within 8 seconds,
/// since the portal waits for 10; see [`router_within`] for endpoints with another timeout. The verifier's clock counts
/// them. A handler that takes longer goes on, and a later attempt is answered by what became of it. So it does when the
/// portal hangs up.
pub fn router<I, H, F, E>(verifier: Verifier, inbox: I, handler: H) -> Router
where
    I: Inbox + 'static,
    H: Fn(Delivery) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Send + 'static,
{
    router_within(ANSWER_WITHIN, verifier, inbox, handler)
}

/// As [`router`], with an answer within this time: less than the `timeout_seconds` of the endpoint.
pub fn router_within<I, H, F, E>(answer_within: Duration, verifier: Verifier, inbox: I, handler: H) -> Router
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

/// Handles it in a task of its own, which neither a timeout nor a lost connection ends.
async fn handle<I, H, F, E>(claimed: InboxDelivery<I>, handler: H) -> Response
where
    I: Inbox + 'static,
    H: Fn(Delivery) -> F + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Send + 'static,
{
    let settled = tokio::spawn(async move {
        let delivery = claimed.delivery.clone();
        // once more a task of its own, so that a panic is an end like another
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
