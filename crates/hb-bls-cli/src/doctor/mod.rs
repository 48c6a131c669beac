//! `hb-bls doctor`: compares the portal's responses with the document that this command was built from.

mod assumptions;
mod calls;
mod check;
mod document;
mod evidence;
mod report;
mod row;

use anyhow::{Context as _, Result};
use calls::CallResult;
use check::{Checker, Kind as Finding};
use row::Row;

use crate::{
    context::Context,
    output::{Format, width, wrap},
    report::{Failure, Kind},
};

/// Compare the portal's responses with the API document
///
/// Makes each call that only reads once, and checks every response against the document that this command was built from:
/// what the responses have that it does not know, what they lack, and what contradicts it. Names of fields and types are
/// printed, but no values except short words such as a status.
///
/// Ends with 0 if nothing contradicts the document, even if the responses have more or less than it says, and with 1 if
/// something does. Operations that change something are not called, so nothing is said about them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also show which of the document's assumptions the responses confirm or refute
    #[arg(long)]
    assumptions: bool,
}

/// Checks the responses and shows what was found.
pub async fn run(args: Args, context: &Context) -> Result<()> {
    let results = calls::make(&context.client()?).await;
    let mut checker = Checker::default();
    for call in &results {
        for response in &call.responses {
            checker.response(call.operation, response)?;
        }
    }
    let (findings, evidence) = checker.finish();
    let violated = findings.iter().filter(|finding| finding.kind == Finding::Violation).count();
    let called = calls::operations();
    let assumptions = if args.assumptions { assumptions::judge(&evidence, &called)? } else { Vec::new() };
    let failure = results.iter().find_map(CallResult::failure);
    if failure.is_none() || results.iter().any(|call| !call.responses.is_empty()) {
        let rows = row::rows(&results, &called, findings, assumptions);
        match context.output().format() {
            Format::Table => context.output().text(&wrap::lines(&report::text(&rows), width()))?,
            _ => context.output().list::<Row>(&rows, "")?,
        }
    }
    if violated > 0 {
        let places = if violated == 1 { "place" } else { "places" };
        let message = format!("the portal's responses contradict the document in {violated} {places}");
        return Err(Failure::new(Kind::Other, message)
            .hint("look for a newer hb-bls; if there is none, report what is printed above, which holds no values")
            .into());
    }
    match failure {
        Some((operation, error)) => Err(error.clone()).with_context(|| format!("cannot check {}", operation.id())),
        None => Ok(()),
    }
}
