//! `hb-bls webhooks`: where events are sent.

mod record;

use anyhow::{Context as _, Result};
use clap::{ArgAction, Subcommand};
use hb_bls::{WebhookEventType, WebhookId, WebhookRequest, WebhookUpdate};
use record::{Done, Rotated};

use crate::{context::Context, output::Format};

/// A command about webhook endpoints.
#[derive(Subcommand)]
pub enum Webhooks {
    /// List the account's endpoints
    List,
    /// Register an endpoint; shows its signing secret, this once
    Create {
        /// A name for people
        #[arg(long)]
        name: String,
        /// Where to send events: https
        #[arg(long)]
        url: String,
        /// The events to send, separated by commas (default: all events)
        #[arg(long, value_delimiter = ',')]
        events: Vec<WebhookEventType>,
        /// Seconds to wait for an answer, 1 to 30
        #[arg(long, value_name = "SECONDS")]
        timeout_seconds: Option<i64>,
        /// Register it without sending events yet
        #[arg(long)]
        inactive: bool,
    },
    /// Show one endpoint
    Get {
        /// The endpoint
        id: WebhookId,
    },
    /// Change what is given of an endpoint
    Update {
        /// The endpoint
        id: WebhookId,
        #[command(flatten)]
        change: Change,
    },
    /// Delete an endpoint
    Delete {
        /// The endpoint
        id: WebhookId,
    },
    /// Replace the signing secret; shows the new one, this once
    Rotate {
        /// The endpoint
        id: WebhookId,
    },
    /// Have a test event sent
    Test {
        /// The endpoint
        id: WebhookId,
    },
}

/// What to change.
#[derive(clap::Args)]
#[group(required = true, multiple = true)]
pub struct Change {
    /// A name for people
    #[arg(long)]
    name: Option<String>,
    /// Where to send events: https
    #[arg(long)]
    url: Option<String>,
    /// The events to send, separated by commas
    #[arg(long, value_delimiter = ',')]
    events: Option<Vec<WebhookEventType>>,
    /// Seconds to wait for an answer, 1 to 30
    #[arg(long, value_name = "SECONDS")]
    timeout_seconds: Option<i64>,
    /// Whether events are sent
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    active: Option<bool>,
}

impl Webhooks {
    pub async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let webhooks = client.webhooks();
        let output = context.output();
        match self {
            Self::List => {
                let webhooks = webhooks.list().await.context("cannot list webhooks")?;
                output.list(&webhooks, "no webhook is registered")
            }
            Self::Create { name, url, events, timeout_seconds, inactive } => {
                context.hide(&url);
                let events = if events.is_empty() { WebhookEventType::KNOWN.to_vec() } else { events };
                let request = WebhookRequest::builder().name(name).url(url).events(events);
                let request = request.maybe_timeout_seconds(timeout_seconds).is_active(!inactive).build();
                let webhook = webhooks.create(&request).await.context("cannot register the webhook")?;
                output.object(&webhook)?;
                output.note("keep the secret: it is not shown again, and verifying deliveries needs it");
                Ok(())
            }
            Self::Get { id } => {
                let webhook = webhooks.get(id).await.with_context(|| format!("cannot get webhook {id}"))?;
                output.object(&webhook)
            }
            Self::Update { id, change } => {
                if let Some(url) = &change.url {
                    context.hide(url);
                }
                let update = WebhookUpdate::builder()
                    .maybe_name(change.name)
                    .maybe_url(change.url)
                    .maybe_events(change.events)
                    .maybe_timeout_seconds(change.timeout_seconds)
                    .maybe_is_active(change.active)
                    .build();
                let webhook = webhooks.update(id, &update).await;
                output.object(&webhook.with_context(|| format!("cannot change webhook {id}"))?)
            }
            Self::Delete { id } => {
                webhooks.delete(id).await.with_context(|| format!("cannot delete webhook {id}"))?;
                output.done(&format!("webhook {id} is deleted"), &Done::deleted(id))
            }
            Self::Rotate { id } => {
                let secret = webhooks.rotate_secret(id).await;
                let secret = secret.with_context(|| format!("cannot rotate the secret of webhook {id}"))?;
                if output.format() == Format::Table {
                    output.text(&crate::output::clean::line(secret.expose()))?;
                    output.note("all later deliveries are signed with it; it is not shown again");
                    return Ok(());
                }
                output.object(&Rotated { id, secret })
            }
            Self::Test { id } => {
                webhooks.test(id).await.with_context(|| format!("cannot test webhook {id}"))?;
                output.done(&format!("a test event is on its way to webhook {id}"), &Done::tested(id))
            }
        }
    }
}
