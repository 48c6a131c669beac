//! The output of the command, for people or for programs.

mod columns;
mod csv;
pub mod json;
mod list;
mod record;
pub mod sanitise;
mod spreadsheet;
mod table;
pub mod wrap;

use std::{
    io::{self, Write as _},
    thread,
};

use clap::ValueEnum;
use serde::Serialize;
use tokio::sync::oneshot;

pub use columns::{ColumnNames, Columns};
pub use list::{Printed, document, used_columns};
pub use record::{Column, Record, instant, read_date, read_instant, read_zoned, text, time, yes, zoned};
pub use spreadsheet::{MARK, Sheet, SheetKind};
pub use wrap::width;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    #[value(alias = "text")]
    Table,
    /// One JSON document: an array for a list, otherwise an object
    Json,
    /// One JSON object per line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}

impl Format {
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
}

/// Prints results to stdout, and notes to stderr.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
    quiet: bool,
}

impl Output {
    /// Prints in this format; `quiet` leaves out the notes.
    pub fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet }
    }

    pub fn format(self) -> Format {
        self.format
    }

    pub fn is_json(self) -> bool {
        self.format.is_json()
    }

    #[must_use]
    pub fn with_format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    pub fn line(self, value: &impl Serialize) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", json::line(value)?)?;
        out.flush()
    }

    /// Prints lines for people. Escapes of the terminal must be [sanitised](sanitise) out of what comes from elsewhere.
    pub fn text(self, lines: &str) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{lines}")?;
        out.flush()
    }

    /// Prints a note for people on stderr. That it cannot be printed is no reason to stop.
    pub fn note(self, text: &str) {
        if self.format == Format::Table {
            self.notice(text);
        }
    }

    /// Prints on stderr, in every format, what is not in the results. Where errors are objects, so is this.
    pub fn notice(self, text: &str) {
        #[derive(Serialize)]
        struct Note<'a> {
            note: &'a str,
        }
        if self.quiet {
            return;
        }
        let line = if self.is_json() {
            json::line(&Note { note: text }).unwrap_or_default()
        } else {
            wrap::lines(&sanitise::lines(text), wrap::width_of_errors())
        };
        drop(writeln!(anstream::stderr().lock(), "{line}"));
    }
}

/// Prints items in a thread of its own until there are no more, since the program that reads the output may be slow or stop
/// reading. The receiver gets the outcome.
pub fn as_it_comes<T>(
    mut next: impl FnMut() -> Option<T> + Send + 'static,
    show: impl Fn(&T) -> io::Result<()> + Send + 'static,
) -> oneshot::Receiver<io::Result<()>> {
    let (ended, end) = oneshot::channel();
    thread::spawn(move || {
        let mut shown = Ok(());
        while let Some(thing) = next() {
            shown = show(&thing);
            if shown.is_err() {
                break;
            }
        }
        drop(ended.send(shown));
    });
    end
}
