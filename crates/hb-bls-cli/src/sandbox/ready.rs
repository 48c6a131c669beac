//! `hb-bls sandbox ready`: whether a sandbox responds, for health checks of containers and for scripts.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hb_bls::{Clock as _, SystemClock};
use reqwest::{Client, Url, redirect::Policy};
use serde_json::Value;

use crate::{
    args,
    clock::within,
    output::Output,
    report::{Failure, Kind},
};

const TIMEOUT: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);

#[derive(clap::Args)]
pub struct Args {
    /// The address of the sandbox
    #[arg(default_value = "http://127.0.0.1:8787")]
    url: Url,
    /// Wait until one responds, for this long at most
    #[arg(long, value_name = "DURATION", num_args = 0..=1, default_missing_value = "30s", require_equals = true,
        value_parser = args::duration)]
    wait: Option<Duration>,
}

pub async fn run(args: Args, output: Output) -> Result<()> {
    let clock = args.url.join("/_sandbox/clock").context("this is not the address of a sandbox")?;
    let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build()?;
    let is_ready = match args.wait {
        None => is_sandbox(&client, &clock).await,
        Some(limit) => within(limit, until_ready(&client, &clock)).await.is_some(),
    };
    if is_ready {
        output.note(&format!("a sandbox responds at {}", args.url));
        return Ok(());
    }
    let failure = Failure::new(Kind::Network, format!("no sandbox responds at {}", args.url));
    Err(failure.hint("`hb-bls sandbox` starts one").into())
}

async fn until_ready(client: &Client, clock: &Url) {
    while !is_sandbox(client, clock).await {
        SystemClock.sleep(PAUSE).await;
    }
}

/// Something else may listen on that port.
async fn is_sandbox(client: &Client, clock: &Url) -> bool {
    let response = ask(client, clock.clone()).await.unwrap_or_default();
    response["now"].is_string() && response["mode"].is_string()
}

async fn ask(client: &Client, url: Url) -> Option<Value> {
    let response = client.get(url).send().await.ok()?.error_for_status().ok()?;
    serde_json::from_slice(&response.bytes().await.ok()?).ok()
}
