//! `hb-bls inbox`: what is in a queue of events.

mod location;
mod row;

use anyhow::{Context as _, Result};
use clap::{
    Subcommand,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use hb_bls::webhook::{EventFilter, EventQueue, EventState, QueueStats, StoredEvent};
use jiff::SignedDuration;
use serde_json::Value;
use uuid::Uuid;

pub use location::{InboxArgs, QueueLocation};
use row::Row;

use crate::{
    output::{Format, Output, Record as _},
    prompt,
    report::{Failure, Kind},
};

/// How many events are asked for at once.
const PAGE: usize = 100;

/// A command about a queue of events.
#[derive(Subcommand)]
pub enum Inbox {
    /// List events in the order in which they were accepted, without what they contain
    List {
        #[command(flatten)]
        inbox: InboxArgs,
        /// Only events in this state
        #[arg(long, value_parser = state())]
        state: Option<EventState>,
        /// How many to list at most
        #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Show one event
    Show {
        /// The id of the event, as `inbox list` shows it
        id: Uuid,
        /// Also show the body of the event, which contains personal data
        #[arg(long)]
        body: bool,
        #[command(flatten)]
        inbox: InboxArgs,
    },
    /// Retry events now: dead ones, and those that wait for their next attempt
    Retry {
        /// The ids of the events, as `inbox list` shows them
        #[arg(value_name = "ID", required_unless_present = "all_dead")]
        ids: Vec<Uuid>,
        /// All events that are dead
        #[arg(long, conflicts_with = "ids")]
        all_dead: bool,
        #[command(flatten)]
        inbox: InboxArgs,
    },
    /// Delete the bodies of events; open and dead events will not be handled
    Drop {
        /// The ids of the events, as `inbox list` shows them
        #[arg(value_name = "ID", required = true)]
        ids: Vec<Uuid>,
        /// Drop them without being asked
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        inbox: InboxArgs,
    },
}

fn state() -> impl clap::builder::TypedValueParser<Value = EventState> {
    let states = [EventState::Open, EventState::Dead, EventState::Done, EventState::Removed];
    PossibleValuesParser::new(states.map(EventState::as_str)).try_map(|name| name.parse::<EventState>())
}

impl Inbox {
    pub async fn run(self, output: Output) -> Result<()> {
        match self {
            Self::List { inbox, state, limit } => list(&*inbox.required()?.open()?, state, limit, output).await,
            Self::Show { id, body, inbox } => show(&*inbox.required()?.open()?, id, body, output).await,
            Self::Retry { ids, all_dead, inbox } => {
                let queue = inbox.required()?.open()?;
                let ids = if all_dead { dead(&*queue).await? } else { ids };
                let retried = each(&ids, &*queue, async |id| Ok(queue.retry(id).await?)).await;
                retried.print(output, "due again", "retried")
            }
            Self::Drop { ids, yes, inbox } => {
                let queue = inbox.required()?.open()?;
                let question = format!("Drop {}? What is open or dead will never be handled.", events(ids.len()));
                prompt::confirm_unless(yes, &question, "nothing was dropped")?;
                each(&ids, &*queue, async |id| Ok(queue.remove(id).await?)).await.print(output, "dropped", "dropped")
            }
        }
    }
}

async fn list(queue: &dyn EventQueue, state: Option<EventState>, limit: u32, output: Output) -> Result<()> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let stats = queue.stats().await.context("cannot read the queue of events")?;
    // one more, to see whether there is more
    let mut filter = EventFilter::default().limit(limit.saturating_add(1));
    filter.state = state;
    let mut events = queue.list(filter).await.context("cannot read the queue of events")?;
    output.notice(&sum(stats));
    let is_all = events.len() <= limit;
    events.truncate(limit);
    let rows: Vec<Row> = events.into_iter().map(Row::from).collect();
    output.list(&rows, "no event is listed")?;
    if !is_all {
        output.notice(&format!("these are the first {limit}; --limit shows more"));
    }
    Ok(())
}

fn sum(stats: QueueStats) -> String {
    let age = stats.oldest_open.map(|age| SignedDuration::from_secs(age.as_secs().try_into().unwrap_or(i64::MAX)));
    let oldest = age.map(|age| format!(", the oldest for {age:#}")).unwrap_or_default();
    format!("{} open{oldest}; {} dead", stats.open, stats.dead)
}

async fn find(queue: &dyn EventQueue, id: Uuid) -> Result<StoredEvent> {
    let found = queue.list(EventFilter::default().event_id(id)).await.context("cannot read the queue of events")?;
    let missing = || Failure::new(Kind::NotFound, format!("there is no event {id}"));
    Ok(found.into_iter().next().ok_or_else(missing)?)
}

async fn show(queue: &dyn EventQueue, id: Uuid, with_body: bool, output: Output) -> Result<()> {
    let row = Row::from(find(queue, id).await?);
    if !with_body {
        return output.object(&row);
    }
    let body = location::body(queue, id).await?;
    if body.is_none() {
        output.notice("what it contained has been removed");
    }
    let body = match output.format() {
        Format::Json | Format::Jsonl => body.map(|body| serde_json::from_str(&body).unwrap_or(Value::String(body))),
        Format::Table | Format::Csv => body.map(Value::String),
    };
    let Value::Object(mut fields) = serde_json::to_value(&row)? else { return output.object(&row) };
    let shown = Row::COLUMNS.iter().map(|column| (column.name, fields.remove(column.name).unwrap_or_default()));
    output.fields(&shown.chain([("body", body.unwrap_or_default())]).collect::<Vec<_>>())
}

/// The ids of all dead events.
async fn dead(queue: &dyn EventQueue) -> Result<Vec<Uuid>> {
    let mut ids = Vec::new();
    let mut filter = EventFilter::default().state(EventState::Dead).limit(PAGE);
    loop {
        let page = queue.list(filter).await.context("cannot read the queue of events")?;
        let Some(last) = page.last() else { return Ok(ids) };
        filter = filter.after(last.sequence);
        ids.extend(page.iter().map(|event| event.event_id));
    }
}

/// What became of several events.
struct Changed {
    done: Vec<Uuid>,
    failures: Vec<(String, anyhow::Error)>,
}

/// Does something to each event, whatever becomes of the others.
async fn each(ids: &[Uuid], queue: &dyn EventQueue, change: impl AsyncFn(Uuid) -> Result<bool>) -> Changed {
    let mut changed = Changed { done: Vec::new(), failures: Vec::new() };
    for id in ids {
        match change(*id).await {
            Ok(true) => changed.done.push(*id),
            Ok(false) => changed.failures.push((id.to_string(), unchanged(queue, *id).await)),
            Err(error) => changed.failures.push((id.to_string(), error)),
        }
    }
    changed
}

/// Why an event could not be changed.
async fn unchanged(queue: &dyn EventQueue, id: Uuid) -> anyhow::Error {
    match find(queue, id).await {
        Ok(event) => {
            let state = match event.state {
                EventState::Open => "being handled",
                state => state.as_str(),
            };
            Failure::new(Kind::Conflict, format!("event {id} is {state}")).into()
        }
        Err(error) => error,
    }
}

impl Changed {
    fn print(mut self, output: Output, participle: &str, word: &'static str) -> Result<()> {
        let (done, all) = (self.done.len(), self.done.len() + self.failures.len());
        if done > 0 || all == 0 {
            let ids = self.done.iter().map(|id| Value::from(id.to_string())).collect();
            let verb = if done == 1 { "is" } else { "are" };
            let text = format!("{} {verb} {participle}", events(done));
            output.done(&text, &[("done", word.into()), ("events", Value::Array(ids))])?;
        }
        match (self.failures.len(), all) {
            (0, _) => Ok(()),
            (1, 1) => Err(self.failures.remove(0).1),
            (failed, _) => {
                let message = format!("{failed} of {} could not be changed", events(all));
                Err(Failure::of_all(message, &self.failures, false).into())
            }
        }
    }
}

fn events(number: usize) -> String {
    if number == 1 { "1 event".to_owned() } else { format!("{number} events") }
}
