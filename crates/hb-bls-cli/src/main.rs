//! The `hb-bls` command.

mod account_lock;
mod agenda;
mod args;
mod atomic_file;
mod audit;
mod book;
mod clock;
mod commands;
mod config;
mod context;
mod demo;
mod doctor;
mod environment;
mod examples;
mod inbox;
mod listen;
mod loopback;
mod offered;
mod output;
mod prescan;
mod progress;
mod prompt;
mod rate_limiter;
mod receiver;
mod reconcile;
mod renewals;
mod replay;
mod report;
mod request_stats;
mod sandbox;
mod settings;
mod signals;
mod verbose;
mod watch;
mod when;
mod words;

use std::{ffi::OsString, io::Write as _, process::ExitCode};

use anyhow::{Context as _, Result};
use args::{ExplicitFlags, Globals};
use clap::{
    CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};
use clap_complete::Shell;
use commands::{
    account::Account,
    auth::{Auth, LoginArgs},
    bookings::Bookings,
    certificates::Certificates,
    config::Config,
    courses::Courses,
    holds::Holds,
    manual::ManArgs,
    slots::Slots,
    webhooks::Webhooks,
};
use context::Context;
use output::Output;
use report::{Failure, Report};

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "hb-bls",
    version,
    about = "Book and follow Virtual BLS training by Healthier Business, or try it on a local portal",
    after_help = "Exit status: 0 success, 1 other failure, 2 usage, 3 authentication, 4 not found, 5 conflict, 6 rejected, \
                  7 rate limited, 8 network or timeout, 9 server, 10 something needs attention, 130 stopped by Ctrl-C\n\n\
                  Environment: HB_BLS_CLIENT_ID and HB_BLS_API_KEY set the account, and override the profile unless \
                  --profile is given. HB_BLS_CONFIG_DIR sets a folder that everything is kept in, instead of the system's \
                  keyring"
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// A command.
#[derive(Subcommand)]
enum Command {
    /// Log in, log out and show the current account
    #[command(subcommand)]
    Auth(Auth),
    /// Show and set what bookings have by default
    #[command(subcommand)]
    Config(Config),
    /// Show credits, balance and transactions
    #[command(subcommand)]
    Account(Account),
    /// List the courses
    #[command(subcommand)]
    Courses(Courses),
    /// List free timeslots
    #[command(subcommand)]
    Slots(Slots),
    /// Reserve a timeslot for 30 minutes
    #[command(subcommand)]
    Holds(Holds),
    Book(Box<book::Args>),
    Agenda(Box<agenda::Args>),
    Renewals(renewals::Args),
    /// List, show and export bookings
    #[command(subcommand)]
    Bookings(Bookings),
    /// Download candidates' certificates
    #[command(subcommand)]
    Certificates(Certificates),
    /// Manage webhook endpoints
    #[command(subcommand)]
    Webhooks(Webhooks),
    Listen(listen::Args),
    Replay(replay::Args),
    /// Inspect and repair a queue of webhook events
    #[command(subcommand)]
    Inbox(inbox::Inbox),
    Reconcile(reconcile::Args),
    Watch(watch::Args),
    /// Run a local portal to develop against
    Sandbox(sandbox::Args),
    Trigger(sandbox::Trigger),
    Open(sandbox::Open),
    /// Walk through a booking, from credentials to certificate, against a local portal
    Demo(demo::Args),
    Doctor(doctor::Args),
    /// Generate shell completions
    ///
    /// The script also offers the profiles that are saved when it is made.
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Generate manual pages
    Man(ManArgs),
    /// The same as `auth login`
    #[command(hide = true)]
    Login(LoginArgs),
    /// The same as `auth logout`
    #[command(hide = true)]
    Logout,
}

/// The whole command line, with examples in its help.
fn command() -> clap::Command {
    examples::shown(with_ls(Cli::command()))
}

/// Each `list` is `ls`, too.
fn with_ls(command: clap::Command) -> clap::Command {
    let command = if command.get_name() == "list" { command.visible_alias("ls") } else { command };
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    names.iter().fold(command, |command, name| command.mut_subcommand(name, with_ls))
}

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let early = prescan::scan(&args);
    prescan::set_color(early.color);
    match run(&args, &early) {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) => {
            report.print(early.format);
            ExitCode::from(report.exit_code())
        }
    }
}

