//! `hb-bls bookings export`: all fields, in files for spreadsheets, programs and calendars.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use futures::{Stream, TryStreamExt as _};
use hb_bls::Booking;

use super::calendar;
use crate::{
    atomic_file,
    output::{self, Format, Output, Record, Sheet, SheetKind},
    report::{Failure, Kind},
};

/// Formats for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated values with a header
    Csv,
    /// A workbook for Excel; needs --out
    Xlsx,
    /// One JSON object per line
    Jsonl,
    /// A calendar
    Ics,
}

/// Where and how bookings are written.
#[derive(Debug, clap::Args)]
pub struct Target {
    /// The format; by default that of --output, or by the end of --out
    #[arg(long, value_enum)]
    format: Option<ExportFormat>,
    /// Write to this file instead of stdout; only you can read it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Begin CSV with the mark by which Excel recognises UTF-8
    #[arg(long)]
    excel: bool,
    /// Put the links and passwords of the meetings into the calendar
    #[arg(long)]
    with_links: bool,
}

impl Target {
    /// What is asked for by name, by the end of the file or by `--output`. What is printed must not contradict that.
    pub fn format(&self, output: Output) -> Result<ExportFormat, Failure> {
        let end = |path: &Path| path.extension().and_then(|end| ExportFormat::from_str(end.to_str()?, true).ok());
        let by_output = match output.format() {
            Format::Csv => Some(ExportFormat::Csv),
            Format::Jsonl => Some(ExportFormat::Jsonl),
            Format::Table | Format::Json => None,
        };
        let format = self.format.or_else(|| self.out.as_deref().and_then(end)).or(by_output).ok_or_else(|| {
            Failure::new(Kind::Usage, "the format is missing")
                .hint("add --format csv, xlsx, jsonl or ics, or --out with a file that ends so")
        })?;
        let other = self.out.as_deref().and_then(|out| Some((out, end(out).filter(|end| *end != format)?)));
        if let Some((out, end)) = other {
            let message = format!("--format {} contradicts the end of {}", name(format), out.display());
            return Err(Failure::new(Kind::Usage, message).hint(format!("leave out --format for {}", name(end))));
        }
        for (is_given, flag, only) in
            [(self.excel, "--excel", ExportFormat::Csv), (self.with_links, "--with-links", ExportFormat::Ics)]
        {
            if is_given && format != only {
                let message = format!("{flag} is for {}, and the format is {}", name(only), name(format));
                return Err(Failure::new(Kind::Usage, message).hint(format!("leave out {flag}")));
            }
        }
        if format == ExportFormat::Xlsx && self.out.is_none() {
            return Err(Failure::new(Kind::Usage, "a workbook cannot be printed").hint("name a file with --out"));
        }
        let agrees = match output.format() {
            Format::Table => true,
            Format::Json | Format::Jsonl => format == ExportFormat::Jsonl,
            Format::Csv => format == ExportFormat::Csv,
        };
        // what goes to a file says nothing of how errors are printed
        if self.out.is_none() && !agrees {
            let (format, output) = (name(format), name(output.format()));
            return Err(Failure::new(Kind::Usage, format!("--format {format} contradicts --output {output}"))
                .hint(format!("leave out --output {output} for {format}; or write it to a file with --out")));
        }
        Ok(format)
    }

    pub async fn write(
        self,
        format: ExportFormat,
        output: Output,
        items: impl Stream<Item = hb_bls::Result<Booking>>,
    ) -> Result<()> {
        const CANNOT: &str = "cannot export bookings";
        let streamed = match format {
            ExportFormat::Csv if !self.excel => Some(Format::Csv),
            ExportFormat::Jsonl => Some(Format::Jsonl),
            _ => None,
        };
        if let (Some(format), None) = (streamed, &self.out) {
            return output.with_format(format).stream(items, "").await.context(CANNOT);
        }
        let bookings: Vec<Booking> = items.try_collect().await.context(CANNOT)?;
        let content = match format {
            ExportFormat::Csv => {
                let mark = if self.excel { output::MARK } else { "" };
                (mark.to_owned() + &output::document(Format::Csv, &bookings)?).into_bytes()
            }
            ExportFormat::Jsonl => output::document(Format::Jsonl, &bookings)?.into_bytes(),
            ExportFormat::Ics => calendar::calendar(&bookings, self.with_links).into_bytes(),
            ExportFormat::Xlsx => sheet(&bookings).write(SheetKind::Xlsx)?,
        };
        let Some(path) = self.out else {
            let mut out = io::stdout().lock();
            out.write_all(&content)?;
            return Ok(out.flush()?);
        };
        atomic_file::write(&path, &content).with_context(|| format!("cannot write {}", path.display()))?;
        let count = if bookings.len() == 1 { "1 booking".to_owned() } else { format!("{} bookings", bookings.len()) };
        output.note(&format!("{count} written to {}", path.display()));
        Ok(())
    }
}

/// What it is called on the command line.
fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn sheet(bookings: &[Booking]) -> Sheet {
    let row = |booking: &Booking| Booking::COLUMNS.iter().map(|column| (column.value)(booking)).collect();
    Sheet {
        header: Booking::COLUMNS.iter().map(|column| column.name.to_owned()).collect(),
        rows: bookings.iter().map(row).collect(),
    }
}
