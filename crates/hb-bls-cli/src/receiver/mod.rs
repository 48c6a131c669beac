//! Receives webhook deliveries on this machine: verified, recorded, sent on, and told about.

mod portal_clock;
mod recording;
mod secrets;
mod server;
mod target;

use std::sync::Arc;

use bytes::Bytes;
use hb_bls::{
    Clock,
    webhook::{Claim, Delivery, Event, Inbox as _, Lease, MemoryInbox, Verifier, VerifyError},
};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use tokio::sync::mpsc;

pub use portal_clock::PortalClock;
pub use recording::{Entries, Entry, Recorded, Recording};
pub use secrets::SecretArgs;
pub use server::serve;
pub use target::{Target, TargetUrl, is_loopback};

use server::{Arrived, Handler, NoBody};

/// What became of a delivery.
#[derive(Debug, Clone)]
pub struct Received {
    pub received_at: Timestamp,
    /// What it was answered with.
    pub status: StatusCode,
    /// Claimed only, unless it is verified.
    pub event: Option<EventSummary>,
    pub verified: bool,
    pub duplicate: bool,
    /// Why it was not accepted.
    pub reason: Option<String>,
    /// What the target answered; none if it was not asked or did not answer.
    pub target_status: Option<StatusCode>,
}

/// What a delivery says it is about.
#[derive(Debug, Clone)]
pub struct EventSummary {
    pub event_id: String,
    pub event_type: String,
    pub occurred_at: Option<Timestamp>,
}

impl EventSummary {
    fn of(event: &Event) -> Self {
        Self {
            event_id: event.event_id.to_string(),
            event_type: event.event_type.to_string(),
            occurred_at: event.occurred_at,
        }
    }

    /// What somebody unknown claims, if it looks like an event at all: names of events are all that is repeated.
    fn claimed(body: &[u8]) -> Option<Self> {
        let told = Self::of(&Event::from_json(body).ok()?);
        let named = told.event_type.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_' | b'.'));
        (named && told.event_type.len() <= 64).then_some(told)
    }
}

/// Verifies deliveries and does with them what it is set up for.
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
    /// Who tells about them.
    pub received: mpsc::Sender<Received>,
    /// Who hears of what makes it useless to go on.
    pub broken: mpsc::Sender<anyhow::Error>,
}

impl Handler for Receiver {
    fn body_limit(&self) -> usize {
        self.verifier.body_limit()
    }

    async fn handle(&self, arrived: Arrived) -> Option<(StatusCode, String)> {
        let received_at = self.clock.now();
        let received = match arrived.body {
            Err(no_body) => self.refused(received_at, no_body),
            Ok(body) => match self.verify(&arrived.headers, &body).await {
                Err(error) => rejected(received_at, status_of(&error), error.to_string(), EventSummary::claimed(&body)),
                Ok(delivery) if self.passes_over(&delivery) => return Some((StatusCode::OK, String::new())),
                Ok(delivery) => self.accept(received_at, &arrived.headers, body, &delivery).await?,
            },
        };
        let answer = (received.status, received.reason.clone().unwrap_or_default());
        // not told is not received: it comes again
        self.received.send(received).await.ok()?;
        Some(answer)
    }
}

/// What a delivery that is not believed is answered with.
pub fn status_of(error: &VerifyError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
}

impl Receiver {
    fn refused(&self, received_at: Timestamp, no_body: NoBody) -> Received {
        let (status, reason) = match no_body {
            NoBody::NotPosted => (StatusCode::BAD_REQUEST, "not a delivery: those come with POST".to_owned()),
            NoBody::Headers => (StatusCode::BAD_REQUEST, "too many headers, or too long ones".to_owned()),
            NoBody::Incomplete => (StatusCode::BAD_REQUEST, "the body broke off or took too long".to_owned()),
            NoBody::TooLarge => {
                let error = VerifyError::BodyTooLarge { limit: self.verifier.body_limit() };
                (status_of(&error), error.to_string())
            }
        };
        rejected(received_at, status, reason, None)
    }

    async fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, VerifyError> {
        let verified = self.verifier.receive(headers, body);
        match (&verified, &self.portal_clock) {
            (Err(VerifyError::TooOld { .. } | VerifyError::FromTheFuture { .. }), Some(clock)) => {
                clock.ask().await;
                self.verifier.receive(headers, body)
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
            event: Some(EventSummary::of(&delivery.event)),
            verified: true,
            duplicate,
            reason: None,
            target_status: None,
        };
        if let Some(target) = &self.target {
            match target.send(headers, body).await {
                Ok(status) => {
                    received.target_status = Some(status);
                    if !status.is_success() {
                        received.reason = Some(format!("the target answered {}", status.as_u16()));
                    }
                }
                Err(unanswered) => received.reason = Some(format!("the target did not answer: {unanswered}")),
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

    /// Whether the event was here before, and what to settle if not. A full inbox does not know, and lets it pass.
    async fn claim(&self, delivery: &Delivery) -> (bool, Option<Lease>) {
        match self.inbox.claim(delivery.event.event_id).await {
            Ok(Claim::New(lease)) => (false, Some(lease)),
            Ok(_) => (true, None),
            Err(_) => (false, None),
        }
    }
}

fn rejected(received_at: Timestamp, status: StatusCode, reason: String, event: Option<EventSummary>) -> Received {
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
