//! What is told, in the forms that programs read.

use std::collections::BTreeMap;

use hb_bls::{ErrorKind, raw::Operation};
use serde::Serialize;

use super::{
    calls::{Asked, Outcome},
    check::{Finding, Kind},
    evidence::{Counter, Site},
    reach::About,
    verdict::{Judged, Verdict},
};
use crate::output::{Column, Record};

/// One thing that is told.
#[derive(Debug, Serialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Row {
    /// What came of an operation.
    Operation { operation: &'static str, verdict: Standing, status: Option<u16>, text: String },
    /// Something that is not as the document says.
    Finding {
        #[serde(flatten)]
        site: Site,
        verdict: Kind,
        text: String,
    },
    /// What is assumed, and whether it is so.
    Assumption {
        target: String,
        verdict: Verdict,
        text: String,
        /// How much of it was seen, and how much reading can show.
        seen: usize,
        judged: usize,
        refuted_by: Vec<Counter>,
        not_judged: Option<About>,
    },
}

/// What came of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The answer is what the document says, no more and no less.
    Matches,
    /// Nothing contradicts the document, but there is more or less than it says.
    Differs,
    /// Something contradicts the document.
    Violates,
    /// The portal failed, or there was no answer.
    Failed,
    /// There was nothing to ask for.
    NotAsked,
    /// It changes something, so it is never called.
    NotCalled,
}

/// Everything, in the order in which it is told.
pub fn rows(asked: &[Asked], called: &[Operation], findings: Vec<Finding>, judged: Vec<Judged>) -> Vec<Row> {
    let mut counts: BTreeMap<&str, BTreeMap<Kind, usize>> = BTreeMap::new();
    for finding in &findings {
        *counts.entry(finding.site.operation).or_default().entry(finding.kind).or_default() += 1;
    }
    let none = BTreeMap::new();
    let mut rows: Vec<Row> =
        asked.iter().map(|call| operation(call, counts.get(call.operation.id()).unwrap_or(&none))).collect();
    rows.extend(Operation::ALL.into_iter().filter(|operation| !called.contains(operation)).map(|operation| {
        let text = "not called: it is no reading operation".to_owned();
        Row::Operation { operation: operation.id(), verdict: Standing::NotCalled, status: None, text }
    }));
    rows.extend(findings.into_iter().map(|Finding { kind, site, text }| Row::Finding { site, verdict: kind, text }));
    rows.extend(judged.into_iter().map(|judged| Row::Assumption {
        target: judged.assumption.target,
        verdict: judged.verdict,
        text: judged.assumption.text,
        seen: judged.seen,
        judged: judged.judged,
        refuted_by: judged.counters,
        not_judged: judged.about,
    }));
    rows
}

fn operation(call: &Asked, counts: &BTreeMap<Kind, usize>) -> Row {
    let violations = counts.get(&Kind::Violation).copied().unwrap_or_default();
    let others = counts.values().sum::<usize>() - violations;
    let (verdict, mut text) = match &call.outcome {
        Outcome::NotAsked(why) => (Standing::NotAsked, format!("not asked: {why}")),
        Outcome::Error(error) if call.failure().is_some() => (Standing::Failed, format!("failed: {}", kind_of(error))),
        _ if violations > 0 => (Standing::Violates, format!("{} of the document", count(violations, "violation"))),
        _ if others > 0 => (Standing::Differs, count(others, "difference")),
        _ => (Standing::Matches, "matches".to_owned()),
    };
    if violations > 0 && others > 0 {
        text += &format!(", {}", count(others, "difference"));
    }
    if matches!(&call.outcome, Outcome::Error(error) if error.kind() == ErrorKind::Decode) {
        text += "; the client cannot read it";
    }
    let status = call.answers.last().map(|answer| answer.status);
    Row::Operation { operation: call.operation.id(), verdict, status, text }
}

fn kind_of(error: &hb_bls::Error) -> String {
    error.kind().as_str().replace('_', " ")
}

/// `1 violation`, `2 violations`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The word that JSON has for it.
pub fn word(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Record for Row {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("about", |row| {
            let about = match row {
                Self::Operation { .. } => "operation",
                Self::Finding { .. } => "finding",
                Self::Assumption { .. } => "assumption",
            };
            about.to_owned()
        }),
        Column::new("verdict", |row| match row {
            Self::Operation { verdict, .. } => word(verdict),
            Self::Finding { verdict, .. } => word(verdict),
            Self::Assumption { verdict, .. } => word(verdict),
        }),
        Column::new("operation", |row| match row {
            Self::Operation { operation, .. } => (*operation).to_owned(),
            Self::Finding { site, .. } => site.operation.to_owned(),
            Self::Assumption { .. } => String::new(),
        }),
        Column::new("place", |row| match row {
            Self::Operation { .. } => String::new(),
            Self::Finding { site, .. } => site.path.clone(),
            Self::Assumption { target, .. } => target.clone(),
        }),
        Column::long("text", |row| match row {
            Self::Operation { text, .. } | Self::Finding { text, .. } | Self::Assumption { text, .. } => text.clone(),
        }),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}
