//! Something about a row or about the flags that a booking would meet.

use serde::Serialize;

use crate::output::{Column, Record, text};

#[derive(Debug, Serialize)]
pub struct Finding {
    pub line: Option<usize>,
    /// `error`: it cannot be booked. `warning`: it can, and may be wrong.
    pub level: &'static str,
    column: Option<String>,
    problem: String,
}

impl Finding {
    pub fn error(line: Option<usize>, column: Option<&str>, problem: String) -> Self {
        Self { line, level: "error", column: column.map(str::to_owned), problem }
    }

    pub fn warning(line: Option<usize>, column: &str, problem: String) -> Self {
        Self { level: "warning", ..Self::error(line, Some(column), problem) }
    }

    pub fn is_error(&self) -> bool {
        self.level == "error"
    }

    pub fn is_of(&self, column: &str) -> bool {
        self.column.as_deref() == Some(column)
    }

    /// It in one line.
    pub fn text(&self) -> String {
        let warning = if self.is_error() { None } else { Some("warning".to_owned()) };
        let place = self.line.map(|line| format!("line {line}"));
        let column = self.column.as_ref().map(|column| column.replace('_', " "));
        [warning, place, column].into_iter().flatten().chain([self.problem.clone()]).collect::<Vec<_>>().join(": ")
    }
}

impl Record for Finding {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("line", |finding| text(finding.line.as_ref())),
        Column::new("level", |finding| finding.level.to_owned()),
        Column::new("column", |finding| text(finding.column.as_ref())),
        Column::whole("problem", |finding| finding.problem.clone()),
    ];
}
