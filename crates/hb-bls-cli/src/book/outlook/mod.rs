//! What a booking would meet, as far as it can be known without changing anything.

mod cost;
mod finding;
mod planned;
mod portal;

use std::collections::BTreeSet;

use anyhow::Result;
pub use cost::{Cost, costs};
pub use finding::Finding;
pub use planned::Plan;
use planned::Planned;
pub use portal::findings;

use super::fields::Order;
use crate::{
    context::Context,
    report::{Failure, Kind},
};

/// An order, with the line of the file that it is from.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    pub line: Option<usize>,
    pub order: &'a Order,
}

/// Says what was found and what it costs, and fails as the booking would. With `partial`, too little credit or money is no
/// failure.
pub fn tell(plan: &Plan, text: &[String], partial: bool, context: &Context) -> Result<()> {
    let output = context.output();
    if !plan.is_shown_whole(output) {
        for finding in &plan.findings {
            output.notice(&finding.text());
        }
        for line in text.iter().cloned().chain(plan.costs.iter().filter_map(Cost::unknown)) {
            output.notice(&line);
        }
    }
    let errors = plan.findings.iter().filter(|finding| finding.is_error());
    let lines: BTreeSet<_> = errors.map(|finding| finding.line).collect();
    let mut reasons = Vec::new();
    if !lines.is_empty() {
        reasons.push(format!("{} cannot be booked as things are", super::people(lines.len())));
    }
    if !partial {
        reasons.extend(plan.costs.iter().filter_map(Cost::shortage));
    }
    if reasons.is_empty() {
        output.note("nothing was booked");
        return Ok(());
    }
    let failure = Failure::new(Kind::Rejected, format!("{}; nothing was booked", reasons.join(", ")));
    Err(failure.hint("the same command without --dry-run would meet this, too").into())
}
