//! Workbooks.

use std::path::Path;

use rust_xlsxwriter::Workbook;

/// Writes a workbook with what a CSV text says, all of it as text.
pub fn xlsx(path: &Path, csv: &str) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    for (row, record) in reader.records().enumerate() {
        for (column, cell) in record.unwrap().iter().enumerate() {
            sheet.write_string(u32::try_from(row).unwrap(), u16::try_from(column).unwrap(), cell).unwrap();
        }
    }
    book.save(path).unwrap();
}
