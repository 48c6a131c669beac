//! Books all candidates of a file.

mod cancelled;
mod cost;
mod input;
mod journal;
mod progress;
mod results;
mod row;
mod stopping;
mod work;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use hb_bls::{Client, Course, state::FileBookingLog};
use input::{CandidateFile, Row};
use journal::{Account, Journal, State};
use progress::Progress;
use results::Results;
use serde::Serialize;
use stopping::Stopping;
use work::{End, Work};

use super::{
    fields::{Fault, Search, Values},
    plan::{self, PlannedCall},
};
use crate::{
    context::Context,
    output::{self, Column, Format, Record, text},
    report::{Failure, Kind, Report},
};

/// A bulk booking, as the command line describes it.
pub struct Task {
    pub from: PathBuf,
    pub journal: PathBuf,
    pub results: Option<PathBuf>,
    pub flags: Values,
    /// Errors in the flags that were found before the values were checked.
    pub faults: Vec<Fault>,
    pub search: Option<Search>,
    /// Whether a row is booked again if its booking has since been cancelled.
    pub rebook_cancelled: bool,
}

impl Task {
    /// Reads the rows, and the portal's courses. All errors are reported together. If the portal can be reached, these
    /// include courses that do not exist.
    async fn read(&self, context: &Context) -> Result<(Vec<Row>, Client, Vec<Course>)> {
        let file = CandidateFile::read(&self.from, &self.flags, &self.faults, self.search.is_some())?;
        let asked = ask(context, &self.journal).await;
        let known = asked.as_ref().ok().map(|(_, courses)| courses.iter().map(|course| course.id).collect::<Vec<_>>());
        let rows = file.rows(&self.from, known.as_deref())?;
        let (client, courses) = asked?;
        Ok((rows, client, courses))
    }

    /// Refuses to overwrite the input or the journal with the results: the run could then not be continued.
    fn check_results(&self) -> Result<()> {
        let Some(results) = &self.results else { return Ok(()) };
        for (other, flag) in [(&self.from, "--from"), (&self.journal, "--journal")] {
            let same = |canonical: PathBuf| other.canonicalize().is_ok_and(|other| other == canonical);
            if results == other || results.canonicalize().is_ok_and(same) {
                let message = format!("--results names the file of {flag}");
                return Err(Failure::new(Kind::Usage, message).hint("write the results to a file of their own").into());
            }
        }
        Ok(())
    }
}

/// The account that is booked for.
fn account(context: &Context) -> Result<Account> {
    let settings = context.settings()?;
    Ok(Account { base_url: settings.base_url.clone(), hb_client_id: settings.account()?.client_id.clone() })
}

/// Books every row that is not done yet.
pub async fn run(task: &Task, context: &Context) -> Result<()> {
    let (rows, client, courses) = task.read(context).await?;
    task.check_results()?;
    let results = Results::open(task.results.as_deref(), context.output())?;
    let clients = |path: &Path| client_with(context, path);
    let mut journal = Journal::open(&task.journal, &clients, &account(context)?, &rows, task.search.as_ref()).await?;
    for (row, fields) in &journal.changed {
        let (line, fields) = (rows[*row].line, fields.join(", "));
        context.output().notice(&format!("line {line} was booked with other details, and stays as it was: {fields}"));
    }
    let mut cancelled = cancelled::find(&client, journal.states(), context.output()).await?;
    if task.rebook_cancelled {
        cancelled::reopen(&mut journal, &client, &cancelled).await?;
        cancelled.clear();
    }
    announce(&rows, journal.states(), &courses, &client, context).await?;

    let mut stopping = Stopping::listen(context.output())?;
    let mut at_once = stopping.clone();
    let progress = Progress::new(context, &journal)?;
    let mut work = Work::new(&client, &rows, journal, cancelled, task.rebook_cancelled);
    let end = tokio::select! {
        end = work.run(&mut stopping, &progress) => end,
        () = at_once.asked(2) => End::Stopped,
    };
    progress.end();
    let outcomes = results::outcomes(&rows, work.journal.states(), &work.cancelled, &work.reasons);
    let written = results.write(&outcomes);
    let later = work.reasons.iter().filter(|(row, reason)| reason.refused && !work.journal.state(**row).is_done());
    let later = later.count();
    // how the bookings went matters more than whether the results could be written
    verdict(end, &outcomes, later, context).and(written)
}

