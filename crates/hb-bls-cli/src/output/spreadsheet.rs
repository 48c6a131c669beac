//! Rows of text in a file: CSV, or a workbook.

use std::{io, path::Path};

use anyhow::Result;
use rust_xlsxwriter::{Format as Style, Workbook};

use super::csv;
use crate::report::{Failure, Kind};

/// What Excel needs at the beginning of CSV, so as not to take it for Windows-1252.
pub const MARK: &str = "\u{feff}";

/// What a file of rows is, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetKind {
    Csv,
    Xlsx,
}

/// A header, and rows of as many cells.
#[derive(Debug, Default)]
pub struct Sheet {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl SheetKind {
    /// By the end of a file's name, which a flag gives.
    pub fn of(path: &Path, flag: &str) -> Result<Self, Failure> {
        match path.extension().and_then(|end| end.to_str()).map(str::to_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("xlsx") => Ok(Self::Xlsx),
            _ => Err(Failure::new(Kind::Usage, format!("{flag} must end in .csv or .xlsx"))),
        }
    }
}

impl Sheet {
    /// The bytes of the file.
    pub fn write(&self, kind: SheetKind) -> Result<Vec<u8>> {
        match kind {
            SheetKind::Csv => Ok(self.csv()?.into_bytes()),
            SheetKind::Xlsx => self.xlsx(),
        }
    }

    fn csv(&self) -> io::Result<String> {
        let rows = std::iter::once(&self.header).chain(&self.rows);
        let line = |row: &Vec<String>| csv::line(row.iter().map(|cell| csv::field(cell.clone()).into()));
        rows.map(line).try_fold(MARK.to_owned(), |text, line| Ok(text + &line?))
    }

    /// Every cell is text, so that nothing of it is rounded or run as a formula.
    fn xlsx(&self) -> Result<Vec<u8>> {
        /// In pixels.
        const WIDEST: u32 = 300;
        let (bold, plain) = (Style::new().set_bold(), Style::new().set_num_format("@"));
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for column in 0..self.header.len() {
            sheet.set_column_format(u16::try_from(column)?, &plain)?;
        }
        for (line, row) in std::iter::once(&self.header).chain(&self.rows).enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let style = if line == 0 { &bold } else { &plain };
                sheet.write_string_with_format(u32::try_from(line)?, u16::try_from(column)?, cell, style)?;
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_autofit_max_width(WIDEST);
        sheet.autofit();
        Ok(book.save_to_buffer()?)
    }
}
