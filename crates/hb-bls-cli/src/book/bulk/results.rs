//! The outcome of each row, for people, spreadsheets and programs.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use hb_bls::{BookingId, Date, Time};
use serde::{Serialize, Serializer};

use super::{input::Row, journal::State, row::Reason};
use crate::{
    atomic_file,
    book::grouped::{self, Group},
    output::{self, Column, Format, Output, Record, Sheet, SheetKind, read_date, sanitise, text, used_columns, wrap},
    report::{Failure, Kind},
    when,
};

/// The outcome of a row. It contains no data of the candidate.
#[derive(Clone, Serialize)]
pub struct Outcome {
    /// The line of the file on which the row begins.
    line: usize,
    /// `booked`, `cancelled` (since it was booked), `skipped` (booked otherwise), `rejected`, `failed`, or `left` (not booked
    /// yet).
    outcome: &'static str,
    booking_id: Option<BookingId>,
    date: Option<Date>,
    #[serde(serialize_with = "hours_and_minutes")]
    time: Option<Time>,
    error_kind: Option<String>,
    reason: Option<String>,
    /// The timeslot that the row names. Without a time it is the earliest one of the day, without a day that of all.
    wanted_date: Option<Date>,
    #[serde(serialize_with = "hours_and_minutes")]
    wanted_time: Option<Time>,
}

/// An outcome with whom it is about, and with what the file has beside the fields of a booking.
#[derive(Serialize)]
pub struct NamedOutcome {
    #[serde(flatten)]
    outcome: Outcome,
    first_name: String,
    last_name: String,
    extra: BTreeMap<String, String>,
}

fn hours_and_minutes<S: Serializer>(time: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(output::time).serialize(serializer)
}

impl Outcome {
    fn new(row: &Row, state: &State, cancelled: bool, reason: Option<&Reason>) -> Self {
        let outcome = Self {
            line: row.line,
            outcome: "left",
            booking_id: None,
            date: None,
            time: None,
            error_kind: None,
            reason: None,
            wanted_date: row.order.at.map(|(date, _)| date).or(row.order.on),
            wanted_time: row.order.at.map(|(_, time)| time),
        };
        match (state, reason) {
            (State::Booked { booking_id, slot }, _) => Self {
                outcome: if cancelled { "cancelled" } else { "booked" },
                reason: cancelled.then(|| "booked, cancelled since".to_owned()),
                booking_id: Some(*booking_id),
                date: slot.map(|(date, _)| date),
                time: slot.map(|(_, time)| time),
                ..outcome
            },
            (State::Rejected { error_kind, reason }, None) => Self {
                outcome: "rejected",
                error_kind: Some(error_kind.clone()),
                reason: Some(reason.clone()),
                ..outcome
            },
            (_, Some(Reason { outcome: now, error_kind, reason })) => {
                Self { outcome: now, error_kind: error_kind.clone(), reason: Some(reason.clone()), ..outcome }
            }
            (_, None) => outcome,
        }
    }

    pub fn is_booked(&self) -> bool {
        matches!(self.outcome, "booked" | "cancelled" | "skipped")
    }

    /// Whether the row was not tried for want of credits or money.
    pub fn is_unpaid(&self) -> bool {
        self.outcome == "left" && self.reason.is_some()
    }

    /// Why the row was not booked.
    pub fn reason(&self) -> &str {
        self.reason.as_deref().unwrap_or("not tried yet")
    }

    fn wanted(&self, write: fn(Date, Time) -> String) -> String {
        match (self.wanted_date, self.wanted_time) {
            (Some(date), Some(time)) => write(date, time),
            (Some(date), None) => format!("{}, earliest", when::names(date)),
            (None, _) => "earliest".to_owned(),
        }
    }

    fn given(&self, write: fn(Date, Time) -> String) -> String {
        self.date.zip(self.time).map(|(date, time)| write(date, time)).unwrap_or_default()
    }
}

impl Record for Outcome {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |outcome: &Self| outcome.line.to_string()),
        Column::new("outcome", |outcome: &Self| outcome.outcome.to_owned()),
        Column::number("booking_id", |outcome: &Self| text(outcome.booking_id.as_ref())).headed("booking"),
        Column::time("date", |outcome: &Self| text(outcome.date.as_ref()), |outcome: &Self| read_date(outcome.date)),
        Column::new("time", |outcome: &Self| text(outcome.time.map(output::time).as_ref())),
        Column::full("error_kind", |outcome: &Self| text(outcome.error_kind.as_ref())),
        Column::whole("reason", |outcome: &Self| text(outcome.reason.as_ref())),
        Column::full("wanted_date", |outcome: &Self| text(outcome.wanted_date.as_ref())),
        Column::full("wanted_time", |outcome: &Self| text(outcome.wanted_time.map(output::time).as_ref())),
    ];
}

impl Record for NamedOutcome {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |named: &Self| named.outcome.line.to_string()),
        Column::person("name", |named: &Self| format!("{} {}", named.first_name, named.last_name)).headed("candidate"),
        Column::new("outcome", |named: &Self| named.outcome.outcome.to_owned()),
        Column::number("booking_id", |named: &Self| text(named.outcome.booking_id.as_ref())).headed("id"),
        Column::time("wanted", |named: &Self| named.outcome.wanted(plain), |named| named.outcome.wanted(when::moment))
            .if_there_is_room(),
        Column::time("given", |named: &Self| named.outcome.given(plain), |named| named.outcome.given(when::moment)),
        Column::whole("reason", |named: &Self| text(named.outcome.reason.as_ref())),
    ];
}

