//! `hb-bls book --check`: what a run would meet, row by row. Nothing is changed.

use std::collections::HashMap;

use anyhow::Result;
use serde::Serialize;

use super::{
    input::{CandidateFile, Row},
    journal::{Journal, State},
    preview::Preview,
    task::{Task, account},
};
use crate::{
    book::{
        candidates,
        outlook::{self, Booked, Cost, Finding, Wish},
    },
    context::Context,
    output::Format,
    report::{Failure, Kind, Report},
};

/// Everything, as one JSON document.
#[derive(Serialize)]
struct Checked<'a> {
    rows: usize,
    errors: usize,
    warnings: usize,
    costs: &'a [Cost],
    findings: &'a [Finding],
}

/// Looks at the file, the journal and the portal. The exit code says whether there are errors.
pub async fn check(task: &Task, context: &Context) -> Result<()> {
    let output = context.output();
    let (mut file, asked) = task.look(context).await?;
    for line in &file.understood {
        output.notice(line);
    }
    let mut findings = of_file(&mut file);
    let (mut costs, mut summary) = (Vec::new(), Vec::new());
    // a file with errors is checked without the portal, too
    let asked = match asked {
        Err(error) if findings.iter().any(Finding::is_error) => {
            let why = Report::of(&error).reason();
            output.notice(&format!("credits, timeslots and bookings were not checked: {why}"));
            None
        }
        asked => Some(asked?),
    };
    if let Some((client, courses)) = asked {
        let (rows, search) = (&file.rows, task.search.as_ref());
        let states = Journal::peek(&task.journal, &client, &account(context)?, rows, search).await?;
        let preview = Preview::new(rows, &states, &courses, &client).await?;
        (costs, summary) = (preview.costs, preview.text);
        let open = rows.iter().zip(&states).filter(|(_, state)| **state == State::Open);
        let wishes: Vec<_> =
            open.map(|(row, _)| Wish { line: Some(row.line), order: &row.order, is_begun: false }).collect();
        let booked = Booked::read(&client, wishes.iter().map(|wish| wish.order), context).await?;
        findings.extend(outlook::findings(&client, &wishes, search, &booked).await?.0);
    }
    findings.sort_by_key(|finding| (finding.line, finding.level));
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let (errors, warnings) = (count("error"), count("warning"));
    if output.format() == Format::Json {
        output.json(&Checked { rows: file.rows.len(), errors, warnings, costs: &costs, findings: &findings })?;
    } else {
        output.list(&findings, "")?;
        for line in &summary {
            output.notice(line);
        }
        let several =
            |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
        let sum = format!(
            "{} without errors, {}, {}",
            candidates(file.rows.len()),
            several(errors, "error"),
            several(warnings, "warning")
        );
        output.notice(&format!("{sum}; nothing was booked"));
    }
    if errors > 0 {
        let failure = Failure::new(Kind::Usage, format!("{} cannot be booked as it is", task.from.display()));
        return Err(failure.hint("correct the errors above in the file and check it again").into());
    }
    Ok(())
}

/// What is wrong with the file itself, and what may be.
fn of_file(file: &mut CandidateFile) -> Vec<Finding> {
    let problems = std::mem::take(&mut file.problems).into_iter().map(|(place, problem)| match place {
        Some((line, column)) => Finding::error(Some(line), Some(&column), problem),
        None => Finding::error(None, None, problem),
    });
    let doubts = file.rows.iter().flat_map(|row| {
        let doubts = row.order.doubts.iter();
        doubts.map(|(field, doubt)| Finding::warning(Some(row.line), field.name(), doubt.clone()))
    });
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
