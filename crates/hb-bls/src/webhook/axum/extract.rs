//! The extractor for axum.

use std::fmt;

use axum::{
    extract::{FromRef, FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header::CONTENT_LENGTH};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::{
    state::StateError,
    webhook::{ClaimOutcome, Delivery, EventLease, Inbox, Verifier, VerifyError},
};

/// Extracts a delivery: reads the body up to the verifier's limit, verifies and decodes it, and claims the event.
///
/// A handler with this argument runs for new events only. All other requests get [`Refused`] as the response. The
/// router's state must provide a [`Verifier`] and the inbox by [`FromRef`]. Call [`done`](Self::done) or
/// [`failed`](Self::failed) at the end; without either, the claim lapses when the inbox's lease ends.
///
/// ```
/// use axum::{Router, extract::FromRef, http::StatusCode, routing::post};
/// use hb_bls::webhook::{MemoryInbox, Verifier, axum::{InboxDelivery, Refused}};
///
/// #[derive(Clone)]
/// struct App {
///     verifier: Verifier,
///     inbox: MemoryInbox,
/// }
///
/// impl FromRef<App> for Verifier {
///     fn from_ref(app: &App) -> Self {
///         app.verifier.clone()
///     }
/// }
///
/// impl FromRef<App> for MemoryInbox {
///     fn from_ref(app: &App) -> Self {
///         app.inbox.clone()
///     }
/// }
///
/// async fn receive(received: InboxDelivery<MemoryInbox>) -> Result<StatusCode, Refused> {
///     println!("{:?}", received.delivery.event);
///     received.done().await?;
///     Ok(StatusCode::OK)
/// }
///
/// # fn app(app: App) -> Router {
/// Router::new().route("/hooks/bls", post(receive)).with_state(app)
/// # }
/// ```
#[must_use = "call `done` or `failed`"]
pub struct InboxDelivery<I> {
    /// The delivery.
    pub delivery: Delivery,
    lease: EventLease,
    inbox: I,
}

impl<I: Inbox> InboxDelivery<I> {
    /// Records that the event was handled, so that later deliveries of it are duplicates.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the inbox fails. Return it as the response; the event may be delivered again.
    pub async fn done(self) -> Result<(), StateError> {
        self.inbox.done(self.lease).await
    }

    /// Records that the event was not handled. Respond with a 5xx status, and the portal delivers the event again.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the inbox fails. The event can then be claimed again when the lease ends.
    pub async fn failed(self) -> Result<(), StateError> {
        self.inbox.failed(self.lease).await
    }
}

impl<I> fmt::Debug for InboxDelivery<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboxDelivery").field("delivery", &self.delivery).finish_non_exhaustive()
    }
}

/// Why there is nothing to handle, as the response to the portal. It contains a hint but no secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The delivery was not verified: 400, 401 or 413.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The body ended early: 400.
    #[error("the body could not be read to its end")]
    Body,
    /// The event was handled before: 200, so that the portal stops trying.
    #[error("handled before")]
    Duplicate,
    /// The event is being handled: 503, since the handler may still fail.
    #[error("being handled; try again later")]
    Taken,
    /// The inbox failed: 503.
    #[error(transparent)]
    Inbox(#[from] StateError),
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::Verify(error) => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST),
            Self::Body => StatusCode::BAD_REQUEST,
            Self::Duplicate => StatusCode::OK,
            Self::Taken | Self::Inbox(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status(), self.to_string()).into_response()
    }
}

impl<S, I> FromRequest<S> for InboxDelivery<I>
where
    S: Send + Sync,
    I: Inbox + FromRef<S>,
    Verifier: FromRef<S>,
{
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        receive(&Verifier::from_ref(state), I::from_ref(state), request).await
    }
}

pub(super) async fn receive<I: Inbox>(
    verifier: &Verifier,
    inbox: I,
    request: Request,
) -> Result<InboxDelivery<I>, Refused> {
    let delivery = verified(verifier, request).await?;
    match inbox.claim(delivery.event.event_id).await? {
        ClaimOutcome::New(lease) => Ok(InboxDelivery { delivery, lease, inbox }),
        ClaimOutcome::Taken => Err(Refused::Taken),
        ClaimOutcome::Done => Err(Refused::Duplicate),
    }
}

/// Reads the body up to the verifier's limit, verifies and decodes it.
pub(super) async fn verified(verifier: &Verifier, request: Request) -> Result<Delivery, Refused> {
    let (parts, body) = request.into_parts();
    let limit = verifier.body_limit();
    let too_large = || Refused::Verify(VerifyError::BodyTooLarge { limit });
    if announced(&parts.headers).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let body = match Limited::new(body, limit).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(_) => return Err(Refused::Body),
    };
    Ok(verifier.verify_and_decode(&parts.headers, &body)?)
}

/// The length of the body according to `Content-Length`.
fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
