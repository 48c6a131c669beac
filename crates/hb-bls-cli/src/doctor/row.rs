//! The rows of the report, as programs read them.

use std::collections::BTreeMap;

use hb_bls::{ErrorKind, raw::Operation};
use serde::Serialize;

use super::{
    assumptions::Assumption,
    calls::{CallResult, Outcome},
    check::{Finding, Kind},
};
use crate::output::{Column, Record};

#[derive(Debug, Serialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Row {
    Operation {
        operation: &'static str,
        verdict: OperationVerdict,
        status: Option<u16>,
        text: String,
    },
    /// Something that is not as the document says.
    Finding(Finding),
    /// What is assumed, and whether it is so.
    Assumption(Assumption),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationVerdict {
    /// The response is what the document says, no more and no less.
    Matches,
    /// Nothing contradicts the document, but there is more or less than it says.
    Differs,
    /// Something contradicts the document.
    Violates,
    /// The portal failed, or there was no response.
    Failed,
    /// There was nothing to ask for.
    NotAsked,
    /// It changes something, so it is never called.
    NotCalled,
}

/// All rows, in their order.
pub fn rows(
    results: &[CallResult],
    called: &[Operation],
    findings: Vec<Finding>,
    assumptions: Vec<Assumption>,
) -> Vec<Row> {
    let mut counts: BTreeMap<&str, BTreeMap<Kind, usize>> = BTreeMap::new();
    for finding in &findings {
        *counts.entry(finding.place.operation).or_default().entry(finding.kind).or_default() += 1;
    }
    let none = BTreeMap::new();
    let mut rows: Vec<Row> =
        results.iter().map(|call| operation(call, counts.get(call.operation.id()).unwrap_or(&none))).collect();
    rows.extend(Operation::ALL.into_iter().filter(|operation| !called.contains(operation)).map(|operation| {
        let text = "not called: it changes something".to_owned();
        Row::Operation { operation: operation.id(), verdict: OperationVerdict::NotCalled, status: None, text }
    }));
    rows.extend(findings.into_iter().map(Row::Finding));
    rows.extend(assumptions.into_iter().map(Row::Assumption));
    rows
}

fn operation(call: &CallResult, counts: &BTreeMap<Kind, usize>) -> Row {
    let violations = counts.get(&Kind::Violation).copied().unwrap_or_default();
    let others = counts.values().sum::<usize>() - violations;
    let (verdict, mut text) = match &call.outcome {
        Outcome::Skipped(why) => (OperationVerdict::NotAsked, format!("not asked: {why}")),
        Outcome::Error(error) if call.failure().is_some() => {
            (OperationVerdict::Failed, format!("failed: {}", error.kind().as_str().replace('_', " ")))
        }
        _ if violations > 0 => {
            (OperationVerdict::Violates, format!("{} of the document", count(violations, "violation")))
        }
        _ if others > 0 => (OperationVerdict::Differs, count(others, "difference")),
        _ => (OperationVerdict::Matches, "matches".to_owned()),
    };
    if violations > 0 && others > 0 {
        text += &format!(", {}", count(others, "difference"));
    }
    if matches!(&call.outcome, Outcome::Error(error) if error.kind() == ErrorKind::Decode) {
        text += "; the client cannot read it";
    }
    let status = call.responses.last().map(|response| response.status);
    Row::Operation { operation: call.operation.id(), verdict, status, text }
}

/// `1 violation`, `2 violations`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The word that JSON has for it.
fn word(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Record for Row {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("about", |row| {
            let about = match row {
                Self::Operation { .. } => "operation",
                Self::Finding(_) => "finding",
                Self::Assumption(_) => "assumption",
            };
            about.to_owned()
        }),
        Column::new("verdict", |row| match row {
            Self::Operation { verdict, .. } => word(verdict),
            Self::Finding(finding) => word(finding.kind),
            Self::Assumption(assumption) => word(assumption.verdict),
        }),
        Column::new("operation", |row| match row {
            Self::Operation { operation, .. } => (*operation).to_owned(),
            Self::Finding(finding) => finding.place.operation.to_owned(),
            Self::Assumption(_) => String::new(),
        }),
        Column::new("place", |row| match row {
            Self::Operation { .. } => String::new(),
            Self::Finding(finding) => finding.place.path.clone(),
            Self::Assumption(assumption) => assumption.target.clone(),
        }),
        Column::long("text", |row| match row {
            Self::Operation { text, .. }
            | Self::Finding(Finding { text, .. })
            | Self::Assumption(Assumption { text, .. }) => text.clone(),
        }),
    ];
}
