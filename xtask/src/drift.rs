//! `cargo xtask drift`: what a changed document means for users of `hb-bls`.
//!
//! `sources` finds the two states, `report` compares them by `openapi-drift` and adds to each change where it comes
//! from (`origin`) and what it touches ([`affected_types`], [`facade`]); `openapi-drift` writes that down. `bump` says which
//! version of `hb-bls-gen` that makes.

pub mod affected_types;
pub mod bump;
pub mod command;
pub mod facade;
mod origin;
mod report;
mod sources;

pub use command::options;
pub use origin::Origin;
pub use report::{Item, Report, documents, states};
pub use sources::{State, state, work_tree};

use anyhow::Result;
use openapi_drift::render;

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
    /// For services that show test results
    Junit,
    /// One page that needs no other file
    Html,
}

/// The report in a format.
pub fn write(report: &Report, format: Format) -> Result<String> {
    Ok(match format {
        Format::Text => render::text(&report.view()),
        Format::Markdown => render::markdown(&report.view()),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
        Format::Github => render::github(&report.view()),
        Format::Junit => render::junit(&report.view()),
        Format::Html => render::html(&report.view()),
    })
}