fn run(args: &[OsString], early: &prescan::PreScan) -> Result<(), Report> {
    if early.api_key {
        return Err(Report::of(&prescan::api_key_refused().into()));
    }
    let parsed = command().try_get_matches_from(args).and_then(|matches| {
        let mut cli = Cli::from_arg_matches(&matches)?;
        cli.globals.given = ExplicitFlags::of(&matches, &cli.globals);
        cli.globals.command = args::command(&matches);
        Ok(cli)
    });
    let cli = match parsed {
        Ok(cli) => cli,
        Err(asked) if matches!(asked.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return report::unless_closed(asked.print().map_err(Into::into));
        }
        Err(error)
            if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !early.format.is_json() =>
        {
            // the help, on stderr
            drop(error.print());
            return Err(Report::printed(report::Kind::Usage));
        }
        // options from the environment count as arguments, so that clap does not show the help by itself
        Err(error) if error.kind() == ErrorKind::MissingSubcommand && !early.format.is_json() => {
            drop(write!(anstream::stderr().lock(), "{}", help_of(&error).ansi()));
            return Err(Report::printed(report::Kind::Usage));
        }
        Err(error) => return Err(Report::of(&Failure::from(error).into())),
    };
    verbose::start(cli.globals.verbose);
    let context = Context::new(Output::new(cli.globals.output, cli.globals.quiet), cli.globals);
    report::unless_closed(start(cli.command, &context))
}

/// The help of the command that lacks its subcommand.
fn help_of(error: &clap::Error) -> StyledStr {
    let mut root = command();
    root.build();
    let names = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(names)) => names.as_str(),
        _ => "",
    };
    let command = names.split(' ').skip(1).try_fold(&root, |command, name| command.find_subcommand(name));
    command.unwrap_or(&root).clone().render_help()
}

fn start(command: Command, context: &Context) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let outcome = runtime.block_on(async {
        let outcome = tokio::select! {
            outcome = dispatch(command, context) => outcome,
            error = context.audit_failure() => Err(error),
        };
        context.finish().await;
        outcome
    });
    // whatever still runs in the background has nothing to save
    runtime.shutdown_background();
    outcome
}

async fn dispatch(command: Command, context: &Context) -> Result<()> {
    match command {
        Command::Auth(command) => command.run(context).await,
        Command::Config(command) => command.run(context),
        Command::Account(command) => command.run(context).await,
        Command::Courses(command) => command.run(context).await,
        Command::Slots(command) => command.run(context).await,
        Command::Holds(command) => command.run(context).await,
        Command::Book(args) => book::run(*args, context).await,
        Command::Agenda(args) => agenda::run(*args, context).await,
        Command::Renewals(args) => renewals::run(args, context).await,
        Command::Bookings(command) => command.run(context).await,
        Command::Certificates(command) => command.run(context).await,
        Command::Webhooks(command) => command.run(context).await,
        Command::Listen(args) => listen::run(args, context).await,
        Command::Replay(args) => replay::run(args, context).await,
        Command::Inbox(command) => command.run(context.output()).await,
        Command::Reconcile(args) => reconcile::run(args, context).await,
        Command::Watch(args) => watch::run(args, context).await,
        Command::Sandbox(args) => sandbox::run(args, context.output()).await,
        Command::Trigger(args) => sandbox::trigger(args, context.output()).await,
        Command::Open(args) => sandbox::open(args, context).await,
        Command::Demo(args) => demo::run(&args, context.output()).await,
        Command::Doctor(args) => doctor::run(args, context).await,
        Command::Completions { shell } => commands::completions::completions(&with_ls(Cli::command()), shell),
        Command::Login(args) => Auth::Login(args).run(context).await,
        Command::Logout => Auth::Logout.run(context).await,
        Command::Man(args) => commands::manual::man(Cli::command(), &args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        Cli::command().debug_assert();
    }
}
