//! Checks before a booking: what would prevent or affect it, as far as it can be known without changing anything.

mod booked;
mod cost;
mod finding;
mod funds;
mod planned;
mod portal;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
pub use booked::{Booked, already};
pub use cost::{Cost, costs};
pub use finding::{Cause, Finding, sentences, split_large_groups};
pub use funds::Funds;
use hb_bls::HoldDetails;
pub use planned::{Plan, Planned};
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
pub struct RowToBook<'a> {
    pub line: Option<usize>,
    pub order: &'a Order,
    /// Whether a run has begun to book it. It may have its timeslot already.
    pub is_begun: bool,
}

/// The holds of the account that this command has made. Of other holds nothing is known: the portal does not list them.
pub fn own_holds(context: &Context) -> Result<Vec<HoldDetails>> {
    context.kept_holds()?.list(clock::now()).context("cannot read which holds there are")
}

/// The same for what can be booked without knowing them.
pub fn own_holds_if_known(context: &Context) -> Vec<HoldDetails> {
    own_holds(context).unwrap_or_else(|error| {
        context.output().notice(&format!("{error:#}"));
        Vec::new()
    })
}

/// Whether a hold is of the timeslot that an order names.
pub fn is_of(hold: &HoldDetails, order: &Order) -> bool {
    hold.slot.as_ref().is_some_and(|slot| {
        order.at == Some((slot.date, slot.time))
            && slot.course.as_ref().is_none_or(|course| course.id == order.course_id)
    })
}

/// When the timeslot of a hold is, as ` for ...`, if that is known.
pub fn for_when(hold: &HoldDetails) -> String {
    let slot = hold.slot.as_ref();
    slot.map(|slot| format!(" for {}", when::moment(slot.date, slot.time))).unwrap_or_default()
}

/// Holds that are in the way of others.
pub fn holds<'a>(holds: impl IntoIterator<Item = &'a HoldDetails>) -> Vec<Finding> {
    let finding = |hold: &'a HoldDetails| {
        let (slot, hash) = (for_when(hold), &hold.hold_hash);
        let problem = format!(
            "there is one{slot}: `hb-bls book --hold {hash}` books it, and `hb-bls holds release {hash}` releases it"
        );
        Finding::error(None, Some("hold"), problem).because(Cause::Hold)
    };
    holds.into_iter().map(finding).collect()
}

/// Why the booking would fail, if it would. `short`: whether a shortage keeps it from the start, and not only those who
/// cannot be paid for. `flag` is what shows it.
pub fn refusal(findings: &[Finding], costs: &[Cost], short: bool, flag: &str) -> Option<Failure> {
    let errors = || findings.iter().filter(|finding| finding.is_error());
    let lines = |causes: &[Cause]| {
        let found = errors().filter(|finding| causes.contains(&finding.cause));
        found.map(|finding| finding.line).collect::<BTreeSet<_>>().len()
    };
    let shortages: Vec<_> = costs.iter().filter_map(Cost::shortage).collect();
    let (booked, rejected) = (lines(&[Cause::Booked]), lines(&[Cause::Rejected]));
    let mut reasons = Vec::new();
    reasons.extend((booked > 0).then(|| format!("{} booked already", super::people_are(booked))));
    if short {
        reasons.extend(shortages.clone());
    }
    reasons.extend((rejected > 0).then(|| format!("{} rejected earlier", super::candidates(rejected))));
    let meets_holds = reasons.is_empty() && lines(&[Cause::Timeslot]) == 0;
    let holds = lines(&[Cause::Hold]) > 0;
    reasons.extend(holds.then(|| "the account has an active hold, and can have one at a time".to_owned()));
    let others = lines(&[Cause::Values, Cause::Portal, Cause::Timeslot]);
    reasons.extend((others > 0).then(|| format!("{} cannot be booked as things are", super::candidates(others))));
    if !short {
        reasons.extend(shortages);
    }
    if reasons.is_empty() {
        return None;
    }
    let kind = match lines(&[Cause::Values]) {
        0 if holds && meets_holds => Kind::Conflict,
        0 => Kind::Rejected,
        _ => Kind::Usage,
    };
    let failure = Failure::new(kind, format!("{}; nothing was booked", reasons.join(", ")));
    Some(failure.hint(format!("the same command without {flag} would fail in the same way")))
}

/// Says what was found and what it costs, and fails as the booking would.
pub fn tell(plan: &Plan, text: &[String], short: bool, context: &Context) -> Result<()> {
    let output = context.output();
    if !plan.is_shown_whole(output) {
        for line in sentences(&plan.findings) {
            output.notice(&line);
        }
        for line in text.iter().cloned().chain(plan.costs.iter().filter_map(Cost::unknown)) {
            output.notice(&line);
        }
    }
    match refusal(&plan.findings, &plan.costs, short, "--dry-run") {
        Some(failure) => Err(failure.into()),
        None => {
            output.note("nothing was booked");
            Ok(())
        }
    }
}
