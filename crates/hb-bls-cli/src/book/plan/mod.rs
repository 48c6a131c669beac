//! `--dry-run`: what the real call would do and meet. Nothing is changed.

mod cost;
mod portal;

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _},
};

use anyhow::{Context as _, Result};
pub use cost::{Cost, costs};
use hb_bls::{Client, CourseId, Date, Time};
pub use portal::look;
use serde::Serialize;

use super::fields::{Field, Order, Search};
use crate::{
    context::Context,
    output::{self, Column, Format, Record, text},
    report::{Failure, Kind},
};

/// A booking that would be made.
pub struct Wanted<'a> {
    /// The line of the file.
    pub line: Option<usize>,
    pub order: &'a Order,
    /// Whether nothing has been begun. A timeslot of its own may be held otherwise.
    pub is_open: bool,
}

/// Something about a booking, or about all of them.
#[derive(Debug, Serialize)]
pub struct Finding {
    #[serde(skip)]
    line: Option<usize>,
    /// `error`: it would not be booked. `warning`: it would, and may be wrong.
    level: &'static str,
    column: Option<String>,
    problem: String,
    /// How the real call would end.
    #[serde(skip)]
    kind: Kind,
}

impl Finding {
    pub fn error(kind: Kind, line: Option<usize>, column: Option<&str>, problem: impl Into<String>) -> Self {
        let column = column.map(str::to_owned);
        Self { line, level: "error", column, problem: problem.into(), kind }
    }

    pub fn warning(line: Option<usize>, column: &str, problem: impl Into<String>) -> Self {
        Self { level: "warning", ..Self::error(Kind::Other, line, Some(column), problem) }
    }

    pub fn is_error(&self) -> bool {
        self.level == "error"
    }

    /// What people read in a line of its own.
    fn text(&self) -> String {
        let warning = if self.is_error() { "" } else { "warning: " };
        match &self.column {
            Some(column) => format!("{warning}{column}: {}", self.problem),
            None => format!("{warning}{}", self.problem),
        }
    }
}

/// The values of an order that may be wrong.
pub fn doubts(line: Option<usize>, order: &Order) -> impl Iterator<Item = Finding> + '_ {
    order.doubts.iter().map(move |(field, doubt)| Finding::warning(line, field.name(), doubt.clone()))
}

/// What cannot be paid for.
pub fn shortages(costs: &[Cost]) -> impl Iterator<Item = Finding> + '_ {
    let short = costs.iter().filter(|cost| cost.short().is_some());
    short.map(|cost| {
        Finding::error(Kind::Rejected, None, None, format!("there is too little to pay with; {}", cost.text()))
    })
}

/// One booking and what is known of it.
#[derive(Serialize)]
pub struct PlannedRow {
    line: Option<usize>,
    #[serde(skip)]
    candidate: String,
    course_id: Option<CourseId>,
    /// The timeslot, or the one that is likely if the earliest is wanted.
    date: Option<Date>,
    time: Option<String>,
    /// Whether the earliest timeslot is wanted.
    earliest: bool,
    pay_option: Option<String>,
    problems: Vec<Finding>,
}

impl PlannedRow {
    fn new(wanted: &Wanted, at: Option<(Date, Time)>) -> Self {
        let details = &wanted.order.details;
        Self {
            line: wanted.line,
            candidate: format!("{} {}", details.first_name, details.last_name),
            course_id: Some(wanted.order.course_id),
            date: at.map(|(date, _)| date),
            time: at.map(|(_, time)| output::time(time)),
            earliest: wanted.order.at.is_none(),
            pay_option: Some(details.pay_option.to_string()),
            problems: Vec::new(),
        }
    }

    /// Of a line that is no booking.
    fn empty(line: Option<usize>) -> Self {
        Self {
            line,
            candidate: String::new(),
            course_id: None,
            date: None,
            time: None,
            earliest: false,
            pay_option: None,
            problems: Vec::new(),
        }
    }

    fn problem(&self) -> String {
        self.problems.iter().map(Finding::text).collect::<Vec<_>>().join("; ")
    }
}

