//! Accepts deliveries into a queue.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::StatusCode;

use super::{ANSWER_WITHIN, Refused, extract::verified};
use crate::{
    clock::within,
    webhook::{EventQueue, NewEvent, Verifier},
};

/// Returns a router that stores deliveries, POST requests to `/`, in a queue and answers at once. A [`Worker`] of this or
/// another process handles them. Nest it under the path of the endpoint's URL.
///
/// | status | when |
/// |---|---|
/// | 200 | the event is stored, now or earlier |
/// | 400, 401, 413 | as for [`router`](super::router): it is not a genuine delivery |
/// | 503 | the queue failed, or took longer than 8 seconds |
///
/// After any status except 200 the portal tries again, up to five times, 15 minutes apart.
///
/// [`Worker`]: crate::webhook::Worker
pub fn queue_router<Q: EventQueue + 'static>(verifier: Verifier, queue: Q) -> Router {
    Router::new().route("/", post(accept::<Q>)).with_state((verifier, Arc::new(queue)))
}

async fn accept<Q: EventQueue>(State((verifier, queue)): State<(Verifier, Arc<Q>)>, request: Request) -> Response {
    let accepting = async {
        let delivery = verified(&verifier, request).await?;
        queue.accept(&NewEvent::from_delivery(&delivery)).await.map_err(Refused::Inbox)
    };
    match within(verifier.clock(), ANSWER_WITHIN, accepting).await {
        Some(Ok(_)) => StatusCode::OK.into_response(),
        Some(Err(refused)) => refused.into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "not stored yet; try again later").into_response(),
    }
}
