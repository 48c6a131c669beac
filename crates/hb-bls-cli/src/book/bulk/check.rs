//! `hb-bls book --check`: what would prevent or affect a run, row by row. Nothing is changed.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;

use super::{duplicates, forecast::Forecast, input::CandidateFile, preview::Preview, task::Task};
use crate::{
    book::{
        candidates,
        preflight::{self, Cause, Cost, Finding},
    },
    context::Context,
    output::{Format, Output, sanitise, wrap},
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
    // a file with errors is checked without the portal, too
    let asked = match asked {
        Err(error) if findings.iter().any(Finding::is_error) => {
            let why = Report::of(&error).reason();
            output.notice(&format!("credits, timeslots and bookings were not checked: {why}"));
            None
        }
        asked => Some(asked?),
    };
    let (mut costs, mut summary, mut is_too_short) = (Vec::new(), Vec::new(), false);
    if let Some((client, courses)) = asked {
        let forecast = Forecast::look(&file.rows, (&client, &courses), task, context).await?;
        findings.extend(forecast.findings);
        findings.extend(short(&forecast.preview, task.partial));
        (costs, summary, is_too_short) = (forecast.preview.costs, forecast.preview.text, forecast.is_too_short);
    }
    findings.sort_by_key(|finding| (finding.line, finding.level));
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let (errors, warnings) = (count("error"), count("warning"));
    if output.format() == Format::Json {
        output.json(&Checked { rows: file.rows.len(), errors, warnings, costs: &costs, findings: &findings })?;
    } else {
        print(&findings, output)?;
        for line in &summary {
            output.notice(line);
        }
        let with_error = findings.iter().filter(|finding| finding.is_error());
        let wrong: BTreeSet<_> = with_error.filter_map(|finding| finding.line).collect();
        // a row that cannot be understood is not among the rows
        let right = file.rows.iter().map(|row| row.line).filter(|line| !wrong.contains(line)).count();
        let several =
            |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
        let sum = format!(
            "{} of {} without errors, {}, {}",
            right,
            candidates(right + wrong.len()),
            several(errors, "error"),
            several(warnings, "warning")
        );
        output.notice(&format!("{sum}; nothing was booked"));
    }
    if findings.iter().any(|finding| finding.is_error() && finding.cause == Cause::Values) {
        let failure = Failure::new(Kind::Usage, format!("{} cannot be booked as it is", task.from));
        return Err(failure.hint("correct the errors above in the file and check it again").into());
    }
    match preflight::refusal(&findings, &costs, is_too_short, "--check") {
        Some(failure) => Err(failure.into()),
        None => Ok(()),
    }
}

/// A table, and below it once what is found in many lines.
fn print(findings: &[Finding], output: Output) -> Result<()> {
    if output.format() != Format::Table {
        return output.list(findings, "");
    }
    let (single, many) = preflight::split_large_groups(findings);
    output.list(&single, "")?;
    many.iter().try_for_each(|line| Ok(output.text(&wrap::lines(&sanitise::line(line), wrap::width()))?))
}

/// That credits or money are short, which `--partial` accepts as long as somebody can be paid for.
fn short(preview: &Preview, partial: bool) -> Vec<Finding> {
    let finding = |shortage: String| {
        let payable = candidates(preview.payable);
        let text = match preview.payable {
            0 => format!("{shortage}; nobody can be paid for"),
            _ if partial => format!("{shortage}; {payable} can be paid for, and the others are left"),
            _ => format!("{shortage}; --partial books the {payable} who can be paid for"),
        };
        Finding::error(None, Some("pay_option"), text).because(Cause::Shortage)
    };
    preview.shortages().into_iter().map(finding).collect()
}

/// What is wrong with the file itself, and what may be.
fn of_file(file: &mut CandidateFile) -> Vec<Finding> {
    let problems = std::mem::take(&mut file.problems).into_iter().map(|(place, problem)| match place {
        Some((line, column)) => Finding::error(Some(line), Some(&column), problem).because(Cause::Values),
        None => Finding::error(None, None, problem).because(Cause::Values),
    });
    let doubts = file.rows.iter().flat_map(|row| {
        let doubts = row.order.doubts.iter();
        doubts.map(|(field, doubt)| Finding::warning(Some(row.line), field.name(), doubt.clone()))
    });
    problems.collect::<Vec<_>>().into_iter().chain(doubts).chain(duplicates::in_file(&file.rows)).collect()
}
