//! `hb-bls replay`: sends recorded deliveries again.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context as _, Result};
use futures::{Stream, StreamExt as _, stream};
use hb_bls::{
    Clock, SystemClock,
    webhook::{Event, Signer},
};
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::{
    context::Context,
    output::{Column, Format, Output, Printed, Record, sanitise, text, width, wrap},
    receiver::{Entries, Entry, Recorded, SecretArgs, Target, TargetUrl},
    report::{Failure, Kind},
};

const TIMESTAMP: HeaderName = HeaderName::from_static("x-tdta-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("x-tdta-signature");

/// Send recorded webhook deliveries again
///
/// They are sent one after the other, with headers and body as they were. A receiver that checks the time refuses
/// deliveries older than 300 seconds. With a signing secret, each is signed afresh with the present time; of several
/// secrets, the first is used.
#[derive(clap::Args)]
#[command(after_long_help = "\
Exit codes:
  0  every delivery got a 2xx response
  8  one got no response
  6  otherwise, one was refused
  1  else, a line of the file is not a recorded delivery")]
pub struct Args {
    /// A file that `listen --record` wrote
    file: PathBuf,
    /// Where to send them: https, or http on this machine
    #[arg(long, value_name = "URL")]
    to: TargetUrl,
    #[command(flatten)]
    secrets: SecretArgs,
}

/// What became of a line of the recording.
#[derive(Serialize)]
struct Sent {
    line: usize,
    event_id: Option<String>,
    event_type: Option<String>,
    status: Option<u16>,
    /// Why it was not taken.
    reason: Option<String>,
    /// What kind of failure it is, unless it was taken.
    #[serde(skip)]
    failure: Option<Kind>,
}

impl Record for Sent {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |sent| sent.line.to_string()),
        Column::new("event_id", |sent| text(sent.event_id.as_ref())),
        Column::new("event_type", |sent| text(sent.event_type.as_ref())),
        Column::number("status", |sent| text(sent.status.as_ref())),
        Column::new("reason", |sent| text(sent.reason.as_ref())),
    ];
}

pub async fn run(args: Args, context: &Context) -> Result<()> {
    let unreadable = || format!("cannot read {}", args.file.display());
    let file = File::open(&args.file).with_context(unreadable)?;
    let signer = match args.secrets.read()?.into_iter().next() {
        Some(secret) => Some(Signer::new(secret).map_err(|error| Failure::new(Kind::Usage, error.to_string()))?),
        None => None,
    };
    let replay =
        Replay { target: Target::new(&args.to)?, signer, clock: Arc::new(SystemClock), output: context.output() };
    let signs = replay.signer.is_some();
    let mut count = Count::default();
    let sent = replay
        .all(Entries::new(BufReader::new(file)))
        .map(|sent| sent.inspect(|sent| count.add(sent)).with_context(unreadable));
    let printed = if context.output().format() == Format::Table {
        show(context.output(), sent).await?
    } else {
        context.output().work(sent, "").await?
    };
    count.verdict(signs)?;
    Ok(printed?)
}

/// Shows each delivery as soon as it got its response. If nobody reads the output any more, the rest is sent all the same.
async fn show(output: Output, sent: impl Stream<Item = Result<Sent>>) -> Result<Printed> {
    let mut sent = std::pin::pin!(sent);
    let mut printed = Ok(());
    while let Some(sent) = sent.next().await.transpose()? {
        printed = printed.and_then(|()| output.text(&line(&sent, width())));
    }
    Ok(printed)
}

/// In columns, or on several lines where those do not fit.
fn line(sent: &Sent, width: Option<u16>) -> String {
    let status = sent.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let event_type = sanitise::line(sent.event_type.as_deref().unwrap_or("-"));
    let event_id = sanitise::line(sent.event_id.as_deref().unwrap_or("-"));
    let reason = sanitise::line(sent.reason.as_deref().unwrap_or_default());
    let line = format!("{:>4}  {event_type:<29}  {event_id:<36}  {status:<3}  {reason}", sent.line);
    let line = line.trim_end();
    match width.map(usize::from) {
        Some(width) if wrap::columns(line) > width => {
            let rest = wrap::wrap(&format!("{event_type} {event_id} {status} {reason}"), width.saturating_sub(6));
            format!("{:>4}  {}", sent.line, rest.join("\n      "))
        }
        _ => line.to_owned(),
    }
}

struct Replay {
    target: Target,
    signer: Option<Signer>,
    clock: Arc<dyn Clock>,
    output: Output,
}

impl Replay {
    /// Sends one when the one before got its response.
    fn all<R: BufRead>(self, entries: Entries<R>) -> impl Stream<Item = Result<Sent>> {
        stream::try_unfold((self, entries), async |(replay, mut entries)| {
            let sent = match entries.next()? {
                None => return Ok(None),
                Some((line, Entry::Torn)) => {
                    replay.output.notice(&format!("line {line} was cut off when `listen` was killed, and is left out"));
                    return Ok(None);
                }
                Some((line, Entry::Unreadable)) => Sent {
                    line,
                    event_id: None,
                    event_type: None,
                    status: None,
                    reason: Some("not a recorded delivery".to_owned()),
                    failure: Some(Kind::Other),
                },
                Some((line, Entry::Delivery(recorded))) => replay.send(line, recorded).await,
            };
            Ok(Some((sent, (replay, entries))))
        })
    }

    async fn send(&self, line: usize, mut recorded: Recorded) -> Sent {
        let event = Event::from_json(&recorded.body).ok();
        if let Some(signer) = &self.signer {
            let now = self.clock.now();
            recorded.headers.insert(TIMESTAMP, HeaderValue::from(now.as_second()));
            if let Ok(signature) = HeaderValue::try_from(signer.signature(&recorded.body, now)) {
                recorded.headers.insert(SIGNATURE, signature);
            }
        }
        let outcome = self.target.send(&recorded.headers, recorded.body).await;
        let (failure, reason) = match &outcome {
            Ok(status) if status.is_success() => (None, None),
            Ok(_) => (Some(Kind::Rejected), Some("refused".to_owned())),
            Err(no_response) => (Some(Kind::Network), Some(no_response.to_string())),
        };
        Sent {
            line,
            event_id: event.as_ref().map(|event| event.event_id.to_string()),
            event_type: event.map(|event| event.event_type.to_string()),
            status: outcome.ok().map(|status| status.as_u16()),
            reason,
            failure,
        }
    }
}

#[derive(Default)]
struct Count {
    lines: usize,
    failures: Vec<Kind>,
    /// Whether one was refused because of what it is.
    unwanted: bool,
}

impl Count {
    fn add(&mut self, sent: &Sent) {
        self.lines += 1;
        self.failures.extend(sent.failure);
        self.unwanted |= sent.status.is_some_and(|status| (400..500).contains(&status));
    }

    fn verdict(&self, signed: bool) -> Result<()> {
        let worst = [Kind::Network, Kind::Rejected, Kind::Other].into_iter().find(|kind| self.failures.contains(kind));
        let Some(kind) = worst else { return Ok(()) };
        let failure = Failure::new(kind, format!("{} of {} deliveries failed", self.failures.len(), self.lines));
        Err(if self.unwanted && !signed {
            failure.hint("a receiver refuses deliveries older than 300 s; --secret-file signs them afresh")
        } else {
            failure
        }
        .into())
    }
}
