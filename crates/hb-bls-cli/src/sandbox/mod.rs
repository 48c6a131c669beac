//! `hb-bls sandbox`: a local portal until it is stopped, and what can be done to one that runs.

mod actions;
mod control_client;
mod instance_file;
mod lists;
mod open;
mod ready;
mod start;
mod trigger;

use anyhow::Result;

use crate::output::Output;

pub use open::{Open, run as open};
pub use trigger::{Trigger, run as trigger};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: start::Args,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Exit with 0 if a sandbox responds, and with 8 if not
    Ready(ready::Args),
    #[command(flatten)]
    Verb(actions::Verb),
    /// See the requests that the API received
    #[command(subcommand)]
    Requests(lists::Requests),
    /// See what was sent to webhooks, and send it again
    #[command(subcommand)]
    Deliveries(lists::Deliveries),
}

pub async fn run(args: Args, output: Output) -> Result<()> {
    match args.command {
        None => start::run(args.start, output).await,
        Some(Command::Ready(args)) => ready::run(args, output).await,
        Some(Command::Verb(verb)) => verb.run(output).await,
        Some(Command::Requests(command)) => command.run(output).await,
        Some(Command::Deliveries(command)) => command.run(output).await,
    }
}
