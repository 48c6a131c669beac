//! The command line: what is global, and the tree of commands.

use std::time::Duration;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, parser::ValueSource};

use crate::{
    book,
    commands::{
        account::Account, auth::Auth, bookings::Bookings, certificates::Certificates, courses::Courses, holds::Holds,
        shell::ManArgs, slots::Slots, webhooks::Webhooks,
    },
    demo, doctor, listen,
    output::{Color, Format},
    replay, sandbox,
};

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "hb-bls",
    version,
    about = "Virtual BLS training by Healthier Business: book it, follow it, try it locally",
    after_help = "Exit codes: 0 done, 1 other, 2 usage, 3 authentication, 4 not found, 5 conflict, 6 rejected,\n\
                  7 rate limited, 8 network or timeout, 9 server\n\n\
                  Environment: HB_BLS_CLIENT_ID and HB_BLS_API_KEY name an account, before the profile unless --profile\n\
                  is given; HB_BLS_CONFIG_DIR a folder to keep everything in, also what would go into the system's keyring"
)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Use the account saved under this name; as a flag, before an account or address in the environment
    #[arg(long, global = true, value_name = "NAME", env = "HB_BLS_PROFILE", hide_env_values = true)]
    pub profile: Option<String>,
    /// Where the API is: https, or http on this machine
    #[arg(long, global = true, value_name = "URL", env = "HB_BLS_BASE_URL", hide_env_values = true)]
    pub base_url: Option<String>,
    /// How to print
    #[arg(long, value_enum, global = true, value_name = "FORMAT", default_value_t = Format::Table)]
    pub output: Format,
    /// Print results and errors only
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Show the calls on stderr: method, path, status
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// When to use colour; NO_COLOR is respected
    #[arg(long, value_enum, global = true, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,
    /// Time limit per call, such as `30s` or `2m`, including waits for the rate limit; with `book --from` per attempt,
    /// not counting those waits
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// What was given on the command line, rather than in the environment
    #[arg(skip)]
    pub given: Given,
}

/// What comes before the environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given {
    pub profile: bool,
    pub base_url: bool,
}

impl Cli {
    /// The command line, once clap has taken it.
    pub fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut cli = Self::from_arg_matches(matches)?;
        let given = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let named = cli.globals.profile.as_ref().is_some_and(|name| !name.is_empty());
        cli.globals.given = Given { profile: named && given("profile"), base_url: given("base_url") };
        Ok(cli)
    }
}

/// A command.
#[derive(Subcommand)]
pub enum Command {
    /// Log in and out, and see who is
    #[command(subcommand)]
    Auth(Auth),
    /// See what there is to book with
    #[command(subcommand)]
    Account(Account),
    /// See what can be booked
    #[command(subcommand)]
    Courses(Courses),
    /// See when it can be booked
    #[command(subcommand)]
    Slots(Slots),
    /// Reserve a timeslot for a while
    #[command(subcommand)]
    Holds(Holds),
    Book(Box<book::Args>),
    /// See what is booked
    #[command(subcommand)]
    Bookings(Bookings),
    /// Save candidates' certificates
    #[command(subcommand)]
    Certificates(Certificates),
    /// Say where events are sent
    #[command(subcommand)]
    Webhooks(Webhooks),
    Listen(listen::Args),
    Replay(replay::Args),
    /// Run a local portal to develop against
    Sandbox(sandbox::Args),
    /// Walk through a booking, from credentials to certificate, against a local portal
    Demo(demo::Args),
    Doctor(doctor::Args),
    /// Print what makes a shell complete commands and options
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man(ManArgs),
}

/// The tree of commands, as clap knows it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// A day, for arguments.
pub fn date(text: &str) -> Result<hb_bls::Date, &'static str> {
    text.parse().map_err(|_| "write it as 2026-06-15")
}

/// A time of day, for arguments.
pub fn time(text: &str) -> Result<hb_bls::Time, &'static str> {
    text.parse().map_err(|_| "write it as 09:00")
}

/// `30s`, `2m`, `1m 30s`, or a bare number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let length = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => text
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|length| Duration::try_from(length).ok())
            .ok_or("write it as `30s` or `2m`")?,
    };
    if length.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [("30", 30), ("30s", 30), ("2m", 120), ("1m 30s", 90), ("PT5S", 5)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0", "-5s", "soon", "5 parsecs"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
