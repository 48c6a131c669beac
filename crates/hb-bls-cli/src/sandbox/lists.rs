//! The requests and deliveries of a sandbox that runs.

use anyhow::{Context as _, Result};
use futures::stream;
use hb_bls::{Clock as _, SystemClock};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::control_client::{Remote, SandboxSelector};
use crate::{
    output::{Column, Format, Output, Record, text},
    when,
};

#[derive(clap::Subcommand)]
pub enum Requests {
    /// Print requests as they come, until Ctrl-C
    Tail {
        /// Print past requests and exit
        #[arg(long)]
        once: bool,
        #[command(flatten)]
        at: SandboxSelector,
    },
}

#[derive(clap::Subcommand)]
pub enum Deliveries {
    /// List every attempt, made or scheduled
    List {
        #[command(flatten)]
        at: SandboxSelector,
    },
    /// Show one attempt with what was sent
    Show {
        /// The delivery's number, as `sandbox deliveries list` shows it
        id: i64,
        #[command(flatten)]
        at: SandboxSelector,
    },
    /// Send the event of a delivery again
    Resend {
        /// The delivery's number, as `sandbox deliveries list` shows it
        id: i64,
        #[command(flatten)]
        at: SandboxSelector,
    },
}

/// A request to the API.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    number: u64,
    at: String,
    method: String,
    path: String,
    query: Option<String>,
    #[serde(rename = "operationId")]
    operation: Option<String>,
    status: Option<u16>,
    account: Option<i64>,
    remaining: Option<i64>,
    fault: Option<String>,
    message: Option<String>,
}

impl Request {
    /// Without a status, a fault reset the connection, or the message says that the caller hung up.
    fn is_over(&self) -> bool {
        self.status.is_some() || self.fault.is_some() || self.message.is_some()
    }
}

impl Record for Request {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("number", |it: &Self| it.number.to_string()),
        Column::time("at", |it: &Self| it.at.clone(), |it: &Self| read(&it.at, when::second)),
        Column::new("method", |it: &Self| it.method.clone()),
        Column::long("path", |it: &Self| match &it.query {
            Some(query) => format!("{}?{query}", it.path),
            None => it.path.clone(),
        }),
        Column::number("status", |it: &Self| text(it.status.as_ref())),
        Column::full("operation", |it: &Self| text(it.operation.as_ref())),
        Column::new("fault", |it: &Self| text(it.fault.as_ref())),
        Column::long("message", |it: &Self| text(it.message.as_ref())),
    ];
}

/// A time as people read it.
fn read(text: &str, shown: fn(Timestamp) -> String) -> String {
    text.parse().map_or_else(|_| text.to_owned(), shown)
}

/// An attempt to deliver an event.
#[derive(Debug, Serialize, Deserialize)]
struct DeliveryRow {
    id: i64,
    webhook_id: i64,
    event_type: String,
    event_id: String,
    attempt: i64,
    state: String,
    due_at: String,
    sent_at: Option<String>,
    response_status: Option<u16>,
    took_ms: Option<i64>,
    error: Option<String>,
    signature: Option<String>,
    response_body: Option<String>,
    body: Value,
}

impl Record for DeliveryRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |it: &Self| it.id.to_string()),
        Column::new("event_type", |it: &Self| it.event_type.clone()).headed("event"),
        Column::full("event_id", |it: &Self| it.event_id.clone()),
        Column::number("webhook_id", |it: &Self| it.webhook_id.to_string()).headed("webhook").if_there_is_room(),
        Column::number("attempt", |it: &Self| it.attempt.to_string()),
        Column::new("state", |it: &Self| it.state.clone()),
        Column::number("response_status", |it: &Self| text(it.response_status.as_ref())).headed("status"),
        Column::time("due_at", |it: &Self| it.due_at.clone(), |it: &Self| read(&it.due_at, when::instant))
            .headed("due")
            .if_there_is_room(),
        Column::full_time(
            "sent_at",
            |it: &Self| text(it.sent_at.as_ref()),
            |it: &Self| it.sent_at.as_deref().map(|at| read(at, when::instant)).unwrap_or_default(),
        ),
        Column::full("took_ms", |it: &Self| text(it.took_ms.as_ref())),
        Column::whole("error", |it: &Self| text(it.error.as_ref())),
        Column::full("signature", |it: &Self| text(it.signature.as_ref())),
        Column::full("response_body", |it: &Self| text(it.response_body.as_ref())),
        Column::full("body", |it: &Self| it.body.to_string()),
    ];
}

/// How often a list that goes on is asked for. The sandbox is near, and its list short.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(300);

impl Requests {
    pub async fn run(self, output: Output) -> Result<()> {
        let Self::Tail { once, at } = self;
        let remote = at.find()?;
        if once {
            let known = stream::iter(since(&remote, 0).await?.into_iter().map(anyhow::Ok));
            return output.stream(known, "no requests").await;
        }
        // A table could only be printed at the end.
        let format = if output.format() == Format::Table { Format::Csv } else { output.format() };
        let output =
            if format == Format::Json { output.with_format(Format::Jsonl) } else { output.with_format(format) };
        let coming = stream::try_unfold((remote, 0, Vec::new()), |(remote, mut last, mut waiting)| async move {
            while waiting.is_empty() {
                let mut new = since(&remote, last).await?;
                // What is still under way is printed when it is over.
                new.truncate(new.iter().take_while(|it| it.is_over()).count());
                last = new.last().map_or(last, |it| it.number);
                new.reverse();
                waiting = new;
                if waiting.is_empty() {
                    SystemClock.sleep(PAUSE).await;
                }
            }
            let next = waiting.pop();
            anyhow::Ok(next.map(|next| (next, (remote, last, waiting))))
        });
        output.stream(coming, "").await
    }
}

async fn since(remote: &Remote, last: u64) -> Result<Vec<Request>> {
    let response = remote.get(&format!("/requests?after={last}")).await?;
    serde_json::from_value(response["data"].clone()).context("the sandbox's response is no list of requests")
}

impl Deliveries {
    pub async fn run(self, output: Output) -> Result<()> {
        match self {
            Self::List { at } => {
                let response = at.find()?.get("/deliveries").await?;
                let deliveries: Vec<DeliveryRow> = serde_json::from_value(response["data"].clone())
                    .context("the sandbox's response is no list of deliveries")?;
                output.list(&deliveries, "no deliveries")
            }
            Self::Show { id, at } => delivery(at.find()?.get(&format!("/deliveries/{id}")).await?, output),
            Self::Resend { id, at } => {
                delivery(at.find()?.post(&format!("/deliveries/{id}/retry"), json!({})).await?, output)
            }
        }
    }
}

fn delivery(response: Value, output: Output) -> Result<()> {
    let delivery: DeliveryRow = serde_json::from_value(response).context("the sandbox's response is no delivery")?;
    output.object(&delivery)
}
