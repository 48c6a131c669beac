//! `hb-bls watch`: tells what happens to bookings without a receiver.

mod emit;
mod exec;
mod secret;
mod show;

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use emit::{DeliveryError, Destination, Emitter};
use hb_bls::{
    SystemClock,
    state::AccountKey,
    webhook::{EventQueue, ReceivedEvent, ReconcileError, ReconcileProgress, Signer, Worker},
};
use serde::Serialize;
use show::Attempt;
use tokio::sync::{mpsc, oneshot};

use crate::{
    args::duration,
    clock::within,
    config::{Folder, make_folder},
    context::Context,
    inbox::QueueLocation,
    output::{self, Format, Output, Printed, sanitise},
    receiver::TargetUrl,
    reconcile::{ReconcileArgs, Reconciliation, api},
    report::{Failure, Kind, Report},
    signals::Stop,
};

/// Longer than any delivery may take by its own limit, which is the one that is shown.
const TIME_LIMIT: Duration = Duration::from_secs(exec::LIMIT.as_secs() + 60);
/// After a kill, the delivery that was under way is repeated by then.
const LEASE: Duration = Duration::from_secs(15);
/// After this, a stop that waits for a delivery says so.
const QUICK: Duration = Duration::from_millis(300);
const CANNOT: &str = "cannot compare the bookings";
/// For the last lines to be shown.
const SHOW_WITHIN: Duration = Duration::from_secs(2);

/// Report changes of bookings to a command or a URL, without webhooks
///
/// It reads the bookings again and again. Each change becomes an event, which a command or a URL gets as a signed delivery, as
/// the portal sends them. What is not accepted is tried again, each time after a longer pause. Events are kept in a queue:
/// whenever it is stopped or killed, none is lost, and one whose delivery was under way may come again.
#[derive(clap::Args)]
#[command(after_long_help = "\
The command finds the body on standard input, and the headers in its environment: HB_BLS_EVENT_TYPE, HB_BLS_EVENT_ID, \
HB_BLS_DELIVERY_ID, HB_BLS_TIMESTAMP, HB_BLS_SIGNATURE, HB_BLS_ORIGIN, and with them HB_BLS_BOOKING_ID. If it ends with \
status 0 within five minutes, it has accepted the event. What it prints goes to standard error.

A URL gets the headers of the portal's deliveries, and HB-BLS-Origin. If it responds with 2xx within eight seconds, it has \
accepted the event.

The origin is `reconciled`, or `delivered` if the portal itself has delivered the event into the queue of --inbox. \
Deliveries are signed with HB_BLS_WEBHOOK_SECRET, or else with a secret that is made once and that --print-secret shows.")]
#[command(group = clap::ArgGroup::new("target").required(true))]
pub struct Args {
    /// Run this command line for each event, one at a time
    #[arg(long, value_name = "COMMAND", group = "target")]
    exec: Option<String>,
    /// Send each event to this URL: https, or http on this machine
    #[arg(long, value_name = "URL", group = "target")]
    to: Option<TargetUrl>,
    /// How long to wait after each comparison of the bookings
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    every: Duration,
    /// Compare the bookings once, deliver what is due, and end
    #[arg(long)]
    once: bool,
    /// How often to try to deliver an event
    #[arg(long, value_name = "NUMBER", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    attempts: u32,
    /// Show the signing secret, for the receiver to verify with
    #[arg(long)]
    print_secret: bool,
    #[command(flatten)]
    reconciliation: ReconcileArgs,
    /// Keep the events in this queue instead of one of its own: a postgres:// URL, or the path of a SQLite file
    ///
    /// Events that it delivers are not delivered to any other worker of that queue. HB_BLS_INBOX names the queue for other commands only. If
    /// HB_BLS_INBOX_KEY is set, what events contain is encrypted with that secret.
    #[arg(long, value_name = "URL|FILE")]
    inbox: Option<String>,
}

#[derive(Serialize)]
struct Announcement<'a> {
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

