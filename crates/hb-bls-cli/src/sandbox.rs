//! `hb-bls sandbox`: a local portal, until it is stopped.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use hb_bls::{Clock as _, SystemClock};
use hb_bls_sandbox::{ClockMode, Sandbox};

use crate::{output::Output, ready, stop::Stop};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<ready::Command>,
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// The address to listen on. If it can be reached from other machines, credentials are generated
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Keep all data in this file, and continue with it the next time
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Do not limit requests to 60 a minute
    #[arg(long)]
    no_rate_limit: bool,
    /// Whether time passes by itself, or only through the control API
    #[arg(long, value_enum, default_value_t = Clock::Real)]
    clock: Clock,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Clock {
    Real,
    Frozen,
}

pub async fn run(args: Args, output: Output) -> Result<()> {
    if let Some(command) = args.command {
        return ready::run(command, output).await;
    }
    let mut stop = Stop::listen()?;
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
    output.fields(&[
        ("base_url", sandbox.base_url().into()),
        ("control_url", sandbox.control_url().into()),
        ("hb_client_id", credentials.hb_client_id.as_str().into()),
        ("api_key", credentials.api_key.as_str().into()),
    ])?;
    output.note("Ctrl-C stops it");
    Ok(())
}
