//! What the command prints, for people or for programs.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde_json::{Map, Value, json};

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

/// One thing that happened, of which a person reads the text and a program the fields.
pub struct Step {
    /// A word for it, the same from run to run.
    pub name: &'static str,
    /// What happened.
    pub text: String,
    /// The calls that it took.
    pub calls: Vec<Call>,
    /// What a program may want to know.
    pub fields: Map<String, Value>,
}

/// One HTTP call.
pub struct Call {
    /// The method.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// The status of the answer.
    pub status: Option<u16>,
}

/// Prints steps, at once.
#[derive(Clone, Copy)]
pub struct Output {
    format: Format,
}

const NAME: Style = AnsiColor::Cyan.on_default().bold();
const CALL: Style = Style::new().dimmed();
const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Output {
    /// Prints in this format.
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// Prints a step: for people a line and one per call, for programs an object.
    pub fn step(self, step: &Step) -> io::Result<()> {
        match self.format {
            Format::Text => {
                // without colour where nobody looks, or where NO_COLOR asks for it
                let mut out = anstream::stdout().lock();
                writeln!(out, "{NAME}{:<12}{NAME:#} {}", step.name, step.text)?;
                for call in &step.calls {
                    let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
                    writeln!(out, "{:12} {CALL}{} {} -> {status}{CALL:#}", "", call.method, call.path)?;
                }
                out.flush()
            }
            Format::Json => {
                let calls: Vec<Value> = step
                    .calls
                    .iter()
                    .map(|call| json!({ "method": call.method, "path": call.path, "status": call.status }))
                    .collect();
                let mut object =
                    Map::from_iter([("step".to_owned(), json!(step.name)), ("text".to_owned(), json!(step.text))]);
                object.insert("calls".to_owned(), calls.into());
                object.extend(step.fields.clone());
                self.line(&object.into())
            }
        }
    }

    /// Prints one line of JSON.
    pub fn line(self, value: &Value) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{value}")?;
        out.flush()
    }

    /// Prints a line for people.
    pub fn text(self, line: &str) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }

    /// The format.
    pub fn format(self) -> Format {
        self.format
    }
}

/// Prints why the command failed. If that cannot be printed either, the exit code has to do.
pub fn print_error(error: &anyhow::Error) {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        // many errors tell their cause themselves
        if !text.ends_with(&cause) {
            text = if text.is_empty() { cause } else { format!("{text}: {cause}") };
        }
    }
    drop(writeln!(anstream::stderr(), "{ERROR}error{ERROR:#}: {text}"));
}
