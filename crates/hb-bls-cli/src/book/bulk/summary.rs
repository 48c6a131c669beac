//! The end of a run: its outcome, and how to continue.

use anyhow::Result;

use super::{results, runner::End, task::Task};
use crate::{
    book::candidates,
    context::Context,
    report::{Failure, Kind, Report},
};

const GO_ON: &str = "run the same command again to continue";
const ONCE_PAID: &str = "run the same command again once there are credits or money";

/// `later` is how many of the rejected rows a later run may book.
pub fn verdict(end: End, outcomes: &[results::Outcome], later: usize, task: &Task, context: &Context) -> Result<()> {
    let count = |outcome| results::count(outcomes, outcome);
    let (booked, rejected) = (count("booked"), count("rejected"));
    let open = count("failed") + count("left");
    let cancelled = match count("cancelled") {
        0 => String::new(),
        cancelled => {
            context.output().notice("--rebook-cancelled books those again whose booking was cancelled since");
            format!(", {cancelled} booked and cancelled since")
        }
    };
    let skipped = match count("skipped") {
        0 => String::new(),
        skipped => format!(", {skipped} booked already"),
    };
    let unpaid = outcomes.iter().filter(|outcome| outcome.is_unpaid()).count();
    let unpaid_for = if unpaid > 0 { format!(" ({unpaid} cannot be paid for)") } else { String::new() };
    let sum = format!(
        "{booked} of {} booked, {rejected} rejected{cancelled}{skipped}, {open} left{unpaid_for}",
        candidates(outcomes.len())
    );
    let failed = match end {
        End::Stopped => return Err(Failure::new(Kind::Interrupted, format!("stopped: {sum}")).hint(GO_ON).into()),
        End::Failed(error) => Some(error),
        End::Done => None,
    };
    // everything else can be put right by running the command again
    if rejected > 0 {
        let why = failed.map(|error| format!("; {}", Report::of(&error).reason())).unwrap_or_default();
        let mut hints = Vec::new();
        if later < rejected {
            hints.push(match task.is_known_by_content() {
                false => "correct the rejected rows in the same file and run the same command again",
                true => "correct the rejected rows and book them alone; --failed writes them to a file",
            });
        }
        if later > 0 {
            hints.push(
                "run the same command again to retry rows that failed for lack of credits, funds or a timeslot, or because \
                 of the portal",
            );
        }
        if open > unpaid {
            hints.push(GO_ON);
        } else if unpaid > 0 && later == 0 {
            hints.push(ONCE_PAID);
        }
        let hint = hints.join("; ");
        return Err(Failure::new(Kind::Rejected, format!("{sum}{why}")).hint(hint).into());
    }
    if unpaid > 0 && failed.is_none() {
        return Err(Failure::new(Kind::Rejected, sum).hint(if open > unpaid { GO_ON } else { ONCE_PAID }).into());
    }
    match failed {
        Some(error) => Err(error.context(format!("{sum}; {GO_ON}"))),
        None if open == 0 => {
            context.output().notice(&sum);
            Ok(())
        }
        None => Err(Failure::new(Kind::Network, sum).hint(format!("the results say why; {GO_ON}")).into()),
    }
}
