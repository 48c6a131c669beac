//! `hb-bls webhooks`: the account's webhook endpoints.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use hb_bls::{Webhook, WebhookCreated, WebhookEventType, WebhookId, WebhookRequest, WebhookUpdate};

use crate::{
    args,
    context::Context,
    output::{Column, ColumnNames, Format, Record, instant, read_instant, sanitise, text, yes},
    prompt,
};

/// A command about webhook endpoints.
#[derive(Subcommand)]
pub enum Webhooks {
    /// List the account's endpoints
    List(ColumnNames<Webhook>),
    /// Register an endpoint; its signing secret is shown only once
    Create {
        /// A label
        #[arg(long)]
        name: String,
        /// Where to send events: https
        #[arg(long)]
        url: String,
        /// The events to send, separated by commas, such as booking.created (default: all events)
        #[arg(long, value_delimiter = ',', value_parser = args::event(), hide_possible_values = true)]
        events: Vec<WebhookEventType>,
        /// Seconds to wait for a response, 1 to 30
        #[arg(long, value_name = "SECONDS")]
        timeout_seconds: Option<i64>,
        /// Register it without sending events yet
        #[arg(long)]
        inactive: bool,
    },
    /// Show one endpoint
    Get {
        /// The endpoint's number, as `webhooks list` shows it
        #[arg(value_parser = args::webhook)]
        id: WebhookId,
    },
    /// Update an endpoint
    Update {
        /// The endpoint's number, as `webhooks list` shows it
        #[arg(value_parser = args::webhook)]
        id: WebhookId,
        #[command(flatten)]
        change: Change,
    },
    /// Delete an endpoint
    Delete {
        /// The endpoint's number, as `webhooks list` shows it
        #[arg(value_parser = args::webhook)]
        id: WebhookId,
        /// Delete it without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Replace the signing secret; the new one is shown only once
    Rotate {
        /// The endpoint's number, as `webhooks list` shows it
        #[arg(value_parser = args::webhook)]
        id: WebhookId,
        /// Replace it without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Send a test event
    Test {
        /// The endpoint's number, as `webhooks list` shows it
        #[arg(value_parser = args::webhook)]
        id: WebhookId,
    },
}

/// What to change.
#[derive(clap::Args)]
#[group(required = true, multiple = true)]
pub struct Change {
    /// A label
    #[arg(long)]
    name: Option<String>,
    /// Where to send events: https
    #[arg(long)]
    url: Option<String>,
    /// The events to send, separated by commas, such as booking.created
    #[arg(long, value_delimiter = ',', value_parser = args::event(), hide_possible_values = true)]
    events: Option<Vec<WebhookEventType>>,
    /// Seconds to wait for a response, 1 to 30
    #[arg(long, value_name = "SECONDS")]
    timeout_seconds: Option<i64>,
    /// Whether events are sent
    #[arg(long, value_name = "YES_OR_NO", value_parser = args::yes_or_no(), hide_possible_values = true)]
    active: Option<bool>,
}

impl Webhooks {
    pub async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let webhooks = client.webhooks();
        let output = context.output();
        match self {
            Self::List(names) => {
                let columns = output.columns(&names)?;
                let webhooks = webhooks.list().await.context("cannot list webhooks")?;
                output.list_columns(&columns, &webhooks, "no webhook is registered")
            }
            Self::Create { name, url, events, timeout_seconds, inactive } => {
                let events = if events.is_empty() { WebhookEventType::KNOWN.to_vec() } else { events };
                let request = WebhookRequest::builder().name(name).url(url).events(events);
                let request = request.maybe_timeout_seconds(timeout_seconds).is_active(!inactive).build();
                let webhook = webhooks.create(&request).await.context("cannot register the webhook")?;
                output.object(&webhook)?;
                output.note("keep the secret: it will not be shown again, and verifying deliveries needs it");
                Ok(())
            }
            Self::Get { id } => {
                let webhook = webhooks.get(id).await.with_context(|| format!("cannot get webhook {id}"))?;
                output.object(&webhook)
            }
            Self::Update { id, change } => {
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
            Self::Delete { id, yes } => {
                if !yes {
                    let webhook = webhooks.get(id).await.with_context(|| format!("cannot get webhook {id}"))?;
                    let question = format!("Delete {}? This cannot be undone.", described(&webhook));
                    prompt::confirm_unless(yes, &question, "nothing was deleted")?;
                }
                webhooks.delete(id).await.with_context(|| format!("cannot delete webhook {id}"))?;
                output.done(&format!("deleted webhook {id}"), &[("id", id.get().into()), ("done", "deleted".into())])
            }
            Self::Rotate { id, yes } => {
                if !yes {
                    let webhook = webhooks.get(id).await.with_context(|| format!("cannot get webhook {id}"))?;
                    let question = format!("Replace the secret of {}? The old one stops working.", described(&webhook));
                    prompt::confirm_unless(yes, &question, "nothing was changed")?;
                }
                let secret = webhooks.rotate_secret(id).await;
                let secret = secret.with_context(|| format!("cannot rotate the secret of webhook {id}"))?;
                if output.format() == Format::Table {
                    output.text(&sanitise::line(secret.expose()))?;
                    output.note("deliveries are signed with it from now on; it will not be shown again");
                    return Ok(());
                }
                output.fields(&[("id", id.get().into()), ("secret", secret.expose().into())])
            }
            Self::Test { id } => {
                webhooks.test(id).await.with_context(|| format!("cannot test webhook {id}"))?;
                output.done(
                    &format!("a test event is on its way to webhook {id}"),
                    &[("id", id.get().into()), ("done", "tested".into())],
                )
            }
        }
    }
}

/// Its number, its label and where it sends to.
fn described(webhook: &Webhook) -> String {
    let about = [webhook.name.as_deref(), webhook.url.as_deref()].into_iter().flatten();
    let about = about.map(|text| sanitise::line(text).into_owned()).collect::<Vec<_>>().join(", ");
    if about.is_empty() { format!("webhook {}", webhook.id) } else { format!("webhook {} ({about})", webhook.id) }
}

fn names(events: &[WebhookEventType]) -> String {
    events.iter().map(WebhookEventType::as_str).collect::<Vec<_>>().join(",")
}

impl Record for Webhook {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |webhook| webhook.id.to_string()),
        Column::long("name", |webhook| text(webhook.name.as_ref())),
        Column::whole("url", |webhook| text(webhook.url.as_ref())),
        Column::new("is_active", |webhook: &Self| yes(webhook.is_active)).headed("active").if_there_is_room(),
        Column::with_brief("events", |webhook| names(&webhook.events), |webhook| webhook.events.len().to_string()),
        Column::full("secret_prefix", |webhook| text(webhook.secret_prefix.as_ref())),
        Column::full("timeout_seconds", |webhook| text(webhook.timeout_seconds.as_ref())),
        Column::full_time(
            "created_at",
            |webhook| instant(webhook.created_at),
            |webhook| read_instant(webhook.created_at),
        ),
    ];
}

impl Record for WebhookCreated {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |webhook| webhook.id.to_string()),
        Column::long("name", |webhook| text(webhook.name.as_ref())),
        Column::long("url", |webhook| text(webhook.url.as_ref())),
        Column::new("is_active", |webhook: &Self| yes(webhook.is_active)).headed("active"),
        Column::new("events", |webhook| names(&webhook.events)),
        Column::new("secret", |webhook| webhook.secret.expose().to_owned()),
        Column::full_time(
            "created_at",
            |webhook| instant(webhook.created_at),
            |webhook| read_instant(webhook.created_at),
        ),
    ];
}
