//! `hb-bls sandbox`: a local portal, until it is told to stop.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use hb_bls::{Clock as _, SystemClock};
use hb_bls_sandbox::{ClockMode, Sandbox};
use serde_json::json;

use crate::output::{Format, Output};

#[derive(clap::Args)]
pub struct Args {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// The address to listen on. Beyond this machine the credentials are generated
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Keep everything in a file, and go on with it the next time
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Answer more than 60 requests a minute
    #[arg(long)]
    no_rate_limit: bool,
    /// Whether time passes by itself or only through the control API
    #[arg(long, value_enum, default_value_t = Clock::Real)]
    clock: Clock,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Clock {
    Real,
    Frozen,
}

pub async fn run(args: Args, output: Output) -> Result<()> {
    let stop = Stop::listen()?;
    let clock = match args.clock {
        Clock::Real => ClockMode::Real,
        Clock::Frozen => ClockMode::Frozen(SystemClock.now()),
    };
    let mut builder = Sandbox::builder().bind(args.bind).port(args.port).rate_limit(!args.no_rate_limit).clock(clock);
    if let Some(file) = args.db {
        builder = builder.database(file);
    }
    let sandbox =
        builder.start().await.with_context(|| format!("no sandbox at {}", SocketAddr::new(args.bind, args.port)))?;
    announce(&sandbox, output)?;
    stop.wait().await;
    sandbox.shutdown().await.context("the sandbox did not stop cleanly")
}

fn announce(sandbox: &Sandbox, output: Output) -> Result<()> {
    let credentials = sandbox.credentials();
    if output.format() == Format::Table {
        output.text(&format!("base URL      {}", sandbox.base_url()))?;
        output.text(&format!("control URL   {}", sandbox.control_url()))?;
        output.text(&format!("hb_client_id  {}", credentials.hb_client_id))?;
        output.text(&format!("api_key       {}", credentials.api_key))?;
        output.text("Ctrl-C stops it")?;
    } else {
        output.line(&json!({
            "base_url": sandbox.base_url(),
            "control_url": sandbox.control_url(),
            "hb_client_id": credentials.hb_client_id,
            "api_key": credentials.api_key,
        }))?;
    }
    Ok(())
}

/// Ctrl-C, or SIGTERM where there is such a thing.
struct Stop {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    /// From here on the signals no longer end the process by themselves.
    #[cfg(unix)]
    fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn wait(self) {
        drop(tokio::signal::ctrl_c().await);
    }
}
