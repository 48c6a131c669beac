//! What a booking would meet, as far as it can be known without changing anything.

mod booked;
mod cost;
mod finding;
mod planned;
mod portal;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
pub use booked::Booked;
pub use cost::{Cost, costs};
pub use finding::Finding;
use hb_bls::HoldDetails;
pub use planned::Plan;
use planned::Planned;
pub use portal::findings;

use super::fields::Order;
use crate::{
    clock,
    context::Context,
    report::{Failure, Kind},
    when,
};

/// An order, with the line of the file that it is from.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    pub line: Option<usize>,
    pub order: &'a Order,
    /// Whether a run has begun to book it. It may have its timeslot already.
    pub is_begun: bool,
}

/// What findings about holds are of.
const HOLD: &str = "hold";

/// What findings about orders are of for which there is no timeslot, so that none is held.
const TIMESLOT: &str = "timeslot";

/// The holds of the account that this command has made and that are in the way of others. Of other holds nothing is known:
/// the portal does not list them.
pub fn holds(context: &Context) -> Result<Vec<Finding>> {
    let holds = context.kept_holds()?.list(clock::now()).context("cannot read which holds there are")?;
    let finding = |hold: HoldDetails| {
        let slot = hold.slot.map(|slot| format!(" for {}", when::moment(slot.date, slot.time)));
        let (slot, hash) = (slot.unwrap_or_default(), hold.hold_hash);
        let problem = format!(
            "there is one{slot}: `hb-bls book --hold {hash}` books it, and `hb-bls holds release {hash}` releases it"
        );
        Finding::error(None, Some(HOLD), problem)
    };
    Ok(holds.into_iter().map(finding).collect())
}

/// Says what was found and what it costs, and fails as the booking would. `before`: for what reasons it would not get as far
/// as a hold.
pub fn tell(plan: &Plan, text: &[String], before: Vec<String>, context: &Context) -> Result<()> {
    let output = context.output();
    if !plan.is_shown_whole(output) {
        for finding in &plan.findings {
            output.notice(&finding.text());
        }
        for line in text.iter().cloned().chain(plan.costs.iter().filter_map(Cost::unknown)) {
            output.notice(&line);
        }
    }
    let holds = plan.findings.iter().filter(|finding| finding.is_of(HOLD)).count();
    let errors = || plan.findings.iter().filter(|finding| finding.is_error() && !finding.is_of(HOLD));
    let lines: BTreeSet<_> = errors().map(|finding| finding.line).collect();
    let meets_holds = before.is_empty() && !errors().any(|finding| finding.is_of(TIMESLOT));
    let mut reasons = before;
    if holds > 0 {
        reasons.push("the account has an active hold, and can have one at a time".to_owned());
    }
    if !lines.is_empty() {
        reasons.push(format!("{} cannot be booked as things are", super::candidates(lines.len())));
    }
    let shortages: Vec<_> =
        plan.costs.iter().filter_map(Cost::shortage).filter(|short| !reasons.contains(short)).collect();
    reasons.extend(shortages);
    if reasons.is_empty() {
        output.note("nothing was booked");
        return Ok(());
    }
    let kind = if holds > 0 && meets_holds { Kind::Conflict } else { Kind::Rejected };
    let failure = Failure::new(kind, format!("{}; nothing was booked", reasons.join(", ")));
    Err(failure.hint("the same command without --dry-run would meet this, too").into())
}
