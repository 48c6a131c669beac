//! `cargo xtask drift`: what a changed document means for users of `hb-bls`.
//!
//! `sources` finds the two states, `report` compares them by `openapi-drift` and adds to each change where it comes
//! from (`origin`) and what it touches ([`touch`], [`facade`]); `text`, `markdown` and `github` write that down.

pub mod command;
pub mod facade;
mod github;
mod markdown;
mod origin;
mod report;
mod sources;
mod text;
pub mod touch;

pub use command::options;
pub use origin::Origin;
pub use report::{Item, Report, State, documents, states};
pub use sources::{state, work_tree};

pub(crate) use markdown::code;

use anyhow::Result;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal
    Text,
    /// For a comment on a pull request
    Markdown,
    /// For other programs
    Json,
    /// Annotations of a GitHub workflow
    Github,
}

/// The report in a format.
pub fn write(report: &Report, format: Format) -> Result<String> {
    Ok(match format {
        Format::Text => text::write(report),
        Format::Markdown => markdown::write(report),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
        Format::Github => github::write(report),
    })
}
