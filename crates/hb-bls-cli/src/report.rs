//! Why a command failed: what, why and what to do, for people or as an object, and the exit code.

mod client;

use std::{collections::BTreeMap, fmt, io};

use anstyle::{AnsiColor, Style};
use clap::error::ErrorKind;
use serde::Serialize;

use crate::output::{Format, json, sanitise, wrap};
pub use client::unreached;

/// What the caller can do about it. The number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something on this machine, or a response that cannot be read.
    Other = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// There are no credentials, or the portal refused them.
    Authentication = 3,
    /// There is no such thing.
    NotFound = 4,
    /// Something is in the way.
    Conflict = 5,
    /// The portal refused the input.
    Rejected = 6,
    RateLimited = 7,
    /// No complete response came in time.
    Network = 8,
    Server = 9,
    /// All went well, and somebody has something to do.
    Attention = 10,
    /// The user stopped it, as shells report it.
    Interrupted = 130,
}

impl Kind {
    /// The word for it in JSON.
    fn name(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Usage => "usage",
            Self::Authentication => "authentication",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::RateLimited => "rate_limited",
            Self::Network => "network",
            Self::Server => "server",
            Self::Attention => "attention",
            Self::Interrupted => "interrupted",
        }
    }
}

/// An error of the command itself. Errors of the client need no such wrapping: [`Report::of`] knows them.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
    fields: BTreeMap<String, Vec<String>>,
    /// Whether the output says it all.
    printed: bool,
}

impl Failure {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, fields: BTreeMap::new(), printed: false }
    }

    /// What is only an exit code, since the output says it all.
    pub fn printed(kind: Kind) -> Self {
        Self { printed: true, ..Self::new(kind, kind.name()) }
    }

    /// What is wrong with which field.
    #[must_use]
    pub fn fields(mut self, fields: BTreeMap<String, Vec<String>>) -> Self {
        self.fields = fields;
        self
    }

    /// Several failures as one, each with its reason: of the kind of the first, unless the `last` weighs most.
    pub fn of_all(message: String, failures: &[(String, anyhow::Error)], last: bool) -> Self {
        let reports: Vec<_> = failures.iter().map(|(name, error)| (name, Report::of(error))).collect();
        let weighs = if last { reports.last() } else { reports.first() };
        let (kind, hint) = weighs.map_or((Kind::Other, None), |(_, report)| (report.kind, report.hint.clone()));
        let reasons = reports.iter().map(|(name, report)| ((*name).clone(), vec![report.reason()]));
        Self { hint, fields: reasons.collect(), ..Self::new(kind, message) }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// A command line that cannot be parsed, in clap's words.
impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            return Self::new(Kind::Usage, "a command is missing").hint("`--help` lists the commands");
        }
        let text = in_words(&error.render().to_string());
        let mut parts =
            text.trim().split("\n\n").map(str::trim).filter(|part| !part.starts_with("For more information"));
        let message = parts.next().unwrap_or_default();
        let failure = Self::new(Kind::Usage, message.strip_prefix("error: ").unwrap_or(message));
        let mut hints = Vec::new();
        for part in parts {
            match part.strip_prefix("Usage: ") {
                // clap puts options into it that nobody typed
                Some(usage) => hints.push(format!("`{} --help` shows how it is used", command_of(usage))),
                None => hints.push(part.strip_prefix("tip: ").unwrap_or(part).to_owned()),
            }
        }
        failure.hint(if hints.is_empty() { "`--help` shows how it is used".to_owned() } else { hints.join("\n") })
    }
}

