//! Lists and single things, in every format.

use std::{
    io::{self, IsTerminal as _, Write},
    pin::pin,
};

use anstyle::Style;
use anyhow::Result;
use futures::{FutureExt as _, Stream, StreamExt as _};

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Column, Columns, Format, Output, Record, csv, json, sanitise, table, wrap};

/// Titles of tables, names of fields.
const TITLE: Style = Style::new().bold();

/// Whether what was done could be printed.
pub type Printed = io::Result<()>;

impl Output {
    /// Prints a list as it comes. Only a table has to wait for the end, to know how wide its columns are; if the list
    /// breaks off, what came of it is printed all the same.
    pub async fn stream<T: Record, E: Into<anyhow::Error>>(
        self,
        items: impl Stream<Item = Result<T, E>>,
        nothing: &str,
    ) -> Result<()> {
        self.stream_columns(&self.usual_columns(), items, nothing).await
    }

    /// The same with these columns.
    pub async fn stream_columns<T: Record, E: Into<anyhow::Error>>(
        self,
        columns: &Columns<T>,
        items: impl Stream<Item = Result<T, E>>,
        nothing: &str,
    ) -> Result<()> {
        let (outcome, printed) = self.print(columns, items, nothing, false).await;
        printed?;
        outcome
    }

    /// Prints results of work that goes on to the end even if they cannot be printed any more; whether they could is the
    /// result.
    pub async fn work<T: Record, E: Into<anyhow::Error>>(
        self,
        items: impl Stream<Item = Result<T, E>>,
        nothing: &str,
    ) -> Result<Printed> {
        let (outcome, printed) = self.print(&self.usual_columns(), items, nothing, true).await;
        outcome.map(|()| printed)
    }

    async fn print<T: Record, E: Into<anyhow::Error>>(
        self,
        columns: &Columns<T>,
        items: impl Stream<Item = Result<T, E>>,
        nothing: &str,
        to_the_end: bool,
    ) -> (Result<()>, Printed) {
        let mut items = pin!(items);
        let mut rows = Vec::new();
        let mut printer = Printer::new(self.format());
        let mut printed = printer.begin(columns);
        let outcome = loop {
            if printed.is_err() && !to_the_end {
                break Ok(());
            }
            // flush what there is before waiting for more
            let next = match items.next().now_or_never() {
                Some(next) => next,
                None => {
                    printed = printed.and_then(|()| printer.out.flush());
                    items.next().await
                }
            };
            match next {
                None => break Ok(()),
                Some(Err(error)) => break Err(error.into()),
                Some(Ok(item)) if self.format() == Format::Table => rows.push(table::row(columns, &item)),
                Some(Ok(item)) => printed = printed.and_then(|()| printer.item(columns, &item)),
            }
        };
        printed = printed.and_then(|()| printer.end());
        if self.format() == Format::Table {
            printed =
                printed.and_then(|()| self.print_table(columns, &rows, if outcome.is_ok() { nothing } else { "" }));
        }
        (outcome, printed)
    }

    pub fn list<T: Record>(self, items: &[T], nothing: &str) -> Result<()> {
        self.list_columns(&self.usual_columns(), items, nothing)
    }

    /// The same with these columns.
    pub fn list_columns<T: Record>(self, columns: &Columns<T>, items: &[T], nothing: &str) -> Result<()> {
        if self.format() == Format::Table {
            let rows: Vec<_> = items.iter().map(|item| table::row(columns, item)).collect();
            return Ok(self.print_table(columns, &rows, nothing)?);
        }
        let mut printer = Printer::new(self.format());
        printer.begin(columns)?;
        items.iter().try_for_each(|item| printer.item(columns, item))?;
        Ok(printer.end()?)
    }

    /// Prints one thing in full.
    pub fn object<T: Record>(self, item: &T) -> Result<()> {
        match self.format() {
            Format::Table => Ok(describe(&table::description(item))?),
            Format::Csv => self.list(std::slice::from_ref(item), ""),
            Format::Json | Format::Jsonl => self.json(item),
        }
    }

