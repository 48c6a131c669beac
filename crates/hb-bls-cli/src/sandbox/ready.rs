//! `hb-bls sandbox ready`: whether a sandbox responds, for health checks of containers and for scripts.

use std::time::Duration;

use anyhow::Result;
use hb_bls::{Clock as _, SystemClock};
use reqwest::{Client, Url, redirect::Policy};
use serde_json::Value;

use super::control_client::SandboxSelector;
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
    /// The address of the sandbox; by default, that of the one started last on this machine
    url: Option<Url>,
    #[command(flatten)]
    at: SandboxSelector,
    /// Wait until one responds, for this long at most
    #[arg(long, value_name = "DURATION", num_args = 0..=1, default_missing_value = "30s", require_equals = true,
        value_parser = args::duration)]
    wait: Option<Duration>,
}

pub async fn run(args: Args, output: Output) -> Result<()> {
    let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build()?;
    let is_ready = match args.wait {
        None => args.is_sandbox(&client).await?,
        Some(limit) => within(limit, until_ready(&client, &args)).await.transpose()?.is_some(),
    };
    let (url, _) = args.target()?;
    if is_ready {
        output.note(&format!("a sandbox responds at {url}"));
        return Ok(());
    }
    let failure = Failure::new(Kind::Network, format!("no sandbox responds at {url}"));
    Err(failure.hint("`hb-bls sandbox` starts one").into())
}

impl Args {
    /// Whether a sandbox responds. Something else may listen on that port.
    async fn is_sandbox(&self, client: &Client) -> Result<bool> {
        let (url, token) = self.target()?;
        let response = ask(client, url.join("/_sandbox/clock")?, token).await.unwrap_or_default();
        Ok(response["now"].is_string() && response["mode"].is_string())
    }

    /// The address, and the control token to show there.
    fn target(&self) -> Result<(Url, Option<String>)> {
        if let Some(url) = &self.url {
            return Ok((url.clone(), self.at.given_token()));
        }
        let (url, token) = self.at.address();
        Ok((Url::parse(&url)?.join("/")?, token))
    }
}

/// It may start meanwhile, at an address of its own.
async fn until_ready(client: &Client, args: &Args) -> Result<()> {
    while !args.is_sandbox(client).await? {
        SystemClock.sleep(PAUSE).await;
    }
    Ok(())
}

async fn ask(client: &Client, url: Url, token: Option<String>) -> Option<Value> {
    let request = client.get(url);
    let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
    let response = request.send().await.ok()?.error_for_status().ok()?;
    serde_json::from_slice(&response.bytes().await.ok()?).ok()
}
