//! Everything that would prevent or affect a run, as far as it can be known without changing anything.

use anyhow::Result;
use hb_bls::{Client, Course, HoldDetails};

use super::{
    account::Account,
    cancelled, duplicates, holds,
    input::Row,
    journal::{Journal, State},
    past,
    preview::Preview,
    task::Task,
};
use crate::{
    book::{
        field::Field,
        preflight::{self, Booked, Cause, Finding, Planned, RowToBook},
    },
    context::Context,
};

pub struct Forecast<'a> {
    pub preview: Preview,
    /// The rows that are still to be booked.
    pub wishes: Vec<RowToBook<'a>>,
    pub planned: Vec<Planned>,
    pub findings: Vec<Finding>,
    /// Whether the run would be refused for lack of credits or money.
    pub is_too_short: bool,
}

impl<'a> Forecast<'a> {
    pub async fn look(
        rows: &'a [Row],
        (client, courses): (&Client, &[Course]),
        task: &Task,
        context: &Context,
    ) -> Result<Self> {
        let (search, account) = (task.search.as_ref(), Account::of(context)?);
        let look = || Journal::peek(&task.journal, client, &account, rows, search);
        let recorded = look().await?;
        let mut states = recorded.clone();
        let cancelled = cancelled::find(client, &recorded, context.output()).await?;
        if task.rebook_cancelled {
            cancelled.iter().for_each(|row| states[*row] = State::Open);
        }
        let open = rows.iter().zip(&states).filter(|(_, state)| !state.is_done()).map(|(row, _)| &row.order);
        let mut booked = Booked::read(client, open, task.now.date()).await?;
        let mut doubled = match task.allow_duplicates {
            true => Vec::new(),
            false => duplicates::find(&mut booked, rows, &states, &recorded, look()).await?,
        };
        if task.skip_booked {
            duplicates::skip(std::mem::take(&mut doubled), &booked, rows, &mut states);
        }
        let preview = Preview::new(rows, &states, courses, client).await?;
        let open = rows.iter().zip(&states).filter(|(_, state)| !state.is_done());
        // that there is no such course is said already
        let is_offered = |row: &Row| courses.iter().any(|course| course.id == row.order.course_id);
        let wishes: Vec<_> = open
            .filter(|(row, _)| is_offered(row))
            .map(|(row, state)| RowToBook { line: Some(row.line), order: &row.order, is_begun: *state == State::Begun })
            .collect();
        let is_doubled = |wish: &RowToBook<'_>| doubled.iter().any(|row| Some(rows[*row].line) == wish.line);
        let mut findings = booked.findings(&wishes, is_doubled);
        let past = past::find(rows, &states, task);
        findings.extend(
            past.into_iter()
                .map(|(line, why)| Finding::error(Some(line), Some(Field::Date.name()), why).because(Cause::Values)),
        );
        let rejected = rows.iter().zip(&states).filter_map(|(row, state)| match state {
            State::Rejected { reason, .. } => Some((row.line, reason)),
            _ => None,
        });
        findings.extend(rejected.map(|(line, reason)| {
            Finding::error(Some(line), None, format!("was rejected earlier: {reason}")).because(Cause::Rejected)
        }));
        let left = cancelled.iter().filter(|_| !task.rebook_cancelled);
        findings.extend(left.map(|row| {
            let problem = "was cancelled since; --rebook-cancelled books the candidate again";
            Finding::warning(Some(rows[*row].line), "booking", problem.to_owned())
        }));
        let own = if wishes.is_empty() { Vec::new() } else { preflight::own_holds(context)? };
        let (of_timeslots, planned) = preflight::findings(client, &wishes, search, &own).await?;
        // that nothing is free on a day that is past need not be said
        let is_past =
            |finding: &Finding| findings.iter().any(|other| other.cause == Cause::Values && other.line == finding.line);
        let of_timeslots: Vec<_> = of_timeslots.into_iter().filter(|finding| !is_past(finding)).collect();
        findings.extend(of_timeslots);
        let wanted_by = |hold: &HoldDetails| holds::wanted_by(hold, rows, &states);
        findings.extend(preflight::holds(own.iter().filter(|hold| wanted_by(hold).is_none())));
        findings.extend(own.iter().filter_map(wanted_by).map(|row| {
            let problem = "is for this timeslot; the run releases it and books the timeslot";
            Finding::warning(Some(rows[row].line), "hold", problem.to_owned())
        }));
        findings.sort_by_key(|finding| (finding.line.is_none(), finding.line));
        let is_too_short = preview.is_too_short(task.partial);
        Ok(Self { preview, wishes, planned, findings, is_too_short })
    }
}