/// Lists the courses, and returns the client as well.
async fn ask(context: &Context, journal: &Path) -> Result<(Client, Vec<Course>)> {
    let client = client_with(context, journal)?;
    let courses = client.courses().list().await.context("cannot list courses")?;
    Ok((client, courses))
}

/// A client that records bookings in this journal.
fn client_with(context: &Context, journal: &Path) -> Result<Client> {
    context.patient_client(FileBookingLog::at(journal))
}

/// Prints how many candidates are to be booked, and the cost.
async fn announce(
    rows: &[Row],
    states: &[State],
    courses: &[Course],
    client: &Client,
    context: &Context,
) -> Result<()> {
    let output = context.output();
    for line in preview(rows, states, courses, client).await?.text {
        output.notice(&line);
    }
    Ok(())
}

/// What a run would do and cost.
struct Preview {
    costs: Vec<cost::Cost>,
    text: Vec<String>,
}

async fn preview(rows: &[Row], states: &[State], courses: &[Course], client: &Client) -> Result<Preview> {
    let balances = client.account().balances().await.context("cannot get the balances")?;
    let open: Vec<_> = rows.iter().zip(states).filter(|(_, state)| !state.is_done()).map(|(row, _)| row).collect();
    let costs = cost::costs(open.iter().copied(), courses, &balances);
    let done = rows.len() - open.len();
    let mut text = vec![match done {
        0 => format!("{} to book", people(open.len())),
        _ => format!("{} to book; {done} of {} done before", people(open.len()), rows.len()),
    }];
    text.extend(costs.iter().map(cost::Cost::text));
    Ok(Preview { costs, text })
}

fn people(count: usize) -> String {
    if count == 1 { "1 candidate".to_owned() } else { format!("{count} candidates") }
}

/// Reports how the run ended and how to continue. `later` is how many of the rejected rows a later run may book.
fn verdict(end: End, outcomes: &[results::Outcome], later: usize, context: &Context) -> Result<()> {
    const GO_ON: &str = "the same command goes on where this one stopped";
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
    let sum = format!("{booked} of {} booked, {rejected} rejected{cancelled}, {open} left", people(outcomes.len()));
    // everything else can be put right by running the command again
    if rejected > 0 {
        let why = match &end {
            End::Failed(error) => format!("; {}", Report::of(error).reason()),
            End::Stopped | End::Done => String::new(),
        };
        let mut hints = vec!["the results tell why".to_owned()];
        if later < rejected {
            hints.push("correct who was rejected in the same file and run the same command again".to_owned());
        }
        if later > 0 {
            hints.push("who lacked only credit, money or a timeslot, or was refused for nothing in the row, is tried again by the same command".to_owned());
        }
        if open > 0 {
            hints.push(GO_ON.to_owned());
        }
        let hint = hints.join("; ");
        return Err(Failure::new(Kind::Rejected, format!("{sum}{why}")).hint(hint).into());
    }
    match end {
        End::Done if open == 0 => {
            context.output().notice(&sum);
            Ok(())
        }
        End::Done => Err(Failure::new(Kind::Network, sum).hint(format!("the results tell why; {GO_ON}")).into()),
        End::Stopped => Err(Failure::new(Kind::Other, format!("stopped: {sum}")).hint(GO_ON).into()),
        End::Failed(error) => Err(error.context(format!("{sum}, and {GO_ON}"))),
    }
}

/// Checks everything that can be checked without changing anything, and shows what a run would do.
pub async fn dry_run(task: &Task, context: &Context) -> Result<()> {
    let (rows, client, courses) = task.read(context).await?;
    let mut states = Journal::peek(&task.journal, &client, &account(context)?, &rows, task.search.as_ref()).await?;
    if task.rebook_cancelled {
        for row in cancelled::find(&client, &states, context.output()).await? {
            states[row] = State::Open;
        }
    }
    let preview = preview(&rows, &states, &courses, &client).await?;
    let open = rows.iter().zip(&states).filter(|(_, state)| !state.is_done());
    let rows: Vec<_> = open.map(|(row, _)| PlannedRow::new(row, task.search.as_ref())).collect();
    let output = context.output();
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
    costs: Vec<cost::Cost>,
    rows: Vec<PlannedRow>,
}
