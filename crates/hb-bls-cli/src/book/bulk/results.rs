//! The outcome of each row, for people, spreadsheets and programs.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use hb_bls::{BookingId, Date, Time};
use serde::{Serialize, Serializer};

use super::{input::Row, journal::State, row::Reason};
use crate::{
    output::{self, Column, Format, Output, Record, text},
    replace,
    report::{Failure, Kind},
};

/// The outcome of a row. It contains no data of the candidate.
#[derive(Serialize)]
pub struct Outcome {
    /// The line of the file on which the row begins.
    line: usize,
    /// `booked`, `cancelled` (since it was booked), `rejected`, `failed`, or `left` (not booked yet).
    outcome: &'static str,
    booking_id: Option<BookingId>,
    date: Option<Date>,
    #[serde(serialize_with = "hours_and_minutes")]
    time: Option<Time>,
    error_kind: Option<String>,
    reason: Option<String>,
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
            (_, Some(Reason { error_kind, reason, refused })) => Self {
                outcome: if *refused { "rejected" } else { "failed" },
                error_kind: Some(error_kind.clone()),
                reason: Some(reason.clone()),
                ..outcome
            },
            (_, None) => outcome,
        }
    }
}

impl Record for Outcome {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |outcome: &Self| outcome.line.to_string()),
        Column::new("outcome", |outcome: &Self| outcome.outcome.to_owned()),
        Column::number("booking_id", |outcome: &Self| text(outcome.booking_id.as_ref())).headed("booking"),
        Column::new("date", |outcome: &Self| text(outcome.date.as_ref())),
        Column::new("time", |outcome: &Self| text(outcome.time.map(output::time).as_ref())),
        Column::new("error_kind", |outcome: &Self| text(outcome.error_kind.as_ref())).headed("error"),
        Column::long("reason", |outcome: &Self| text(outcome.reason.as_ref())),
    ];
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
    File { path: PathBuf, format: Format },
}

impl Results {
    /// Makes sure that the results can be written, before anything is booked.
    pub fn open(path: Option<&Path>, output: Output) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::Printed(output)) };
        let format = match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Format::Csv,
            Some("jsonl" | "ndjson") => Format::Jsonl,
            _ => {
                let message = format!("{} is neither .csv nor .jsonl", path.display());
                return Err(Failure::new(Kind::Usage, message).hint("the end of --results says how to write").into());
            }
        };
        replace::create_beside(path).with_context(|| cannot_write(path))?;
        Ok(Self::File { path: path.to_owned(), format })
    }

    /// Prints or writes the outcomes. An existing file is replaced by the complete new one, or stays as it was.
    pub fn write(self, outcomes: &[Outcome]) -> Result<()> {
        match self {
            Self::Printed(output) => output.list(outcomes, ""),
            Self::File { path, format } => {
                let document = output::document(format, outcomes)?;
                replace::write(&path, document.as_bytes()).with_context(|| cannot_write(&path))
            }
        }
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
