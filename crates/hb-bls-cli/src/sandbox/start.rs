//! Starts a portal and keeps it until it is stopped.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use hb_bls::{Clock as _, SystemClock};
use hb_bls_sandbox::{ClockMode, Sandbox, SandboxBuilder, SandboxError};
use serde_json::Value;

use super::{instance_file, open};
use crate::{
    output::Output,
    report::{Failure, Kind},
    signals::Stop,
};

#[derive(clap::Args)]
#[group(skip)]
pub struct Args {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// The address to listen on. If it can be reached from other machines, credentials and a control token are generated
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Keep all data but the list of requests in this file, and continue with it the next time
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Begin with the accounts, courses, trainers and bookings of this file, in YAML or JSON
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Do not limit requests to 60 a minute
    #[arg(long)]
    no_rate_limit: bool,
    /// Whether time passes by itself, or only through the control API
    #[arg(long, value_enum, default_value_t = Clock::Real)]
    clock: Clock,
    /// The token that other machines must send to use the page and the control API
    #[arg(long, value_name = "TOKEN", env = "HB_BLS_CONTROL_TOKEN", hide_env_values = true)]
    control_token: Option<String>,
    /// Other machines to which webhooks may be sent over http, such as the names of containers
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    webhook_hosts: Vec<String>,
    /// Trust the authorities in this PEM file, besides the system's, when webhooks are sent over https
    #[arg(long, value_name = "FILE")]
    webhook_ca: Option<PathBuf>,
    /// Keep and show the bodies of requests and of receivers' responses
    #[arg(long)]
    capture: bool,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Clock {
    Real,
    Frozen,
}

pub async fn run(args: Args, output: Output) -> Result<()> {
    let mut stop = Stop::listen()?;
    let sandbox = args.builder()?.start().await;
    let sandbox = sandbox.map_err(anyhow::Error::from).map_err(|error| {
        let what = format!("no sandbox at {}", SocketAddr::new(args.bind, args.port));
        if is_taken(&error) {
            return Failure::new(Kind::Other, format!("{what}: the port is taken"))
                .hint("--port 0 takes a free one")
                .into();
        }
        // it names the file, and its cause repeats that
        if let Some(error @ SandboxError::Database(_)) = error.downcast_ref() {
            return Failure::new(Kind::Other, format!("{what}: {error}"))
                .hint("--db names a file that you can write, in a folder that exists")
                .into();
        }
        error.context(what)
    })?;
    let note = instance_file::Note::leave(&sandbox);
    announce(&sandbox, output)?;
    if args.open {
        open::browse(&sandbox.page_url(), output);
    }
    stop.wait().await;
    drop(note);
    sandbox.shutdown().await.context("the sandbox did not stop cleanly")
}

fn is_taken(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|error| error.kind() == io::ErrorKind::AddrInUse)
}

impl Args {
    fn builder(&self) -> Result<SandboxBuilder> {
        let clock = match self.clock {
            Clock::Real => ClockMode::Real,
            Clock::Frozen => ClockMode::Frozen(SystemClock.now()),
        };
        let mut builder = Sandbox::builder()
            .bind(self.bind)
            .port(self.port)
            .rate_limit(!self.no_rate_limit)
            .clock(clock)
            .webhook_hosts(&self.webhook_hosts)
            .capture(self.capture);
        if let Some(file) = &self.db {
            builder = builder.database(file);
        }
        if let Some(file) = &self.seed {
            builder = builder.contents(read_seed(file)?);
        }
        if let Some(token) = self.control_token.as_deref().filter(|token| !token.is_empty()) {
            builder = builder.control_token(token);
        }
        if let Some(file) = &self.webhook_ca {
            let pem = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            builder = builder.webhook_authorities(&pem).with_context(|| format!("cannot use {}", file.display()))?;
        }
        Ok(builder)
    }
}

/// A seed file. JSON is YAML too.
pub fn read_seed(file: &Path) -> Result<Value> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_saphyr::from_str(&text).with_context(|| format!("{} is neither YAML nor JSON", file.display()))
}

/// The command that sets variables, for PowerShell or another shell.
fn in_shell(variables: &[(&str, &str)], is_powershell: bool) -> String {
    let set = |(name, value): &(&str, &str)| {
        if is_powershell { format!("$env:{name} = \"{value}\"") } else { format!("{name}={value}") }
    };
    let set: Vec<String> = variables.iter().map(set).collect();
    if is_powershell { set.join("; ") } else { format!("export {}", set.join(" ")) }
}

fn announce(sandbox: &Sandbox, output: Output) -> Result<()> {
    let credentials = sandbox.credentials();
    let mut fields = vec![
        ("page_url", sandbox.page_url().into()),
        ("base_url", sandbox.base_url().into()),
        ("control_url", sandbox.control_url().into()),
        ("hb_client_id", credentials.hb_client_id.as_str().into()),
        ("api_key", credentials.api_key.as_str().into()),
    ];
    if let Some(token) = sandbox.control_token() {
        fields.push(("control_token", token.into()));
    }
    output.fields(&fields)?;
    let variables = [
        ("HB_BLS_BASE_URL", sandbox.base_url()),
        ("HB_BLS_CLIENT_ID", &credentials.hb_client_id),
        ("HB_BLS_API_KEY", &credentials.api_key),
    ];
    output.note(&format!("in another terminal: {}", in_shell(&variables, cfg!(windows))));
    output.note("Ctrl-C stops it");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_set_as_the_shell_expects() {
        let variables = [("A", "http://127.0.0.1:1/"), ("B", "key_1")];
        assert_eq!(in_shell(&variables, false), "export A=http://127.0.0.1:1/ B=key_1");
        assert_eq!(in_shell(&variables, true), "$env:A = \"http://127.0.0.1:1/\"; $env:B = \"key_1\"");
    }
}
