//! Workbooks.

use std::path::Path;

use calamine::{Reader as _, open_workbook_auto};
use rust_xlsxwriter::Workbook;

/// Writes a workbook of texts.
pub fn write(path: &Path, rows: &[Vec<String>]) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    book.save(path).unwrap();
}

/// The texts of a workbook.
pub fn read(path: &Path) -> Vec<Vec<String>> {
    let mut book = open_workbook_auto(path).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().map(|cells| cells.iter().map(ToString::to_string).collect()).collect()
}
