//! The steps of the demo, and how they are shown.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::output::{Column, Format, Output, Record, wrap};

/// One thing that happened, of which a person reads the text and a program the fields.
#[derive(Serialize)]
pub struct Step {
    /// A word for it that does not change between runs.
    #[serde(rename = "step")]
    pub name: &'static str,
    pub text: String,
    pub calls: Vec<Call>,
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

#[derive(Serialize)]
pub struct Call {
    pub method: String,
    /// The path, with its query.
    pub path: String,
    pub status: Option<u16>,
}

impl Record for Step {
    const COLUMNS: &'static [Column<Self>] =
        &[Column::new("step", |step| step.name.to_owned()), Column::new("text", |step| step.text.clone())];
}

/// Shows steps: one by one as they happen, or as a list at the end if the format is a document.
pub struct Steps {
    output: Output,
    kept: Vec<Step>,
}

impl Steps {
    pub fn new(output: Output) -> Self {
        Self { output, kept: Vec::new() }
    }

    /// Shows a step: for people a line and one per call, for programs an object on a line.
    pub fn tell(&mut self, step: Step) -> io::Result<()> {
        match self.output.format() {
            Format::Table => print(&step),
            Format::Jsonl => self.output.line(&step),
            Format::Json | Format::Csv => {
                self.kept.push(step);
                Ok(())
            }
        }
    }

    pub fn end(&self) -> Result<()> {
        match self.output.format() {
            Format::Table | Format::Jsonl => Ok(()),
            Format::Json | Format::Csv => self.output.list(&self.kept, ""),
        }
    }
}

fn print(step: &Step) -> io::Result<()> {
    const NAME: Style = AnsiColor::Cyan.on_default().bold();
    const CALL: Style = Style::new().dimmed();
    // without colour in a pipe or with NO_COLOR
    let mut out = anstream::stdout().lock();
    let room = wrap::width().map_or(usize::MAX, |width| usize::from(width).saturating_sub(13));
    let mut lines = wrap::wrap(&step.text, room).into_iter();
    writeln!(out, "{NAME}{:<12}{NAME:#} {}", step.name, lines.next().unwrap_or_default())?;
    for line in lines {
        writeln!(out, "{:13}{line}", "")?;
    }
    for call in &step.calls {
        let status = call.status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
        writeln!(out, "{:12} {CALL}{} {} -> {status}{CALL:#}", "", call.method, call.path)?;
    }
    out.flush()
}
