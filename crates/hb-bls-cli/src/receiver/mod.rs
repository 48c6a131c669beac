//! Receives webhook deliveries on this machine: verified, recorded, forwarded and shown.
//!
//! The library's router handles each event once and does not report what it refuses. A developer wants to see duplicates
//! and refusals too, so this is a plain handler around the library's verifier.

mod portal_clock;
mod recording;
mod secrets;
mod target;

use std::{future::ready, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, BodyDataStream},
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use hb_bls::{
    Clock,
    webhook::{ClaimOutcome, Delivery, Event, EventLease, Inbox as _, MemoryInbox, Verifier, VerifyError},
};
use http::{
    HeaderMap, Method, StatusCode,
    header::{CONTENT_LENGTH, EXPECT},
};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;

pub use portal_clock::{PortalClock, now_at};
pub use recording::{Entries, Entry, Recorded, Recording};
pub use secrets::SecretArgs;
pub use target::{Target, TargetUrl};

use crate::clock::within;

const BODY_WITHIN: Duration = Duration::from_secs(10);
/// How much is read of the rest of a body that is too long.
const DRAIN_LIMIT: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone, Serialize)]
pub struct Received {
    #[serde(skip)]
    pub received_at: Timestamp,
    #[serde(skip)]
    pub status: StatusCode,
    /// Claimed only, unless it is verified.
    #[serde(flatten)]
    pub event: EventSummary,
    pub verified: bool,
    pub duplicate: bool,
    pub reason: Option<String>,
    /// The status with which the target responded, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_status: Option<u16>,
}

/// What a delivery says it is about.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EventSummary {
    pub event_id: Option<String>,
    pub event_type: Option<String>,
    pub occurred_at: Option<Timestamp>,
}

impl EventSummary {
    fn of(event: &Event) -> Self {
        Self {
            event_id: Some(event.event_id.to_string()),
            event_type: Some(event.event_type.to_string()),
            occurred_at: event.occurred_at,
        }
    }

    /// What an unverified delivery claims. Only what looks like an event's name is repeated.
    fn claimed(body: &[u8]) -> Self {
        let Ok(event) = Event::from_json(body) else { return Self::default() };
        let name = event.event_type.as_str();
        let is_name = name.len() <= 64 && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_' | b'.'));
        if is_name { Self::of(&event) } else { Self::default() }
    }
}

/// Verifies deliveries, and records and forwards them if it is set up to.
pub struct Receiver {
    pub verifier: Verifier,
    pub inbox: MemoryInbox,
    pub clock: Arc<dyn Clock>,
    /// The verifier's clock, if it follows a local portal's.
    pub portal_clock: Option<Arc<PortalClock>>,
    /// The only events to show, if not all.
    pub events: Option<Vec<String>>,
    pub recording: Option<Recording>,
    pub target: Option<Target>,
    /// Where deliveries are shown.
    pub received: mpsc::Sender<Received>,
    /// Where errors go that make it useless to continue.
    pub broken: mpsc::Sender<anyhow::Error>,
}

/// Receives at every path.
pub fn router(receiver: Receiver) -> Router {
    Router::new().fallback(handle).with_state(Arc::new(receiver))
}

