//! `hb-bls book --check`: what a run would meet, row by row. Nothing is changed.

mod portal;

use std::collections::HashMap;

use anyhow::Result;
use hb_bls::Client;
use serde::Serialize;

use super::{
    cost::Cost,
    input::{CandidateFile, Row},
    journal::{Journal, State},
    preview::{Preview, people},
    task::{Task, account},
};
use crate::{
    clock,
    context::Context,
    output::{Column, Format, Record, text},
    report::{Failure, Kind, Report},
};

/// Something about a row, or about the flags.
#[derive(Debug, Serialize)]
pub struct Finding {
    line: Option<usize>,
    /// `error`: the row cannot be booked. `warning`: it can, and may be wrong.
    level: &'static str,
    column: Option<String>,
    problem: String,
}

impl Finding {
    fn error(line: usize, column: &str, problem: String) -> Self {
        Self { line: Some(line), level: "error", column: Some(column.to_owned()), problem }
    }

    fn warning(line: usize, column: &str, problem: String) -> Self {
        Self { level: "warning", ..Self::error(line, column, problem) }
    }

    /// In one line.
    fn text(&self) -> String {
        let line = self.line.map(|line| format!("line {line}, ")).unwrap_or_default();
        let column = self.column.as_ref().map(|column| format!("{column}: ")).unwrap_or_default();
        format!("{line}{column}{}", self.problem)
    }
}

impl Record for Finding {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |finding| text(finding.line.as_ref())),
        Column::new("level", |finding| finding.level.to_owned()),
        Column::new("column", |finding| text(finding.column.as_ref())),
        Column::whole("problem", |finding| finding.problem.clone()),
    ];
}

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
        Err(error) if findings.iter().any(|finding| finding.level == "error") => {
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
        let open: Vec<_> =
            rows.iter().zip(&states).filter(|(_, state)| **state == State::Open).map(|(row, _)| row).collect();
        findings.extend(portal::findings(&client, &open).await?);
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
            people(file.rows.len()),
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

/// Tells which of the rows that are to be booked are for people who are booked already, perhaps from another file.
pub async fn booked_already(client: &Client, rows: &[Row], states: &[State]) -> Vec<String> {
    let open: Vec<_> =
        rows.iter().zip(states).filter(|(_, state)| **state == State::Open).map(|(row, _)| row).collect();
    if open.is_empty() {
        return Vec::new();
    }
    // the other file may be of the same week
    let wanted = rows.iter().filter_map(|row| row.order.at.map(|(date, _)| date));
    let first = wanted.min().unwrap_or_else(clock::today);
    match portal::booked_already(client, &open, first).await {
        Ok(findings) => findings.iter().map(Finding::text).collect(),
        Err(error) => vec![format!("who is booked already was not checked: {}", Report::of(&error).reason())],
    }
}

/// What is wrong with the file itself, and what may be.
fn of_file(file: &mut CandidateFile) -> Vec<Finding> {
    let problems = std::mem::take(&mut file.problems).into_iter().map(|(place, problem)| match place {
        Some((line, column)) => Finding::error(line, &column, problem),
        None => Finding { line: None, level: "error", column: None, problem },
    });
    let doubts = file.rows.iter().flat_map(|row| {
        let doubts = row.order.doubts.iter();
        doubts.map(|(field, doubt)| Finding::warning(row.line, field.name(), doubt.clone()))
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
                findings.push(Finding::warning(row.line, "email", problem));
            }
            None => drop(seen.insert(person, row.line)),
        }
    }
    findings
}
