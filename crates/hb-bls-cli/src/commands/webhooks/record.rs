use hb_bls::{Secret, Webhook, WebhookCreated, WebhookEventType, WebhookId};
use serde::Serialize;

use crate::output::{Column, Record, instant, text, yes};

fn names(events: &[WebhookEventType]) -> String {
    events.iter().map(WebhookEventType::as_str).collect::<Vec<_>>().join(",")
}

impl Record for Webhook {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |webhook| webhook.id.to_string()),
        Column::long("name", |webhook| text(webhook.name.as_ref())),
        Column::long("url", |webhook| text(webhook.url.as_ref())),
        Column::new("is_active", |webhook: &Self| yes(webhook.is_active)).headed("active"),
        Column::with_brief("events", |webhook| names(&webhook.events), |webhook| webhook.events.len().to_string()),
        Column::full("secret_prefix", |webhook| text(webhook.secret_prefix.as_ref())),
        Column::full("timeout_seconds", |webhook| text(webhook.timeout_seconds.as_ref())),
        Column::full("created_at", |webhook| instant(webhook.created_at)),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}

impl Record for WebhookCreated {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |webhook| webhook.id.to_string()),
        Column::long("name", |webhook| text(webhook.name.as_ref())),
        Column::long("url", |webhook| text(webhook.url.as_ref())),
        Column::new("is_active", |webhook: &Self| yes(webhook.is_active)).headed("active"),
        Column::new("events", |webhook| names(&webhook.events)),
        Column::new("secret", |webhook| webhook.secret.expose().to_owned()),
        Column::full("created_at", |webhook| instant(webhook.created_at)),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}

/// A webhook with its new secret.
#[derive(Serialize)]
pub(super) struct Rotated {
    pub(super) id: WebhookId,
    pub(super) secret: Secret,
}

impl Record for Rotated {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |rotated| rotated.id.to_string()),
        Column::new("secret", |rotated| rotated.secret.expose().to_owned()),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}

/// What was done to a webhook.
#[derive(Serialize)]
pub(super) struct Done {
    id: WebhookId,
    done: &'static str,
}

impl Done {
    pub(super) fn deleted(id: WebhookId) -> Self {
        Self { id, done: "deleted" }
    }

    pub(super) fn tested(id: WebhookId) -> Self {
        Self { id, done: "tested" }
    }
}

impl Record for Done {
    const COLUMNS: &'static [Column<Self>] =
        &[Column::number("id", |done| done.id.to_string()), Column::new("done", |done| done.done.to_owned())];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}
