//! The command, from its arguments to its exit status.

mod clock;
mod source;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use openapi_drift::{Audience, Level, Options, Report, compare, parse_ignores, parse_levels, render};
use serde::Serialize;

/// A change is as bad as `--fail-on`, or worse.
pub const PAST_THRESHOLD: u8 = 1;
/// There is nothing to compare, or it cannot be read.
pub const CANNOT_COMPARE: u8 = 2;

/// Says what a new OpenAPI document does to those who were written for the old one
///
/// Documents are OpenAPI 3.0 or 3.1, JSON or YAML. Each is a file, a URL, `git:REF:PATH` for a file of a commit, or `-`
/// for standard input.
///
/// Exit status 1: a change is as bad as --fail-on, or worse. 2: there is nothing that can be compared.
#[derive(Debug, clap::Parser)]
#[command(name = "openapi-drift", version)]
pub struct Arguments {
    /// The old document
    old: String,
    /// The new document
    new: String,
    /// How to write the report
    #[arg(long, short, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the report to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Whose view levels are of
    #[arg(long = "for", value_enum, default_value_t = View::Client, value_name = "WHOM")]
    view: View,
    /// Exit with 1 if a change is of this level or worse
    #[arg(long, value_enum, default_value_t = FailOn::Breaking)]
    fail_on: FailOn,
    /// Levels for rules, by id: JSON or YAML
    #[arg(long, value_name = "FILE")]
    levels: Option<PathBuf>,
    /// Changes to leave out, by fingerprint and reason: JSON or YAML
    #[arg(long, value_name = "FILE")]
    ignore: Option<PathBuf>,
    /// Keep a page of API changes, in Markdown: what changed goes first, under the date
    #[arg(long, value_name = "FILE")]
    changelog: Option<PathBuf>,
    /// The date of the entry [default: today, in UTC]
    #[arg(long, value_name = "DATE", requires = "changelog")]
    date: Option<String>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal
    Text,
    /// For a comment on a pull request
    Markdown,
    /// For other programs
    Json,
    /// For services that show test results
    Junit,
    /// Annotations of a GitHub workflow
    Github,
    /// One page that needs no other file
    Html,
}

/// For whom the levels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum View {
    /// A client that was written for the old document
    Client,
    /// A server that was written for the old document and is held to the new one
    Server,
}

/// From which level on the command fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Breaking changes
    Breaking,
    /// Breaking and risky changes
    Risky,
    /// No change
    Never,
}

/// What to print, and the exit status.
pub struct Outcome {
    /// For standard output.
    pub out: String,
    /// For standard error.
    pub err: String,
    /// 0, or one of the above.
    pub status: u8,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    match compare_documents(arguments) {
        Ok((out, status)) => Outcome { out, err: String::new(), status },
        Err(error) => Outcome { out: String::new(), err: format!("error: {error:#}\n"), status: CANNOT_COMPARE },
    }
}

fn compare_documents(arguments: &Arguments) -> Result<(String, u8)> {
    let Arguments { old, new, .. } = arguments;
    anyhow::ensure!(old != "-" || new != "-", "only one of the documents can be standard input");
    let options = options(arguments)?;
    let report = compare(&source::read(old)?, &source::read(new)?, &options)
        .with_context(|| format!("cannot compare {old} with {new}"))?;
    let name = |place: &'_ str| if place == "-" { "standard input".to_owned() } else { place.to_owned() };
    let view = render::ReportView::new(&name(old), &name(new), &report);
    let mut out = match arguments.format {
        Format::Text => render::text(&view),
        Format::Markdown => render::markdown(&view),
        Format::Json => json(&view, &report, &options)?,
        Format::Junit => render::junit(&view),
        Format::Github => render::github(&view),
        Format::Html => render::html(&view),
    };
    if let Some(page) = &arguments.changelog {
        keep(page, &view, arguments.date.as_deref())?;
    }
    if let Some(path) = &arguments.output {
        std::fs::write(path, &out).with_context(|| format!("cannot write {}", path.display()))?;
        out = String::new();
    }
    Ok((out, if fails(&report, arguments.fail_on) { PAST_THRESHOLD } else { 0 }))
}

fn options(arguments: &Arguments) -> Result<Options> {
    let read = |path: &Path| -> Result<(String, String)> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok((path.display().to_string(), text))
    };
    let mut options = Options::default();
    if let Some(path) = &arguments.levels {
        let (name, text) = read(path)?;
        options.levels = parse_levels(&name, &text)?;
    }
    if let Some(path) = &arguments.ignore {
        let (name, text) = read(path)?;
        options.ignores = parse_ignores(&name, &text)?;
    }
    options.audience = match arguments.view {
        View::Client => Audience::Client,
        View::Server => Audience::Server,
    };
    Ok(options)
}

/// The report as it is, with what was compared.
fn json(view: &render::ReportView, report: &Report, options: &Options) -> Result<String> {
    #[derive(Serialize)]
    struct FullReport<'a> {
        old: &'a str,
        new: &'a str,
        audience: Audience,
        #[serde(flatten)]
        report: &'a Report,
    }
    let whole = FullReport { old: &view.old, new: &view.new, audience: options.audience, report };
    Ok(serde_json::to_string_pretty(&whole)? + "\n")
}

/// Puts an entry into the page of changes, if there is something to tell.
fn keep(page: &Path, view: &render::ReportView, date: Option<&str>) -> Result<()> {
    let date = date.map_or_else(clock::today, str::to_owned);
    let Some(entry) = render::changelog_entry(view, &date) else { return Ok(()) };
    let known = match std::fs::read_to_string(page) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        known => known.with_context(|| format!("cannot read {}", page.display()))?,
    };
    std::fs::write(page, render::changelog(&known, &entry)).with_context(|| format!("cannot write {}", page.display()))
}

fn fails(report: &Report, fail_on: FailOn) -> bool {
    let worst = report.worst();
    match fail_on {
        FailOn::Breaking => worst == Some(Level::Breaking),
        FailOn::Risky => worst.is_some_and(|level| level <= Level::Risky),
        FailOn::Never => false,
    }
}