/// What parsers of numbers say, in words for people.
fn in_words(text: &str) -> String {
    [
        ("invalid digit found in string", "write a whole number"),
        ("cannot parse integer from empty string", "write a whole number"),
        ("number would be zero for non-zero type", "write a number above 0"),
        ("..=", " to "),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The words of a usage line before its options and arguments.
fn command_of(usage: &str) -> String {
    let words = usage.split_whitespace().take_while(|word| !word.starts_with(['-', '<', '[']));
    words.collect::<Vec<_>>().join(" ")
}

/// What was attempted, and what to do if the portal refused the credentials for it. A context for errors.
#[derive(Debug)]
pub struct Attempt {
    pub what: &'static str,
    pub if_refused: &'static str,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

/// Marks errors that have been printed already.
#[derive(Debug)]
struct AlreadyPrinted;

impl fmt::Display for AlreadyPrinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shown above")
    }
}

/// An error as it is shown.
#[derive(Debug)]
pub struct Report {
    kind: Kind,
    /// The word in JSON, where it is finer than the exit code.
    word: &'static str,
    message: String,
    hint: Option<String>,
    status: Option<u16>,
    fields: BTreeMap<String, Vec<String>>,
    printed: bool,
}

impl Report {
    pub fn of(error: &anyhow::Error) -> Self {
        let known = error.chain().find_map(|cause| {
            let failure = cause.downcast_ref::<Failure>().map(Self::from_failure);
            failure.or_else(|| cause.downcast_ref().map(client::report))
        });
        let mut report = known.unwrap_or_else(|| Self::from_failure(&Failure::new(Kind::Other, "")));
        if let Some(attempt) = error.downcast_ref::<Attempt>().filter(|_| report.kind == Kind::Authentication) {
            report.hint = Some(attempt.if_refused.to_owned());
        }
        report.printed |= error.downcast_ref::<AlreadyPrinted>().is_some();
        report.message = message(error, &report.message);
        report
    }

    pub fn printed(kind: Kind) -> Self {
        Self::from_failure(&Failure::printed(kind))
    }

    /// Marks an error as printed, so that it only determines the exit code.
    pub fn already_printed(error: anyhow::Error) -> anyhow::Error {
        error.context(AlreadyPrinted)
    }

    fn from_failure(failure: &Failure) -> Self {
        Self {
            kind: failure.kind,
            word: failure.kind.name(),
            message: failure.message.clone(),
            hint: failure.hint.clone(),
            status: None,
            fields: failure.fields.clone(),
            printed: failure.printed,
        }
    }

    /// The word for it in JSON.
    pub fn word(&self) -> &'static str {
        self.word
    }

    /// What it says, in one line.
    pub fn reason(&self) -> String {
        let fields = self.fields.iter().flat_map(|(field, messages)| {
            messages.iter().map(move |message| format!("{}: {}", sanitise::line(field), sanitise::line(message)))
        });
        std::iter::once(sanitise::line(&self.message).into_owned()).chain(fields).collect::<Vec<_>>().join("; ")
    }

    pub fn exit_code(&self) -> u8 {
        self.kind as u8
    }

    /// Prints to stderr. If that fails too, there is still the exit code.
    pub fn print(&self, format: Format) {
        use std::io::Write as _;
        if self.printed {
            return;
        }
        let mut out = anstream::stderr().lock();
        drop(match format {
            format if format.is_json() => writeln!(out, "{}", self.object()),
            _ => write!(out, "{}", wrap::lines(&self.text(), wrap::width_of_errors())),
        });
    }

    fn object(&self) -> String {
        #[derive(Serialize)]
        struct Outer<'a> {
            error: Inner<'a>,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            kind: &'a str,
            message: String,
            status: Option<u16>,
            fields: &'a BTreeMap<String, Vec<String>>,
        }
        let message = match &self.hint {
            Some(hint) => format!("{}; {}", self.message.trim_end_matches('.'), hint.replace('\n', "; ")),
            None => self.message.clone(),
        };
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let error = Inner { kind: self.word, message, status: self.status, fields: &self.fields };
        json::line(&Outer { error }).unwrap_or_default()
    }

    fn text(&self) -> String {
        const ERROR: Style = AnsiColor::Red.on_default().bold();
        const HINT: Style = Style::new().bold();
        let mut text = format!("{ERROR}error{ERROR:#}: {}\n", sanitise::lines(&self.message));
        for (field, messages) in &self.fields {
            for message in messages {
                text += &format!("  {}: {}\n", sanitise::line(field), sanitise::line(message));
            }
        }
        if let Some(hint) = &self.hint {
            for line in sanitise::lines(hint).lines() {
                text += &format!("{HINT}hint{HINT:#}: {line}\n");
            }
        }
        text
    }
}

/// What was attempted, and then why it failed; `reason` stands for the error that the report is about.
fn message(error: &anyhow::Error, reason: &str) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let known = cause.is::<Failure>() || cause.is::<hb_bls::Error>();
        let piece = without_number(&if known { reason.to_owned() } else { cause.to_string() });
        // many errors name their cause themselves
        if !text.ends_with(&piece) {
            text = if text.is_empty() { piece } else { format!("{text}: {piece}") };
        }
        if known {
            break;
        }
    }
    text
}

/// What an error of the system says, without its number and the name of a temporary file, which tell people nothing.
fn without_number(text: &str) -> String {
    let Some((words, rest)) = text.split_once(" (os error ") else { return text.to_owned() };
    match rest.split_once(')') {
        Some((_, rest)) if !rest.starts_with(" at path ") => format!("{words}{rest}"),
        _ => words.to_owned(),
    }
}

/// The error to show, unless it is that nobody reads the output any more.
pub fn unless_closed(outcome: anyhow::Result<()>) -> Result<(), Report> {
    let closed = |error: &anyhow::Error| {
        error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    match outcome {
        Err(error) if !closed(&error) => Err(Report::of(&error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
