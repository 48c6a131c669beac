use hb_bls_gen::{Timestamp, WebhookEventType};
use serde::Deserialize;
use uuid::Uuid;

/// What happened. API: the body of a webhook delivery.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The same for every attempt to deliver the event: what to deduplicate by.
    pub event_id: Uuid,
    /// What kind of thing happened.
    pub event_type: WebhookEventType,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What it happened to. Its shape is not published.
    #[serde(default)]
    pub data: serde_json::Value,
}

/// Leaves out the data, which is about a candidate.
impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Event")
            .field("event_id", &self.event_id)
            .field("event_type", &self.event_type)
            .field("occurred_at", &self.occurred_at)
            .finish_non_exhaustive()
    }
}
