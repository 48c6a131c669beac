//! `hb-bls sandbox ready`: whether a sandbox answers, for health checks of containers and for scripts.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::{Client, Url, redirect::Policy};
use serde_json::Value;

use crate::{
    output::Output,
    report::{Failure, Kind},
};

const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(clap::Subcommand)]
pub enum Command {
    /// Exit with 0 if a sandbox answers, and with 8 if not
    Ready(Args),
}

#[derive(clap::Args)]
pub struct Args {
    /// The address of the sandbox
    #[arg(default_value = "http://127.0.0.1:8787")]
    url: Url,
}

pub async fn run(Command::Ready(args): Command, output: Output) -> Result<()> {
    let clock = args.url.join("/_sandbox/clock").context("this is not the address of a sandbox")?;
    let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build()?;
    match ask(&client, clock).await {
        // something else may listen on that port
        Some(answer) if answer["now"].is_string() && answer["mode"].is_string() => {
            output.note(&format!("a sandbox answers at {}", args.url));
            Ok(())
        }
        _ => {
            let failure = Failure::new(Kind::Network, format!("no sandbox answers at {}", args.url));
            Err(failure.hint("`hb-bls sandbox` starts one").into())
        }
    }
}

async fn ask(client: &Client, url: Url) -> Option<Value> {
    let response = client.get(url).send().await.ok()?.error_for_status().ok()?;
    serde_json::from_slice(&response.bytes().await.ok()?).ok()
}
