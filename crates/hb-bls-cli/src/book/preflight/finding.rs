//! Something about a row, or about the flags, that would prevent or affect a booking.

use serde::Serialize;

use crate::{
    book::grouped::{self, Group},
    output::{Column, Record, text},
};

/// What an error comes from, where the booking does not treat all alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The values themselves.
    Values,
    /// What the portal has.
    Portal,
    /// There is no timeslot, so that none is held.
    Timeslot,
    /// A hold of the account.
    Hold,
    /// The person is booked already.
    Booked,
    /// An earlier run was refused.
    Rejected,
    /// What there is to pay with.
    Shortage,
}

#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub line: Option<usize>,
    /// `error`: it cannot be booked. `warning`: it can, and may be wrong.
    pub level: &'static str,
    column: Option<String>,
    problem: String,
    #[serde(skip)]
    pub cause: Cause,
}

impl Finding {
    pub fn error(line: Option<usize>, column: Option<&str>, problem: String) -> Self {
        Self { line, level: "error", column: column.map(str::to_owned), problem, cause: Cause::Portal }
    }

    pub fn warning(line: Option<usize>, column: &str, problem: String) -> Self {
        Self { level: "warning", ..Self::error(line, Some(column), problem) }
    }

    pub fn is_error(&self) -> bool {
        self.level == "error"
    }

    /// The same with what it comes from.
    pub fn because(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }

    /// It in one line, without the line of the file.
    pub fn text(&self) -> String {
        let column = self.column.as_ref().map(|column| column.replace('_', " "));
        column.into_iter().chain([self.problem.clone()]).collect::<Vec<_>>().join(": ")
    }
}

/// The same is found in all lines of a group.
type Same = Group<(&'static str, String)>;

fn groups(findings: &[Finding]) -> Vec<Same> {
    Group::all(findings.iter().map(|finding| ((finding.level, finding.text()), finding.line)))
}

fn in_words(Group { what: (level, text), lines }: Same) -> String {
    let warning = (level == "warning").then(|| level.to_owned());
    let place = (!lines.is_empty()).then(|| grouped::lines(&lines));
    warning.into_iter().chain(place).chain([text]).collect::<Vec<_>>().join(": ")
}

/// All findings in words, those that differ only in their line together.
pub fn sentences(findings: &[Finding]) -> Vec<String> {
    groups(findings).into_iter().map(in_words).collect()
}

/// Those that are found in few lines, and the others in words.
pub fn split_large_groups(findings: &[Finding]) -> (Vec<Finding>, Vec<String>) {
    let mut many = groups(findings);
    many.retain(Group::is_large);
    let is_single = |finding: &&Finding| {
        let what = (finding.level, finding.text());
        many.iter().all(|group| group.what != what)
    };
    let single = findings.iter().filter(is_single).cloned().collect();
    let words = |Group { what: (level, text), lines }: Same| {
        format!("{} {level}s: {text}: {}", lines.len(), grouped::lines(&lines))
    };
    (single, many.into_iter().map(words).collect())
}

impl Record for Finding {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |finding| text(finding.line.as_ref())),
        Column::new("level", |finding| finding.level.to_owned()),
        Column::new("column", |finding| text(finding.column.as_ref())),
        Column::whole("problem", |finding| finding.problem.clone()),
    ];
}
