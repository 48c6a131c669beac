//! An entry of the delivery log.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::format;

/// One attempt to deliver one event to one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// The `X-TDTA-Delivery-Id`, one per attempt.
    pub id: i64,
    /// The webhook it goes to.
    pub webhook_id: i64,
    /// The `X-TDTA-Event-Id`, the same for every attempt.
    pub event_id: String,
    /// The `X-TDTA-Event`.
    pub event_type: String,
    /// 1 for the first attempt. Retries end with the sixth attempt; a requested one takes the next number.
    pub attempt: i64,
    /// Its state.
    pub state: DeliveryState,
    /// When it is or was to be sent.
    pub due_at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// The status of the receiver's response, if there was one.
    pub response_status: Option<u16>,
    /// How long the receiver took to answer, in real milliseconds.
    pub took_ms: Option<i64>,
    /// The start of the receiver's response, if bodies are kept.
    pub response_body: Option<String>,
    /// The headers of that response, in their order, if bodies are kept.
    pub response_headers: Vec<(String, String)>,
    /// The `X-TDTA-Signature` that was sent.
    pub signature: Option<String>,
    /// The start of the secret that it was signed with.
    pub secret_prefix: Option<String>,
    /// Why there was no response.
    pub error: Option<String>,
    /// The JSON text that is sent.
    pub body: String,
    pub(crate) event: i64,
}

/// The state of a delivery attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryState {
    /// It is still to be sent.
    Scheduled,
    /// The receiver acknowledged it with a 2xx.
    Delivered,
    /// The receiver did not acknowledge it.
    Failed,
    /// It was called off, because the webhook was deleted or switched off.
    Cancelled,
}

impl DeliveryState {
    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "scheduled" => Self::Scheduled,
            "delivered" => Self::Delivered,
            "failed" => Self::Failed,
            _ => Self::Cancelled,
        }
    }

    /// The name in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl DeliveryAttempt {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "webhook_id": self.webhook_id,
            "event_id": self.event_id,
            "event_type": self.event_type,
            "attempt": self.attempt,
            "state": self.state.name(),
            "due_at": format::utc(self.due_at),
            "sent_at": self.sent_at.map(format::utc),
            "response_status": self.response_status,
            "took_ms": self.took_ms,
            "response_body": self.response_body,
            "response_headers": self.response_headers,
            "signature": self.signature,
            "error": self.error,
            "body": serde_json::from_str(&self.body).unwrap_or(Value::Null),
        })
    }
}