pub async fn run(args: Args, context: &Context) -> Result<()> {
    let stop = Stop::listen()?;
    let output = context.output();
    if output.format() == Format::Csv {
        return Err(Failure::new(Kind::Usage, "watch prints a table or JSON lines, not CSV").into());
    }
    let settings = context.settings()?;
    let account = settings.account()?;
    let folder = Folder::find()?;
    // whatever its API key is
    let key = AccountKey::without_api_key(&settings.base_url, &account.client_id);
    let name = &key.as_str()[..16];
    let secret = secret::find(name, &folder)?;
    let emitter = Emitter {
        to: match (&args.exec, &args.to) {
            (Some(command), _) => Destination::Command(command.clone()),
            (None, Some(url)) => Destination::url(url)?,
            (None, None) => return Err(anyhow!("there is nowhere to deliver to")),
        },
        signer: Signer::new(secret.clone()).context("cannot sign deliveries")?,
        clock: Arc::new(SystemClock),
    };
    let location = match &args.inbox {
        Some(named) => QueueLocation::read(named)?,
        None => of_account(name, &folder)?,
    };
    let queue = location.make().await?;
    let reconciliation = Reconciliation::new(&args.reconciliation, context, Arc::clone(&queue))?;

    let shown_secret = args.print_secret.then(|| secret.expose());
    if output.is_json() {
        output.line(&Announcement { account: &account.client_id, secret: shown_secret })?;
    } else {
        output.text(&format!("watching the bookings of {}", sanitise::line(&account.client_id)))?;
        if let Some(secret) = shown_secret {
            output.text(&format!("signing secret {}", sanitise::line(secret)))?;
        }
    }
    if let QueueLocation::File(path) = &location {
        let path = path.display();
        output.note(&format!("events are kept in {path}; `hb-bls inbox list --inbox {path}` shows them"));
    }
    let (attempted, mut to_show) = mpsc::unbounded_channel();
    let mut shown = output::as_it_comes(move || to_show.blocking_recv(), move |it: &Attempt| it.show(output));
    let attempts = Attempts { emitter: Arc::new(emitter), most: args.attempts, failures: Arc::default(), attempted };
    let failures = Arc::clone(&attempts.failures);
    // one at a time, so that what gets them needs no locks
    let worker = Worker::builder(Arc::clone(&queue)).concurrency(1).lease(LEASE).handler_timeout(TIME_LIMIT);
    let worker = worker.max_attempts(args.attempts).build(move |received| attempts.clone().make(received));
    let mut watch = Watch { reconciliation, queue, worker, stop, output };
    let ended = if args.once { watch.once(&failures).await } else { watch.until_stopped(args.every, &mut shown).await };
    // the last sender of what is to be shown
    drop(watch);
    if !shown.is_terminated() {
        drop(within(SHOW_WITHIN, shown).await);
    }
    ended
}

/// The queue of an account, if no other is named.
fn of_account(name: &str, folder: &Folder) -> Result<QueueLocation> {
    let folder = folder.join("watch");
    make_folder(&folder).with_context(|| format!("cannot keep files in {}", folder.display()))?;
    Ok(QueueLocation::File(folder.join(format!("{name}.db"))))
}

/// Makes attempts to deliver events, and tells what became of them.
#[derive(Clone)]
struct Attempts {
    emitter: Arc<Emitter>,
    most: u32,
    failures: Arc<Mutex<Vec<Kind>>>,
    /// Has no limit, so that a slow reader of the output holds up no delivery.
    attempted: mpsc::UnboundedSender<Attempt>,
}

impl Attempts {
    async fn make(self, received: ReceivedEvent) -> Result<(), DeliveryError> {
        let outcome = self.emitter.emit(&received).await;
        if let Err(not_taken) = &outcome {
            self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(not_taken.kind);
        }
        drop(self.attempted.send(Attempt::new(&received, &outcome, self.most)));
        outcome
    }
}

struct Watch<H> {
    reconciliation: Reconciliation,
    queue: Arc<dyn EventQueue>,
    worker: Worker<Arc<dyn EventQueue>, H>,
    stop: Stop,
    output: Output,
}

