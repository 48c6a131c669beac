//! The `hb-bls` command.

mod args;
mod book;
mod clock;
mod commands;
mod config;
mod context;
mod demo;
mod doctor;
mod listen;
mod output;
mod prescan;
mod ready;
mod receiver;
mod replay;
mod report;
mod sandbox;
mod settings;
mod stop;
mod verbose;

use std::{ffi::OsString, process::ExitCode};

use anyhow::{Context as _, Result};
use args::{Cli, Command};
use clap::error::ErrorKind;
use context::Context;
use output::Output;
use report::{Failure, Report};

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let early = prescan::scan(&args);
    early.color.write_global();
    match run(&args, &early) {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) => {
            report.print(early.format);
            ExitCode::from(report.exit_code())
        }
    }
}

fn run(args: &[OsString], early: &prescan::Early) -> Result<(), Report> {
    if early.api_key {
        return Err(Report::of(&prescan::api_key_refused().into(), &[]));
    }
    let parsed = args::command().try_get_matches_from(args).and_then(|matches| Cli::of(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(asked) if matches!(asked.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return report::unless_closed(asked.print().map_err(Into::into), &[]);
        }
        Err(error)
            if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !early.format.is_json() =>
        {
            // the help, on stderr
            drop(error.print());
            return Err(Report::told(report::Kind::Usage));
        }
        Err(error) => return Err(Report::of(&Failure::from(error).into(), &[])),
    };
    verbose::start(cli.globals.verbose);
    let context = Context::new(Output::new(cli.globals.output, cli.globals.quiet), cli.globals);
    report::unless_closed(start(cli.command, &context), &context.hidden())
}

fn start(command: Command, context: &Context) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let outcome = runtime.block_on(dispatch(command, context));
    // whatever still runs in the background has nothing to save
    runtime.shutdown_background();
    outcome
}

async fn dispatch(command: Command, context: &Context) -> Result<()> {
    match command {
        Command::Auth(command) => command.run(context).await,
        Command::Account(command) => command.run(context).await,
        Command::Courses(command) => command.run(context).await,
        Command::Slots(command) => command.run(context).await,
        Command::Holds(command) => command.run(context).await,
        Command::Book(args) => book::run(*args, context).await,
        Command::Bookings(command) => command.run(context).await,
        Command::Certificates(command) => command.run(context).await,
        Command::Webhooks(command) => command.run(context).await,
        Command::Listen(args) => listen::run(args, context).await,
        Command::Replay(args) => replay::run(args, context).await,
        Command::Sandbox(args) => sandbox::run(args, context.output()).await,
        Command::Demo(args) => demo::run(&args, context.output()).await,
        Command::Doctor(args) => doctor::run(args, context).await,
        Command::Completions { shell } => commands::shell::completions(shell),
        Command::Man(args) => commands::shell::man(&args),
    }
}
