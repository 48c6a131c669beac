//! The options that every command takes, and what values of options look like.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::{
    ArgMatches, ColorChoice,
    builder::{StringValueParser, TypedValueParser},
    parser::ValueSource,
};

use hb_bls::{BookingId, CourseId, PayOption, WebhookEventType, WebhookId};

use crate::{clock, offered::offered, output::Format, when};

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Use this profile; given as a flag, it overrides the account in the environment
    #[arg(long, global = true, value_name = "NAME", env = "HB_BLS_PROFILE", hide_env_values = true)]
    pub profile: Option<String>,
    /// The API's base URL: https, or http on this machine
    #[arg(long, global = true, value_name = "URL", env = "HB_BLS_BASE_URL", hide_env_values = true)]
    pub base_url: Option<String>,
    /// The output format
    #[arg(short, long, value_enum, global = true, value_name = "FORMAT", default_value_t = Format::Table)]
    pub output: Format,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Show the calls on stderr: method, path, status
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// When to use colour; NO_COLOR is respected
    #[arg(long, value_enum, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Time limit per call, such as `30s` or `2m`, including waits for the rate limit; with `book --from` per attempt,
    /// not counting those waits
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Append a record of each change to this file, before it is made and with its outcome; without personal data
    #[arg(long, global = true, value_name = "FILE", env = "HB_BLS_AUDIT", hide_env_values = true)]
    pub audit: Option<PathBuf>,
    /// The names of the command, such as `webhooks delete`
    #[arg(skip)]
    pub command: String,
    /// What was given on the command line rather than in the environment
    #[arg(skip)]
    pub given: ExplicitFlags,
}

/// Which options were given as flags, which override the environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExplicitFlags {
    pub profile: bool,
    pub base_url: bool,
}

impl ExplicitFlags {
    /// From the command line, as clap has parsed it.
    pub fn of(matches: &ArgMatches, globals: &Globals) -> Self {
        let given = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let named = globals.profile.as_ref().is_some_and(|name| !name.is_empty());
        Self { profile: named && given("profile"), base_url: given("base_url") }
    }
}

/// The number of something, which a command shows.
fn number<T: FromStr>(text: &str, shown_by: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("is not a number; `hb-bls {shown_by}` shows it"))
}

/// The number of a course, for arguments.
pub fn course(text: &str) -> Result<CourseId, String> {
    number(text, "courses list")
}

/// The number of a booking, for arguments.
pub fn booking(text: &str) -> Result<BookingId, String> {
    number(text, "bookings list")
}

/// The number of a webhook endpoint, for arguments.
pub fn webhook(text: &str) -> Result<WebhookId, String> {
    number(text, "webhooks list")
}

/// Reads a value of an open enum in any case, and offers those that are known. An unknown one would match nothing.
#[macro_export]
macro_rules! known {
    ($visibility:vis $name:ident, $type:ty) => {
        $visibility fn $name() -> impl ::clap::builder::TypedValueParser<Value = $type> {
            let known = <$type>::KNOWN.iter().map(|known| known.as_str());
            let read = move |text: &str| {
                let value = <$type>::from(text.trim().to_lowercase().replace([' ', '-'], "_"));
                let known: Vec<_> = <$type>::KNOWN.iter().map(|known| known.as_str()).collect();
                if value.is_known() { Ok(value) } else { Err(format!("must be {}", $crate::args::alternatives(&known))) }
            };
            $crate::offered::offered(read, known)
        }
    };
}
known!(pub event, WebhookEventType);

/// Yes or no, for arguments.
pub fn yes_or_no() -> impl TypedValueParser<Value = bool> {
    let read = |text: &str| match text.to_lowercase().as_str() {
        "yes" | "y" | "true" => Ok(true),
        "no" | "n" | "false" => Ok(false),
        _ => Err("must be yes or no"),
    };
    offered(read, ["yes", "no"])
}

/// A way to pay, which is checked later.
pub fn pay_option() -> impl TypedValueParser<Value = String> {
    offered(StringValueParser::new(), PayOption::KNOWN.iter().map(PayOption::as_str))
}

/// `a, b or c`.
pub fn alternatives(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        names => names.join(""),
    }
}

/// The names of the command that was given.
pub fn command(matches: &ArgMatches) -> String {
    let names = std::iter::successors(matches.subcommand(), |(_, below)| below.subcommand());
    names.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
}

/// A day, for arguments.
pub fn date(text: &str) -> Result<hb_bls::Date, String> {
    when::date(text, clock::today())
}

/// The first day of a range, for arguments.
pub fn first_date(text: &str) -> Result<hb_bls::Date, String> {
    when::first(text, clock::today())
}

/// The last day of a range, for arguments.
pub fn last_date(text: &str) -> Result<hb_bls::Date, String> {
    when::last(text, clock::today())
}

/// A time of day, for arguments.
pub fn time(text: &str) -> Result<hb_bls::Time, String> {
    when::time(text)
}

/// `30s`, `2m`, `1m 30s`, or a bare number of seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let length = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => text
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|length| Duration::try_from(length).ok())
            .ok_or("write it as `30s` or `2m`")?,
    };
    if length.is_zero() { Err("must be more than 0".to_owned()) } else { Ok(length) }
}

/// A length in days or longer units: `60d`, `8w`, `12mo`, `1y`.
pub fn days(text: &str) -> Result<jiff::Span, &'static str> {
    const HOW: &str = "write it as 60d, 8w, 12mo or 1y";
    let span: jiff::Span = text.parse().map_err(|_| HOW)?;
    let whole = jiff::Span::new().years(span.get_years()).months(span.get_months());
    let whole = whole.weeks(span.get_weeks()).days(span.get_days());
    if span.is_positive() && span.fieldwise() == whole.fieldwise() { Ok(span) } else { Err(HOW) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_days_are_read() {
        for text in ["60d", "8w", "12mo", "1y", "1y 6mo", "P60D"] {
            assert!(days(text).is_ok(), "{text}");
        }
        for text in ["", "60", "0d", "-60d", "24h", "1d 1h", "soon"] {
            assert!(days(text).is_err(), "{text}");
        }
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