    /// Prints one thing that has no type of its own, in full.
    pub fn fields(self, fields: &[(&'static str, Value)]) -> Result<()> {
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match self.format() {
            Format::Table => {
                let title = |name: &str| name.replace('_', " ");
                let fields =
                    fields.iter().map(|(name, value)| (title(name), sanitise::line(&text(value)).into_owned()));
                Ok(describe(&fields.filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>())?)
            }
            Format::Csv => {
                let mut out = io::stdout().lock();
                write!(out, "{}", csv::line(fields.iter().map(|(name, _)| (*name).into()))?)?;
                write!(out, "{}", csv::line(fields.iter().map(|(_, value)| csv::field(text(value)).into()))?)?;
                Ok(out.flush()?)
            }
            Format::Json | Format::Jsonl => self.json(&InOrder(fields)),
        }
    }

    /// Prints JSON: in many lines for a person.
    pub fn json(self, value: &impl Serialize) -> Result<()> {
        if self.format() == Format::Json && io::stdout().is_terminal() {
            return Ok(self.text(&json::pretty(value)?)?);
        }
        Ok(self.line(value)?)
    }

    /// Prints a part of a page for people: a title, and a table of the columns that are not empty.
    pub fn section<T: Record>(self, title: &str, items: &[T]) -> Result<()> {
        self.text(&wrap::lines(&format!("{TITLE}{}{TITLE:#}", sanitise::line(title)), wrap::width()))?;
        let columns = used_columns(items);
        let rows: Vec<_> = items.iter().map(|item| table::row(&columns, item)).collect();
        Ok(self.print_table(&columns, &rows, "")?)
    }

    fn print_table<T>(self, columns: &[&Column<T>], rows: &[Vec<String>], nothing: &str) -> io::Result<()> {
        if rows.is_empty() {
            if !nothing.is_empty() {
                self.note(nothing);
            }
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        for (index, line) in table::table(columns, rows, wrap::width()).into_iter().enumerate() {
            if index == 0 { writeln!(out, "{TITLE}{line}{TITLE:#}")? } else { writeln!(out, "{line}")? }
        }
        out.flush()
    }

    /// Prints that something was done: a sentence for people, on stderr, else fields.
    pub fn done(self, text: &str, fields: &[(&'static str, Value)]) -> Result<()> {
        if self.format() == Format::Table {
            self.note(text);
            return Ok(());
        }
        self.fields(fields)
    }
}

/// The columns of a table in which any of the items has something.
pub fn used_columns<T: Record>(items: &[T]) -> Vec<&'static Column<T>> {
    let is_used = |column: &&Column<T>| items.iter().any(|item| !column.shown(item).is_empty());
    table::columns().into_iter().filter(is_used).collect()
}

/// An object whose fields keep their order.
struct InOrder<'a>(&'a [(&'static str, Value)]);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Every name with its value, beside it or below it.
fn describe(fields: &[(String, String)]) -> io::Result<()> {
    let names = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let mut out = anstream::stdout().lock();
    for (name, value) in fields {
        let (beside, lines) = wrap::beside(names + 2, value, wrap::width());
        let indent = if beside { names + 2 } else { 0 };
        match lines.split_first().filter(|_| beside) {
            Some((first, _)) => writeln!(out, "{TITLE}{name:<names$}{TITLE:#}  {first}")?,
            None => writeln!(out, "{TITLE}{name}{TITLE:#}")?,
        }
        for line in &lines[usize::from(beside)..] {
            writeln!(out, "{:indent$}{line}", "")?;
        }
    }
    out.flush()
}

/// A list as a file has it: CSV, or else one JSON object a line.
pub fn document<T: Record>(format: Format, items: &[T]) -> io::Result<String> {
    if format == Format::Csv {
        let columns: Columns<T> = T::COLUMNS.iter().collect();
        let mut rows = items.iter().map(|item| csv::row(&columns, item));
        return rows.try_fold(csv::header(&columns)?, |text, row| Ok(text + &row?));
    }
    items.iter().map(|item| json::line(item)).try_fold(String::new(), |text, line| Ok(text + &line? + "\n"))
}

/// Prints items one after the other, for programs.
struct Printer {
    format: Format,
    out: io::BufWriter<io::Stdout>,
    first: bool,
}

impl Printer {
    fn new(format: Format) -> Self {
        Self { format, out: io::BufWriter::new(io::stdout()), first: true }
    }

    fn begin<T>(&mut self, columns: &[&Column<T>]) -> io::Result<()> {
        match self.format {
            Format::Csv => write!(self.out, "{}", csv::header(columns)?),
            Format::Json => write!(self.out, "["),
            Format::Table | Format::Jsonl => Ok(()),
        }
    }

    fn item<T: Record>(&mut self, columns: &[&Column<T>], item: &T) -> io::Result<()> {
        match self.format {
            Format::Csv => write!(self.out, "{}", csv::row(columns, item)?)?,
            Format::Json => {
                write!(self.out, "{}{}", if self.first { "\n" } else { ",\n" }, json::line(item)?)?;
            }
            Format::Table | Format::Jsonl => writeln!(self.out, "{}", json::line(item)?)?,
        }
        self.first = false;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if self.format == Format::Json {
            writeln!(self.out, "{}]", if self.first { "" } else { "\n" })?;
        }
        self.out.flush()
    }
}