/// As spreadsheets read it.
fn plain(date: Date, time: Time) -> String {
    format!("{date} {}", output::time(time))
}

impl NamedOutcome {
    fn new(row: &Row, outcome: &Outcome) -> Self {
        let (details, outcome) = (&row.order.details, outcome.clone());
        let (first_name, last_name) = (details.first_name.clone(), details.last_name.clone());
        Self { outcome, first_name, last_name, extra: row.extra.iter().cloned().collect() }
    }
}

/// The outcomes of all rows, in their order.
pub fn outcomes(
    rows: &[Row],
    states: &[State],
    cancelled: &HashSet<usize>,
    reasons: &HashMap<usize, Reason>,
) -> Vec<Outcome> {
    let rows = rows.iter().zip(states).enumerate();
    let outcome = |(index, (row, state))| Outcome::new(row, state, cancelled.contains(&index), reasons.get(&index));
    rows.map(outcome).collect()
}

/// How many rows have this outcome.
pub fn count(outcomes: &[Outcome], outcome: &str) -> usize {
    outcomes.iter().filter(|found| found.outcome == outcome).count()
}

/// Where the outcomes are written.
pub enum Results {
    Printed(Output),
    File { path: PathBuf, kind: FileKind, output: Output },
}

#[derive(Clone, Copy)]
pub enum FileKind {
    Sheet(SheetKind),
    JsonLines,
}

impl Results {
    /// Makes sure that the results can be written, before anything is booked.
    pub fn open(path: Option<&Path>, output: Output) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::Printed(output)) };
        let kind = match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => FileKind::Sheet(SheetKind::Csv),
            Some("xlsx") => FileKind::Sheet(SheetKind::Xlsx),
            Some("jsonl" | "ndjson") => FileKind::JsonLines,
            _ => return Err(Failure::new(Kind::Usage, "--results must end in .csv, .xlsx or .jsonl").into()),
        };
        atomic_file::create_beside(path).with_context(|| cannot_write(path))?;
        Ok(Self::File { path: path.to_owned(), kind, output })
    }

    /// Prints or writes the outcomes. An existing file is replaced by the complete new one, or stays as it was. Names are
    /// for people at a terminal and for files that were asked for, but not for what a program or a log receives.
    pub fn write(self, rows: &[Row], outcomes: &[Outcome], stopped: bool) -> Result<()> {
        let named =
            || rows.iter().zip(outcomes).map(|(row, outcome)| NamedOutcome::new(row, outcome)).collect::<Vec<_>>();
        match self {
            // who stops a run knows the rows, and sees in a line how far it came
            Self::Printed(output) if output.format() == Format::Table && stopped => Ok(()),
            Self::Printed(output) if output.format() == Format::Table && io::stdout().is_terminal() => {
                print_grouped(output, named())
            }
            Self::Printed(output) => output.list(outcomes, ""),
            Self::File { path, kind, output } => {
                let content = match kind {
                    FileKind::JsonLines => output::document(Format::Jsonl, &named())?.into_bytes(),
                    FileKind::Sheet(kind) => sheet(rows, &named()).write(kind)?,
                };
                atomic_file::write(&path, &content).with_context(|| cannot_write(&path))?;
                output.note(&format!("the outcome of each row: {}", path.display()));
                Ok(())
            }
        }
    }
}

/// Prints a table, and below it once what is the reason of many rows.
fn print_grouped(output: Output, mut outcomes: Vec<NamedOutcome>) -> Result<()> {
    let reasons = outcomes.iter().filter_map(|named| Some((named.outcome.reason.clone()?, Some(named.outcome.line))));
    let mut groups = Group::all(reasons);
    groups.retain(Group::is_large);
    for named in &mut outcomes {
        let reason = &mut named.outcome.reason;
        if groups.iter().any(|group| Some(&group.what) == reason.as_ref()) {
            *reason = None;
        }
    }
    output.list_columns(&used_columns(&outcomes), &outcomes, "")?;
    for Group { what, lines } in groups {
        let text = format!("{} rows: {}: {}", lines.len(), sanitise::line(&what), grouped::lines(&lines));
        output.text(&wrap::lines(&text, wrap::width()))?;
    }
    Ok(())
}

/// The outcomes with the columns of the file that are no fields of a booking.
fn sheet(rows: &[Row], outcomes: &[NamedOutcome]) -> Sheet {
    let of_outcome = Outcome::COLUMNS.iter().map(|column| column.name);
    let names = of_outcome.chain(["first_name", "last_name"]).map(str::to_owned);
    let extra = rows.first().into_iter().flat_map(|row| row.extra.iter().map(|(name, _)| name.clone()));
    let line = |(row, named): (&Row, &NamedOutcome)| {
        let cells = Outcome::COLUMNS.iter().map(|column| (column.value)(&named.outcome));
        let person = [named.first_name.clone(), named.last_name.clone()];
        cells.chain(person).chain(row.extra.iter().map(|(_, value)| value.clone())).collect()
    };
    Sheet { header: names.chain(extra).collect(), rows: rows.iter().zip(outcomes).map(line).collect() }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
