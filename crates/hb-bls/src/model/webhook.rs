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
    /// The URL to which events are sent. It must be https.
    pub url: String,
    /// The types of events to send.
    #[builder(into)]
    pub events: Vec<WebhookEventType>,
    /// How many seconds the portal waits for a response, from 1 to 30. By default 10.
    pub timeout_seconds: Option<i64>,
    /// Whether events are sent. By default they are.
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

/// Changes to a webhook endpoint. Fields that are not set stay unchanged. API: the body of `PUT /webhooks/{id}`.
#[derive(Clone, PartialEq, Default, Builder, Serialize, Deserialize)]
#[builder(on(String, into), derive(Clone), state_mod(vis = "pub"))]
#[non_exhaustive]
pub struct WebhookUpdate {
    /// A display name.
    pub name: Option<String>,
    /// The URL to which events are sent. It must be https.
    pub url: Option<String>,
    /// The types of events to send.
    #[builder(into)]
    pub events: Option<Vec<WebhookEventType>>,
    /// How many seconds the portal waits for a response, from 1 to 30.
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
    /// The URL to which events are sent.
    pub url: Option<String>,
    /// The types of events that are sent.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub events: Vec<WebhookEventType>,
    /// The first 12 characters of the signing secret, which identify it.
    pub secret_prefix: Option<String>,
    /// How many seconds the portal waits for a response.
    pub timeout_seconds: Option<i64>,
    /// Whether events are sent.
    pub is_active: Option<bool>,
    /// When the endpoint was registered.
    #[serde(default, with = "zone::utc")]
    pub created_at: Option<jiff::Timestamp>,
}

/// A webhook endpoint that has just been registered. API: the response of `POST /webhooks`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookCreated {
    /// The id of the endpoint.
    pub id: WebhookId,
    /// Its display name.
    pub name: Option<String>,
    /// The URL to which events are sent.
    pub url: Option<String>,
    /// The types of events that are sent.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub events: Vec<WebhookEventType>,
    /// The signing secret. The portal shows it only in this response.
    pub secret: Secret,
    /// The first 12 characters of the secret, which identify it.
    pub secret_prefix: Option<String>,
    /// Whether events are sent.
    pub is_active: Option<bool>,
    /// When the endpoint was registered.
    #[serde(default, with = "zone::utc")]
    pub created_at: Option<jiff::Timestamp>,
}

/// Leaves out the URL, which may contain a key.
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
