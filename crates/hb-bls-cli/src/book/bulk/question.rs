//! The confirmation of a bulk run.

use anyhow::Result;
use hb_bls::HoldDetails;

use super::{preview::Preview, task::Task};
use crate::{
    book::{candidates, people_are, preflight::for_when},
    prompt,
    report::{Failure, Kind},
};

/// Asks whether it is right so, on a terminal. Elsewhere a shortage must have been forecast, and so must people who are booked
/// already. If nobody can be paid for, there is nothing to ask. `holds` are in the way.
pub fn settle<'a>(
    task: &Task,
    preview: &Preview,
    doubled: usize,
    holds: impl Iterator<Item = &'a HoldDetails>,
) -> Result<()> {
    if preview.open == 0 {
        return Ok(());
    }
    let shortages = preview.shortages();
    let asks = !task.yes && task.can_ask();
    let is_too_short = preview.is_too_short(task.partial || asks);
    if !asks || is_too_short {
        let mut reasons = Vec::new();
        reasons.extend((doubled > 0).then(|| format!("{} booked already", people_are(doubled))));
        reasons.extend(shortages.into_iter().filter(|_| is_too_short));
        if reasons.is_empty() {
            return Ok(());
        }
        let failure = Failure::new(Kind::Rejected, format!("{}; nothing was booked", reasons.join(", ")));
        let hint = match (doubled, preview.payable) {
            (0, 0) => "nobody can be paid for; run the same command again once there are credits or money",
            (0, _) => "--partial books as many as can be paid for",
            _ => "--skip-booked leaves them out; --allow-duplicates books them again",
        };
        return Err(failure.hint(hint).into());
    }
    let mut questions = Vec::new();
    if doubled > 0 {
        questions.push(format!("Book {}, although {} booked already?", candidates(preview.open), people_are(doubled)));
    }
    if !shortages.is_empty() {
        let payable = candidates(preview.payable);
        questions.push(format!("{}. Book the {payable} who can be paid for?", shortages.join(", ")));
    }
    if questions.is_empty() {
        questions.push(format!("Book {}?", candidates(preview.open)));
    }
    questions.extend(holds.map(|hold| format!("Release the hold{}, which is in the way?", for_when(hold))));
    for question in questions {
        if !prompt::confirm(&question)? {
            return Err(Failure::new(Kind::Other, "nothing was booked").into());
        }
    }
    Ok(())
}
