//! `hb-bls reconcile`: queues events for changes that no event has reported.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use hb_bls::{
    Clock, Date, SystemClock,
    webhook::{EventQueue, ReconcileError, ReconcileProgress, Reconciler},
};
use reqwest::Url;

use crate::{args, clock::start_of, context::Context, inbox::InboxArgs, loopback::is_loopback, receiver::PortalClock};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Queue events for changes of bookings that no event has reported
///
/// Run it on a schedule, for example with cron. The workers of the queue handle the events that it adds. It can be stopped at
/// any time, and nothing is queued twice.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    inbox: InboxArgs,
    #[command(flatten)]
    reconciliation: ReconcileArgs,
}

/// How the bookings are read.
#[derive(Debug, Clone, clap::Args)]
pub struct ReconcileArgs {
    /// How many requests to make in a minute, of the 60 that the portal allows
    #[arg(long, value_name = "REQUESTS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    requests_per_minute: u32,
    /// How many days back to list bookings by when they were made; older ones are read while they may change, if they are
    /// known
    #[arg(long, value_name = "DAYS", default_value_t = 35, value_parser = clap::value_parser!(u32).range(1..))]
    lookback: u32,
    /// Do not report bookings that were made before this day, such as 23/11/2026, and not seen before
    #[arg(long, value_name = "DATE", value_parser = args::first_date)]
    since: Option<Date>,
}

pub async fn run(args: Args, context: &Context) -> Result<()> {
    let location = args.inbox.required()?;
    // whatever can fail without the queue comes first
    context.settings()?.account()?;
    let queue = location.make().await?;
    let reconciliation = Reconciliation::new(&args.reconciliation, context, Arc::clone(&queue))?;
    let mut progress = ReconcileProgress::default();
    let outcome = reconciliation.run(&mut progress).await;
    let (compared, found) = (progress.compared(), progress.found());
    outcome.map_err(api).with_context(|| {
        format!("cannot compare all bookings ({compared} were compared, {found} differences were queued)")
    })?;
    let left = queue.stats().await.context("cannot read the queue of events")?;
    let text = format!(
        "{compared} bookings compared, {found} differences queued; {} events are open, {} dead",
        left.open, left.dead
    );
    let fields = [
        ("compared", compared.into()),
        ("queued", found.into()),
        ("open", left.open.into()),
        ("dead", left.dead.into()),
    ];
    context.output().done(&text, &fields)
}

/// As the error that it comes from, which decides the exit code.
pub fn api(error: ReconcileError) -> anyhow::Error {
    match error {
        ReconcileError::Api(error) => error.into(),
        other => other.into(),
    }
}

/// Compares all bookings of the account with what is known.
pub struct Reconciliation {
    reconciler: Reconciler<Arc<dyn EventQueue>>,
    clock: Arc<dyn Clock>,
    /// If the portal is on this machine, and has a time of its own.
    portal_clock: Option<Arc<PortalClock>>,
    pause: Duration,
}

impl Reconciliation {
    pub fn new(args: &ReconcileArgs, context: &Context, queue: Arc<dyn EventQueue>) -> Result<Self> {
        let system: Arc<dyn Clock> = Arc::new(SystemClock);
        let local = Url::parse(&context.settings()?.base_url).ok().filter(is_loopback);
        let portal_clock = local.map(|url| PortalClock::new(Arc::clone(&system), &url).map(Arc::new)).transpose()?;
        let clock = portal_clock.clone().map_or(system, |clock| clock as Arc<dyn Clock>);
        let reconciler =
            Reconciler::builder(context.client()?, queue).clock(Arc::clone(&clock)).lookback(DAY * args.lookback);
        let reconciler = match args.since {
            Some(since) => reconciler.since(start_of(since).context("there is no such day")?),
            None => reconciler,
        };
        Ok(Self {
            reconciler: reconciler.build(),
            clock,
            portal_clock,
            pause: DAY / (24 * 60) / args.requests_per_minute,
        })
    }

    /// Compares all bookings, or goes on where it failed.
    pub async fn run(&self, progress: &mut ReconcileProgress) -> Result<(), ReconcileError> {
        if let Some(clock) = &self.portal_clock {
            clock.ask().await;
        }
        while !self.reconciler.step(progress).await? {
            self.clock.sleep(self.pause).await;
        }
        Ok(())
    }

    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}
