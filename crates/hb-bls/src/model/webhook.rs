use std::fmt;

use bon::Builder;
use hb_bls_gen::{Secret, WebhookEventType, WebhookId, types};
use serde::{Deserialize, Serialize};

use super::null_as_empty;
use crate::zone;

/// A webhook endpoint to register. API: the body of `POST /webhooks`.
#[derive(Clone, PartialEq, Builder, Serialize, Deserialize)]
#[builder(on(String, into), derive(Clone), state_mod(vis = "pub"))]
#[non_exhaustive]
pub struct WebhookRequest {
    /// A display name.
    pub name: String,
    /// Where to send events: https.
    pub url: String,
    /// The events to send.
    #[builder(into)]
    pub events: Vec<WebhookEventType>,
    /// Seconds to wait for an answer, 1 to 30. The portal takes 10 if it is not given.
    pub timeout_seconds: Option<i64>,
    /// Whether events are sent. The portal sends them if it is not given.
    pub is_active: Option<bool>,
}

impl WebhookRequest {
    pub(crate) fn to_request(&self) -> types::WebhookRequest {
        let request = self.clone();
        types::WebhookRequest {
            name: request.name,
            url: request.url,
            events: request.events,
            timeout_seconds: request.timeout_seconds,
            is_active: request.is_active,
        }
    }
}

/// What to change of a webhook endpoint; what is not given stays. API: the body of `PUT /webhooks/{id}`.
#[derive(Clone, PartialEq, Default, Builder, Serialize, Deserialize)]
#[builder(on(String, into), derive(Clone), state_mod(vis = "pub"))]
#[non_exhaustive]
pub struct WebhookUpdate {
    /// A display name.
    pub name: Option<String>,
    /// Where to send events: https.
    pub url: Option<String>,
    /// The events to send.
    #[builder(into)]
    pub events: Option<Vec<WebhookEventType>>,
    /// Seconds to wait for an answer, 1 to 30.
    pub timeout_seconds: Option<i64>,
    /// Whether events are sent.
    pub is_active: Option<bool>,
}

impl WebhookUpdate {
    pub(crate) fn to_request(&self) -> types::WebhookUpdateRequest {
        let update = self.clone();
        types::WebhookUpdateRequest {
            name: update.name,
            url: update.url,
            events: update.events,
            timeout_seconds: update.timeout_seconds,
            is_active: update.is_active,
        }
    }
}

/// A webhook endpoint. API: `GET /webhooks/{id}`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Webhook {
    /// The id of the endpoint.
    pub id: WebhookId,
    /// Its display name.
    pub name: Option<String>,
    /// Where events are sent.
    pub url: Option<String>,
    /// The events that are sent.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub events: Vec<WebhookEventType>,
    /// The first 12 characters of the signing secret, to tell secrets apart.
    pub secret_prefix: Option<String>,
    /// Seconds that the endpoint has to answer.
    pub timeout_seconds: Option<i64>,
    /// Whether events are sent.
    pub is_active: Option<bool>,
    /// When the endpoint was registered.
    #[serde(default, with = "zone::utc")]
    pub created_at: Option<jiff::Timestamp>,
}

/// A webhook endpoint as it was registered. API: the answer of `POST /webhooks`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookCreated {
    /// The id of the endpoint.
    pub id: WebhookId,
    /// Its display name.
    pub name: Option<String>,
    /// Where events are sent.
    pub url: Option<String>,
    /// The events that are sent.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub events: Vec<WebhookEventType>,
    /// The signing secret. The portal shows it in this answer only.
    pub secret: Secret,
    /// The first 12 characters of the secret, to tell secrets apart.
    pub secret_prefix: Option<String>,
    /// Whether events are sent.
    pub is_active: Option<bool>,
    /// When the endpoint was registered.
    #[serde(default, with = "zone::utc")]
    pub created_at: Option<jiff::Timestamp>,
}

/// Leaves out the URL, which may hold a key.
macro_rules! debug_without_url {
    ($($name:ident { $($field:ident),* })*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        })*
    };
}

debug_without_url! {
    WebhookRequest { name, events, timeout_seconds, is_active }
    WebhookUpdate { name, events, timeout_seconds, is_active }
    Webhook { id, name, events, secret_prefix, timeout_seconds, is_active, created_at }
    WebhookCreated { id, name, events, secret_prefix, is_active, created_at }
}