impl<H, F> Watch<H>
where
    H: Fn(ReceivedEvent) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), DeliveryError>> + Send + 'static,
{
    async fn once(&mut self, failures: &Mutex<Vec<Kind>>) -> Result<()> {
        let Self { reconciliation, queue, worker, stop, output } = self;
        let stopped = || Failure::new(Kind::Interrupted, "stopped").hint("the next run goes on");
        let mut progress = ReconcileProgress::default();
        let compared = tokio::select! {
            compared = reconciliation.run(&mut progress) => compared,
            () = stop.wait() => return Err(stopped().into()),
        };
        // even if the portal does not respond: the queue may hold what an earlier run has found
        let (end, ended) = oneshot::channel::<()>();
        let mut working = pin!(worker.run_until_idle(async { drop(ended.await) }));
        let worked = tokio::select! {
            worked = &mut working => worked,
            () = stop.wait() => {
                drop(end);
                finish(working, stop, *output).await;
                return Err(stopped().into());
            }
        };
        compared.map_err(api).context(CANNOT)?;
        worked.context("cannot take events from the queue")?;
        let dead = queue.stats().await.context("cannot read the queue of events")?.dead;
        if dead > 0 {
            output.notice(&format!("dead events: {dead}; `hb-bls inbox list --state dead` shows them"));
        }
        verdict(&failures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Until the user stops it, nobody reads the output any more, or the bookings cannot be read for a lasting reason.
    async fn until_stopped(&mut self, every: Duration, shown: &mut oneshot::Receiver<Printed>) -> Result<()> {
        let Self { reconciliation, worker, stop, output, .. } = self;
        let (end, ended) = oneshot::channel::<()>();
        let mut working = pin!(worker.run_until(async { drop(ended.await) }));
        let why = tokio::select! {
            () = &mut working => return Ok(()),
            () = stop.wait() => Ok(()),
            shown = shown => Err(shown.map_or_else(Into::into, |shown| {
                shown.err().map_or_else(|| anyhow!("the output failed"), Into::into)
            })),
            error = reconcile_again_and_again(reconciliation, every, *output) => Err(error),
        };
        drop(end);
        finish(working, stop, *output).await;
        why
    }
}

/// Waits for a delivery that is under way, unless the user stops it again.
async fn finish(mut working: Pin<&mut impl Future>, stop: &mut Stop, output: Output) {
    if within(QUICK, &mut working).await.is_none() {
        output.note("waiting for the delivery that is under way; Ctrl-C ends at once");
        tokio::select! {
            _ = working => {}
            () = stop.wait() => {}
        }
    }
}

/// Ends with an error that would come again.
async fn reconcile_again_and_again(reconciliation: &Reconciliation, every: Duration, output: Output) -> anyhow::Error {
    let mut progress = ReconcileProgress::default();
    loop {
        match reconciliation.run(&mut progress).await {
            Ok(()) => progress = ReconcileProgress::default(),
            Err(ReconcileError::Api(error)) if !error.is_retryable() => {
                return anyhow::Error::new(error).context(CANNOT);
            }
            Err(error) => {
                let reason = Report::of(&api(error).context(CANNOT)).reason();
                output.notice(&format!("{reason}; it is tried again in {} s", every.as_secs()));
            }
        }
        reconciliation.clock().sleep(every).await;
    }
}

fn verdict(failures: &[Kind]) -> Result<()> {
    let worst = [Kind::Network, Kind::Rejected, Kind::Other].into_iter().find(|kind| failures.contains(kind));
    let Some(kind) = worst else { return Ok(()) };
    let count = failures.len();
    let deliveries = if count == 1 { "delivery" } else { "deliveries" };
    let message = format!("the receiver did not accept {count} {deliveries}");
    Err(Failure::new(kind, message)
        .hint("the next run tries again what is not dead; `hb-bls inbox` shows, retries and drops events")
        .into())
}
