//! What a run would do and cost.

use anyhow::{Context as _, Result};
use hb_bls::{Client, Course};
use serde::Serialize;

use super::{
    cancelled,
    cost::{self, Cost},
    input::Row,
    journal::{Journal, State},
    task::{Task, account},
};
use crate::{
    book::{
        fields::Search,
        plan::{self, PlannedCall},
    },
    context::Context,
    output::{self, Column, Format, Record, text},
};

/// How many candidates are to be booked, and the cost.
pub struct Preview {
    pub costs: Vec<Cost>,
    pub text: Vec<String>,
    /// How many are to be booked.
    pub open: usize,
}

impl Preview {
    pub async fn new(rows: &[Row], states: &[State], courses: &[Course], client: &Client) -> Result<Self> {
        let balances = client.account().balances().await.context("cannot get the balances")?;
        let open: Vec<_> = rows.iter().zip(states).filter(|(_, state)| !state.is_done()).map(|(row, _)| row).collect();
        let costs = cost::costs(open.iter().copied(), courses, &balances);
        let earlier = |wanted: fn(&State) -> bool| states.iter().filter(|state| wanted(state)).count();
        let booked = earlier(|state| matches!(state, State::Booked { .. }));
        let rejected = earlier(|state| matches!(state, State::Rejected { .. }));
        let before = match (booked, rejected) {
            (0, 0) => String::new(),
            (booked, 0) => format!("{booked} booked earlier"),
            (booked, rejected) => format!("{booked} booked and {rejected} rejected earlier"),
        };
        let mut text = vec![match (open.len(), before.as_str()) {
            (0, before) => format!("nothing left to book: {before}"),
            (count, "") => format!("{} to book", people(count)),
            (count, before) => format!("{} to book; {before}", people(count)),
        }];
        text.extend(costs.iter().map(Cost::text));
        Ok(Self { costs, text, open: open.len() })
    }
}

pub fn people(count: usize) -> String {
    if count == 1 { "1 candidate".to_owned() } else { format!("{count} candidates") }
}

/// Checks everything that can be checked without changing anything, and shows what a run would do.
pub async fn dry_run(task: &Task, context: &Context) -> Result<()> {
    let output = context.output();
    let (file, client, courses) = task.read(context).await?;
    for line in file.understood.iter().chain(&file.doubts()) {
        output.notice(line);
    }
    let rows = file.rows;
    let mut states = Journal::peek(&task.journal, &client, &account(context)?, &rows, task.search.as_ref()).await?;
    if task.rebook_cancelled {
        for row in cancelled::find(&client, &states, output).await? {
            states[row] = State::Open;
        }
    }
    let preview = Preview::new(&rows, &states, &courses, &client).await?;
    let open = rows.iter().zip(&states).filter(|(_, state)| !state.is_done());
    let rows: Vec<_> = open.map(|(row, _)| PlannedRow::new(row, task.search.as_ref())).collect();
    match output.format() {
        Format::Json => output.json(&Plan { costs: preview.costs, rows }),
        _ => {
            output.list(&rows, "")?;
            for line in preview.text {
                output.notice(&line);
            }
            output.note("nothing was booked");
            Ok(())
        }
    }
}

/// The calls that a run would make for a row.
#[derive(Serialize)]
struct PlannedRow {
    line: usize,
    course_id: hb_bls::CourseId,
    /// `None` stands for the earliest timeslot.
    date: Option<hb_bls::Date>,
    time: Option<String>,
    pay_option: String,
    calls: Vec<PlannedCall>,
}

impl PlannedRow {
    fn new(row: &Row, search: Option<&Search>) -> Self {
        let order = &row.order;
        Self {
            line: row.line,
            course_id: order.course_id,
            date: order.at.map(|(date, _)| date),
            time: order.at.map(|(_, time)| output::time(time)),
            pay_option: order.details.pay_option.to_string(),
            calls: plan::calls(order, search, order.at),
        }
    }
}

impl Record for PlannedRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |row: &Self| row.line.to_string()),
        Column::number("course_id", |row: &Self| row.course_id.to_string()).headed("course"),
        Column::new("date", |row| text(row.date.as_ref())),
        Column::new("time", |row| text(row.time.as_ref())),
        Column::new("pay_option", |row: &Self| row.pay_option.clone()).headed("pay"),
        Column::long("calls", |row| row.calls.iter().map(PlannedCall::name).collect::<Vec<_>>().join(", ")),
    ];
}

/// The whole plan, as one JSON document.
#[derive(Serialize)]
struct Plan {
    costs: Vec<Cost>,
    rows: Vec<PlannedRow>,
}