async fn handle(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    // in a task of its own, which goes on even if the sender hangs up
    match tokio::spawn(async move { receiver.receive(request).await }).await {
        Ok(Some((status, reason))) => (status, reason).into_response(),
        // not shown or not recorded is not received: it comes again
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The response to a delivery that is not believed.
fn status_of(error: &VerifyError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
}

impl Receiver {
    /// The response; none if the delivery could not be recorded or shown.
    async fn receive(&self, request: Request) -> Option<(StatusCode, String)> {
        let received_at = self.clock.now();
        let (parts, body) = request.into_parts();
        let received = match read(&parts.method, &parts.headers, body, self.verifier.body_limit()).await {
            Err((status, reason)) => rejected(received_at, status, reason, EventSummary::default()),
            Ok(body) => match self.verify(&parts.headers, &body).await {
                Err(error) => rejected(received_at, status_of(&error), error.to_string(), EventSummary::claimed(&body)),
                Ok(delivery) if self.passes_over(&delivery) => return Some((StatusCode::OK, String::new())),
                Ok(delivery) => self.accept(received_at, &parts.headers, body, &delivery).await?,
            },
        };
        let response = (received.status, received.reason.clone().unwrap_or_default());
        self.received.send(received).await.ok()?;
        Some(response)
    }

    async fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, VerifyError> {
        let verified = self.verifier.verify_and_decode(headers, body);
        match (&verified, &self.portal_clock) {
            (Err(VerifyError::TooOld { .. } | VerifyError::FromTheFuture { .. }), Some(clock)) => {
                clock.ask().await;
                self.verifier.verify_and_decode(headers, body)
            }
            _ => verified,
        }
    }

    fn passes_over(&self, delivery: &Delivery) -> bool {
        let event_type = delivery.event.event_type.as_str();
        self.events.as_ref().is_some_and(|events| events.iter().all(|event| event != event_type))
    }

    /// None if it could not be recorded.
    async fn accept(
        &self,
        received_at: Timestamp,
        headers: &HeaderMap,
        body: Bytes,
        delivery: &Delivery,
    ) -> Option<Received> {
        if let Some(recording) = &self.recording
            && let Err(error) = recording.write(received_at, headers, &body)
        {
            drop(self.broken.try_send(error));
            return None;
        }
        let (duplicate, lease) = self.claim(delivery).await;
        let mut received = Received {
            received_at,
            status: StatusCode::OK,
            event: EventSummary::of(&delivery.event),
            verified: true,
            duplicate,
            reason: None,
            target_status: None,
        };
        if let Some(target) = &self.target {
            match target.send(headers, body).await {
                Ok(status) => {
                    received.target_status = Some(status.as_u16());
                    if !status.is_success() {
                        received.reason = Some(format!("the target responded with {}", status.as_u16()));
                    }
                }
                Err(no_response) => received.reason = Some(format!("the target did not respond: {no_response}")),
            }
        }
        if received.reason.is_some() {
            received.status = StatusCode::BAD_GATEWAY;
        }
        if let Some(lease) = lease {
            let settled =
                if received.reason.is_none() { self.inbox.done(lease).await } else { self.inbox.failed(lease).await };
            // the inbox is in memory and cannot fail
            drop(settled);
        }
        Some(received)
    }

    /// Whether the event came before, and if not, the lease to settle. A full inbox does not know, and lets it pass.
    async fn claim(&self, delivery: &Delivery) -> (bool, Option<EventLease>) {
        match self.inbox.claim(delivery.event.event_id).await {
            Ok(ClaimOutcome::New(lease)) => (false, Some(lease)),
            Ok(_) => (true, None),
            Err(_) => (false, None),
        }
    }
}

/// The body, of which no more than the limit is kept.
async fn read(method: &Method, headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, (StatusCode, String)> {
    if method != Method::POST {
        return Err((StatusCode::BAD_REQUEST, "not a delivery: those come with POST".to_owned()));
    }
    let error = VerifyError::BodyTooLarge { limit };
    let too_large = (status_of(&error), error.to_string());
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    // a sender that asks before it sends the body does not send it after this response
    if announced.is_some_and(|length| length > limit) && headers.contains_key(EXPECT) {
        return Err(too_large);
    }
    let broken = || (StatusCode::BAD_REQUEST, "the body broke off or took too long".to_owned());
    let collect = async {
        let mut bytes = BytesMut::new();
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            bytes.extend_from_slice(&piece.map_err(|_| broken())?);
            if bytes.len() > limit {
                tokio::spawn(drain(pieces));
                return Err(too_large);
            }
        }
        Ok(bytes.freeze())
    };
    within(BODY_WITHIN, collect).await.unwrap_or_else(|| Err(broken()))
}

/// Reads the rest of a body that is too long, so that its sender gets to see the response.
async fn drain(pieces: BodyDataStream) {
    let some_left = |left: &mut usize, piece: Result<Bytes, axum::Error>| {
        *left = left.saturating_sub(piece.map_or(DRAIN_LIMIT, |piece| piece.len()));
        ready((*left > 0).then_some(()))
    };
    within(BODY_WITHIN, pieces.scan(DRAIN_LIMIT, some_left).for_each(ready)).await;
}

fn rejected(received_at: Timestamp, status: StatusCode, reason: String, event: EventSummary) -> Received {
    Received {
        received_at,
        status,
        event,
        verified: false,
        duplicate: false,
        reason: Some(reason),
        target_status: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::stream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_end_is_given_up() {
        let silent = Body::from_stream(stream::pending::<std::io::Result<Bytes>>());
        let read = within(2 * BODY_WITHIN, read(&Method::POST, &HeaderMap::new(), silent, 16)).await;
        assert_eq!(read.expect("it is given up").unwrap_err().0, StatusCode::BAD_REQUEST);
    }

    #[tokio::test(start_paused = true)]
    async fn draining_ends_though_the_body_does_not() {
        const PIECE: usize = 64 * 1024;
        const LIMIT: usize = DRAIN_LIMIT / PIECE;
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = taken.clone();
        // it ends, so that a limit that does not hold fails instead of reading for ever
        let pieces = (0..2 * LIMIT).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; PIECE]))
        });
        drain(Body::from_stream(stream::iter(pieces)).into_data_stream()).await;
        assert_eq!(taken.load(Ordering::Relaxed), LIMIT);
        let silent = Body::from_stream(stream::pending::<std::io::Result<Bytes>>());
        within(2 * BODY_WITHIN, drain(silent.into_data_stream())).await.expect("it is given up");
    }
}