impl Record for PlannedRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number(LINE, |row: &Self| text(row.line.as_ref())),
        Column::long(CANDIDATE, |row: &Self| row.candidate.clone()),
        Column::full("course_id", |row: &Self| text(row.course_id.as_ref())),
        Column::new("date", |row| text(row.date.as_ref())),
        Column::new("time", |row| text(row.time.as_ref())),
        Column::with_brief(
            "pay_option",
            |row: &Self| text(row.pay_option.as_ref()),
            |row: &Self| text(row.pay_option.as_ref()).replace('_', " "),
        )
        .headed("pay"),
        Column::whole(PROBLEM, Self::problem),
    ];
}

const LINE: &str = "line";
const CANDIDATE: &str = "candidate";
const PROBLEM: &str = "problem";

/// The whole plan, as one JSON document.
#[derive(Serialize)]
pub struct Plan {
    rows: Vec<PlannedRow>,
    costs: Vec<Cost>,
    errors: usize,
    warnings: usize,
    /// How the real call would end, if not well.
    #[serde(skip)]
    end: Option<Kind>,
}

impl Plan {
    /// The findings are in the order in which the real call would meet them.
    pub fn new(wanted: &[Wanted], at: &[Option<(Date, Time)>], findings: Vec<Finding>, costs: Vec<Cost>) -> Self {
        let rows = wanted.iter().zip(at).map(|(wanted, at)| (wanted.line, PlannedRow::new(wanted, *at)));
        let mut rows: BTreeMap<_, _> = rows.collect();
        let errors = findings.iter().filter(|finding| finding.is_error()).count();
        let warnings = findings.len() - errors;
        let end = findings.iter().find(|finding| finding.is_error()).map(|finding| finding.kind);
        for finding in findings {
            let row = rows.entry(finding.line).or_insert_with(|| PlannedRow::empty(finding.line));
            row.problems.push(finding);
        }
        Self { rows: rows.into_values().collect(), costs, errors, warnings, end }
    }

    /// Prints the plan, and fails as the real call would.
    pub fn show(&self, summary: &[String], failed: &str, context: &Context) -> Result<()> {
        let output = context.output();
        if output.format() == Format::Json {
            output.json(self)?;
        } else {
            let is_table = output.format() == Format::Table;
            // names are for people, and not for what a program or a log receives
            let names = is_table && io::stdout().is_terminal();
            let lines = self.rows.iter().any(|row| row.line.is_some());
            let problems = self.errors + self.warnings > 0;
            let mut columns = output.columns(&output::ColumnNames::default())?;
            columns.retain(|column: &&Column<PlannedRow>| match column.name {
                CANDIDATE => names,
                LINE => lines || !is_table,
                PROBLEM => problems || !is_table,
                _ => true,
            });
            output.list_columns(&columns, &self.rows, "")?;
            for line in summary {
                output.notice(line);
            }
            output.notice(&format!(
                "{}, {}; nothing was booked",
                several(self.errors, "error"),
                several(self.warnings, "warning")
            ));
        }
        match self.end {
            Some(kind) => Err(Failure::new(kind, failed).hint("the problems are shown above").into()),
            None => Ok(()),
        }
    }
}

fn several(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// Shows what booking this order would meet.
pub async fn show(client: &Client, order: &Order, search: Option<&Search>, context: &Context) -> Result<()> {
    let courses = client.courses().list().await.context("cannot list courses")?;
    let balances = client.account().balances().await.context("cannot get the balances")?;
    let wanted = [Wanted { line: None, order, is_open: true }];
    let mut findings: Vec<_> = doubts(None, order).collect();
    if courses.iter().all(|course| course.id != order.course_id) {
        let why = format!("is that of no course: {}; `hb-bls courses list` shows them", order.course_id);
        findings.push(Finding::error(Kind::Rejected, None, Some(Field::CourseId.name()), why));
    }
    let looked = look(client, &wanted, &courses, search, context).await?;
    let costs = costs([order].into_iter(), &courses, &balances);
    findings.extend(looked.findings);
    findings.extend(shortages(&costs));
    let summary: Vec<_> = costs.iter().map(Cost::text).collect();
    let plan = Plan::new(&wanted, &looked.at, findings, costs);
    plan.show(&summary, "it cannot be booked as it is; nothing was booked", context)
}
