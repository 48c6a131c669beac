//! `hb-bls book --from FILE --dry-run`: what a run would do and meet, row by row. Nothing is changed.

use std::collections::HashMap;

use anyhow::Result;

use super::{
    cancelled,
    input::{CandidateFile, Row},
    journal::{Journal, State},
    preview::Preview,
    task::{Task, account},
};
use crate::{
    book::plan::{self, Finding, Plan, Wanted},
    context::Context,
    report::{Kind, Report},
};

/// Looks at the file, the journal and the portal. The exit code is that of the run.
pub async fn dry_run(task: &Task, context: &Context) -> Result<()> {
    let output = context.output();
    let (mut file, asked) = task.look(context).await?;
    for line in &file.understood {
        output.notice(line);
    }
    let mut findings = of_file(&mut file);
    let has_errors = findings.iter().any(Finding::is_error);
    // a file with errors is checked without the portal, too
    let asked = match asked {
        Err(error) if has_errors => {
            let why = Report::of(&error).reason();
            output.notice(&format!("credits, timeslots and bookings were not checked: {why}"));
            None
        }
        asked => Some(asked?),
    };
    let (rows, search) = (&file.rows, task.search.as_ref());
    let Some((client, courses)) = asked else {
        let wanted: Vec<_> = rows.iter().map(|row| wanted(row, &State::Open)).collect();
        let at: Vec<_> = rows.iter().map(|row| row.order.at).collect();
        return Plan::new(&wanted, &at, findings, Vec::new()).show(&[], &failed(task), context);
    };
    let mut states = Journal::peek(&task.journal, &client, &account(context)?, rows, search).await?;
    if task.rebook_cancelled {
        for row in cancelled::find(&client, &states, output).await? {
            states[row] = State::Open;
        }
    }
    let preview = Preview::new(rows, &states, &courses, &client).await?;
    let shortages: Vec<_> = plan::shortages(&preview.costs).collect();
    // a run that is short of something does not begin, unless it may book a part
    let (before, after) = if task.partial { (Vec::new(), shortages) } else { (shortages, Vec::new()) };
    findings.extend(before);
    let rejected = rows.iter().zip(&states).filter_map(|(row, state)| match state {
        State::Rejected { reason, .. } => Some(Finding::error(Kind::Rejected, Some(row.line), None, reason.clone())),
        _ => None,
    });
    findings.extend(rejected);
    let open = rows.iter().zip(&states).filter(|(_, state)| !state.is_done());
    let wanted: Vec<_> = open.map(|(row, state)| wanted(row, state)).collect();
    let looked = plan::look(&client, &wanted, &courses, search, context).await?;
    findings.extend(looked.findings);
    findings.extend(after);
    let Preview { costs, text, .. } = preview;
    Plan::new(&wanted, &looked.at, findings, costs).show(&text, &failed(task), context)
}

fn wanted<'a>(row: &'a Row, state: &State) -> Wanted<'a> {
    Wanted { line: Some(row.line), order: &row.order, is_open: *state == State::Open }
}

fn failed(task: &Task) -> String {
    format!("{} cannot be booked as it is; nothing was booked", task.from.display())
}

/// What is wrong with the file itself, and what may be.
fn of_file(file: &mut CandidateFile) -> Vec<Finding> {
    let problems = std::mem::take(&mut file.problems).into_iter().map(|(place, problem)| match place {
        Some((line, column)) => Finding::error(Kind::Usage, Some(line), Some(&column), problem),
        None => Finding::error(Kind::Usage, None, None, problem),
    });
    let doubts = file.rows.iter().flat_map(|row| plan::doubts(Some(row.line), &row.order));
    problems.collect::<Vec<_>>().into_iter().chain(doubts).chain(twice(&file.rows)).collect()
}

/// People who are in the file more than once, for different trainings.
fn twice(rows: &[Row]) -> Vec<Finding> {
    let mut seen = HashMap::new();
    let mut findings = Vec::new();
    for row in rows {
        let person = (row.order.course_id, row.order.details.email.to_lowercase());
        match seen.get(&person) {
            Some(other) => {
                let problem = format!("is also that of line {other}, for the same course");
                findings.push(Finding::warning(Some(row.line), "email", problem));
            }
            None => drop(seen.insert(person, row.line)),
        }
    }
    findings
}
