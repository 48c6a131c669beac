//! `hb-bls doctor`: compares what the portal answers with the document that this command was built from.

mod assumptions;
mod calls;
mod check;
mod document;
mod evidence;
mod place;
mod reach;
mod report;
mod row;
mod verdict;
mod walk;

use anyhow::{Context as _, Result};
use calls::Asked;
use check::Checker;
use document::Document;
use hb_bls::raw::Operation;
use row::Row;

use crate::{
    context::Context,
    output::{Format, fit, width},
    report::{Failure, Kind},
};

/// Compare the portal's answers with the API document
///
/// Makes the calls that only read, one each, and checks every answer against the document that this command was built
/// from: what the answers hold that it does not know, what they lack, what contradicts it, and which of its assumptions
/// they confirm or refute. Names of fields and types are printed, values never, but for short words of a status.
///
/// Ends with 0 if nothing contradicts the document, even if there is more or less in the answers than it says, and with
/// 1 if something does. Operations that change something are not called, so nothing is said about them.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Checks and tells.
pub async fn run(_: Args, context: &Context) -> Result<()> {
    let document = Document::load()?;
    let asked = calls::make(&context.client()?).await;
    let mut checker = Checker::new(&document);
    for call in &asked {
        for answer in &call.answers {
            checker.answer(call.operation, answer)?;
        }
    }
    let (findings, evidence) = checker.finish();
    let violated = findings.iter().filter(|finding| finding.kind.is_violation()).count();
    let called: Vec<Operation> = calls::operations(&document);
    let judged = verdict::judge(&assumptions::load(&document)?, &document, &evidence, &called);
    let failure = asked.iter().find_map(Asked::failure);
    if failure.is_none() || asked.iter().any(|call| !call.answers.is_empty()) {
        let rows = row::rows(&asked, &called, findings, judged);
        match context.output().format() {
            Format::Table => context.output().text(&fit::lines(&report::text(&rows), width()))?,
            _ => context.output().list::<Row>(&rows, "")?,
        }
    }
    if violated > 0 {
        let places = if violated == 1 { "place" } else { "places" };
        let message = format!("the portal's answers contradict the document in {violated} {places}");
        return Err(Failure::new(Kind::Other, message)
            .hint("look for a newer hb-bls; if there is none, report what is printed above: it holds no values")
            .into());
    }
    match failure {
        Some((operation, error)) => Err(error.clone()).with_context(|| format!("cannot check {}", operation.id())),
        None => Ok(()),
    }
}
