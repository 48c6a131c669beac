//! The planned bookings, row by row.

use std::io::{self, IsTerminal as _};

use anyhow::Result;
use hb_bls::{CourseId, Date, Time};
use serde::Serialize;

use super::{Cost, Finding, RowToBook};
use crate::output::{self, Column, Format, Output, Record, read_date, text};

/// A booking that would be made. It contains no data of the candidate.
#[derive(Clone, Serialize)]
pub struct Planned {
    line: Option<usize>,
    course_id: CourseId,
    /// The timeslot as things are now; another may take it before.
    date: Option<Date>,
    time: Option<String>,
    pay_option: String,
}

impl Planned {
    pub fn new(wish: RowToBook<'_>, at: Option<(Date, Time)>) -> Self {
        Self {
            line: wish.line,
            course_id: wish.order.course_id,
            date: at.map(|(date, _)| date),
            time: at.map(|(_, time)| output::time(time)),
            pay_option: wish.order.details.pay_option.to_string(),
        }
    }

    fn pay(&self) -> String {
        self.pay_option.replace('_', " ")
    }
}

impl Record for Planned {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |planned: &Self| text(planned.line.as_ref())),
        Column::number("course_id", |planned: &Self| planned.course_id.to_string()).headed("course"),
        Column::time("date", |planned| text(planned.date.as_ref()), |planned| read_date(planned.date)),
        Column::new("time", |planned| text(planned.time.as_ref())),
        Column::with_brief("pay_option", |planned: &Self| planned.pay_option.clone(), Self::pay).headed("pay"),
    ];
}

/// The same with whom it is for, as people read it.
#[derive(Serialize)]
pub struct PlannedRow<const IN_BULK: bool> {
    #[serde(flatten)]
    planned: Planned,
    candidate: String,
}

impl<const IN_BULK: bool> PlannedRow<IN_BULK> {
    pub fn new(wish: RowToBook<'_>, planned: &Planned) -> Self {
        let details = &wish.order.details;
        Self { planned: planned.clone(), candidate: format!("{} {}", details.first_name, details.last_name) }
    }
}

/// A single booking does not come from a file, so it has no line number.
impl Record for PlannedRow<false> {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::person("candidate", |row| row.candidate.clone()),
        Column::time("date", |row| text(row.planned.date.as_ref()), |row| read_date(row.planned.date)),
        Column::new("time", |row| text(row.planned.time.as_ref())),
        Column::new("pay", |row| row.planned.pay()),
    ];
}

impl Record for PlannedRow<true> {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |row| text(row.planned.line.as_ref())),
        Column::person("candidate", |row| row.candidate.clone()),
        Column::time("date", |row| text(row.planned.date.as_ref()), |row| read_date(row.planned.date)),
        Column::new("time", |row| text(row.planned.time.as_ref())),
        Column::new("pay", |row| row.planned.pay()),
    ];
}

/// The whole plan, as one JSON document.
#[derive(Serialize)]
pub struct Plan {
    pub costs: Vec<Cost>,
    pub rows: Vec<Planned>,
    pub findings: Vec<Finding>,
}

impl Plan {
    /// Whether [`show`](Self::show) leaves nothing out.
    pub fn is_shown_whole(&self, output: Output) -> bool {
        output.format() == Format::Json
    }

    /// Names are for people at a terminal, and for who has typed the one that there is.
    pub fn show(&self, wishes: &[RowToBook<'_>], output: Output) -> Result<()> {
        let is_single = wishes.iter().all(|wish| wish.line.is_none());
        let rows = || wishes.iter().zip(&self.rows);
        match output.format() {
            Format::Json => output.json(self),
            Format::Table if is_single => {
                output.list(&rows().map(|(wish, row)| PlannedRow::<false>::new(*wish, row)).collect::<Vec<_>>(), "")
            }
            Format::Table if io::stdout().is_terminal() => {
                output.list(&rows().map(|(wish, row)| PlannedRow::<true>::new(*wish, row)).collect::<Vec<_>>(), "")
            }
            _ => output.list(&self.rows, ""),
        }
    }
}
