//! The cells of a file, as text, with their lines: separated values of any kind, or a workbook.

use std::io::Cursor;

use calamine::{Cell, Data, DataRef, ExcelDateTime, Reader as _, SheetVisible, Sheets, open_workbook_auto_from_rs};
use csv::ByteRecord;

use super::encoding;
use crate::report::{Failure, Kind};

/// Separators of columns, the most likely first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many lines are looked at to find the separator.
const SAMPLE: usize = 10;
/// How many cells a sheet may have, with the empty ones in between: as many as an .xls can have.
const MOST_CELLS: u64 = 65_536 * 256;

/// A row that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it begins in the file, counted from 1.
    pub number: usize,
    pub cells: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Table {
    pub lines: Vec<Line>,
    /// The sheet of a workbook that was read, if there are others.
    pub sheet: Option<String>,
}

impl Table {
    /// Reads all rows. `known` counts the cells of a line that may be names of columns.
    pub fn read(data: &[u8], known: &dyn Fn(&[String]) -> usize) -> Result<Self, Failure> {
        const ZIP: &[u8] = b"PK\x03\x04";
        const OLD_WORKBOOK: &[u8] = b"\xd0\xcf\x11\xe0";
        let table = if data.starts_with(ZIP) || data.starts_with(OLD_WORKBOOK) {
            workbook(data)?
        } else {
            let text = encoding::decode(data)
                .map_err(|why| unusable(why, "save it again, in Excel as \"CSV UTF-8 (Comma delimited)\""))?;
            Self { lines: separated(&text, known), sheet: None }
        };
        if table.lines.is_empty() {
            return Err(unusable("it is empty", "its first line names the columns"));
        }
        Ok(table)
    }
}

pub fn unusable(why: impl Into<String>, hint: &str) -> Failure {
    Failure::new(Kind::Usage, why).hint(hint)
}

fn is_empty(cells: &[String]) -> bool {
    cells.iter().all(|cell| cell.trim().is_empty())
}

/// Takes the separator by which most columns have names that are known.
fn separated(text: &str, known: &dyn Fn(&[String]) -> usize) -> Vec<Line> {
    // a first line for Excel only
    let named = text.split(['\r', '\n']).next().and_then(|line| line.strip_prefix("sep=")).map(str::as_bytes);
    let separators = match named {
        Some([separator]) => vec![*separator],
        _ => SEPARATORS.to_vec(),
    };
    let best = |separator: &u8| {
        let lines = parse(text, *separator, SAMPLE);
        let names = lines.iter().map(|line| known(&line.cells)).max().unwrap_or_default();
        (names, lines.iter().map(|line| line.cells.len()).max().unwrap_or_default())
    };
    // of equals the first
    let separator = separators.iter().rev().max_by_key(|separator| best(separator)).copied().unwrap_or(b',');
    let mut lines = parse(text, separator, usize::MAX);
    if named.is_some() && !lines.is_empty() {
        lines.remove(0);
    }
    lines
}

fn parse(text: &str, separator: u8, most: usize) -> Vec<Line> {
    let data = text.as_bytes();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(data);
    let mut position = Position { data, at: 0, line: 1 };
    let mut record = ByteRecord::new();
    let mut lines = Vec::new();
    loop {
        let start = reader.position().byte();
        // reading from memory cannot fail
        if lines.len() >= most || !reader.read_byte_record(&mut record).unwrap_or(false) {
            return lines;
        }
        let number = position.line_at(start);
        let cells: Vec<_> = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
        if !is_empty(&cells) {
            lines.push(Line { number, cells });
        }
    }
}

/// Finds the line number of a position in the file. Positions must be passed in ascending order.
struct Position<'a> {
    data: &'a [u8],
    at: usize,
    line: usize,
}

impl Position<'_> {
    /// The line on which the record at this position begins. Empty lines before it are skipped.
    fn line_at(&mut self, start: u64) -> usize {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        while let Some(byte) = self.data.get(self.at) {
            let ends = matches!(byte, b'\n' | b'\r');
            if self.at >= start && !ends {
                break;
            }
            // \r\n is a single line ending
            let half = *byte == b'\r' && self.data.get(self.at + 1) == Some(&b'\n');
            self.line += usize::from(ends && !half);
            self.at += 1;
        }
        self.line
    }
}

/// The first sheet that is shown and has cells.
fn workbook(data: &[u8]) -> Result<Table, Failure> {
    const HINT: &str = "open it in the spreadsheet program and save it again, as .xlsx";
    let cannot = |error: calamine::Error| unusable(format!("the workbook cannot be read: {error}"), HINT);
    let mut book = open_workbook_auto_from_rs(Cursor::new(data)).map_err(cannot)?;
    let shown = book.sheets_metadata().iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<_> = shown.map(|sheet| sheet.name.clone()).collect();
    let mut used = Vec::new();
    for name in names {
        check_extent(&mut book, &name)?;
        let range = book.worksheet_range(&name).map_err(cannot)?;
        let first = range.start().map_or(0, |(row, _)| row as usize);
        let rows = range
            .rows()
            .enumerate()
            .map(|(index, cells)| Line { number: first + index + 1, cells: cells.iter().map(text).collect() });
        let lines: Vec<_> = rows.filter(|line| !is_empty(&line.cells)).collect();
        if !lines.is_empty() {
            used.push((name, lines));
        }
    }
    let several = used.len() > 1;
    let Some((name, lines)) = used.into_iter().next() else { return Ok(Table::default()) };
    Ok(Table { lines, sheet: several.then_some(name) })
}

/// A single cell far away from the others would take more memory than there is: all in between is kept.
fn check_extent(book: &mut Sheets<Cursor<&[u8]>>, name: &str) -> Result<(), Failure> {
    let mut corners = None;
    let mut note = |cell: Cell<DataRef<'_>>| {
        if *cell.get_value() != DataRef::Empty {
            let (row, column) = cell.get_position();
            let (top, left, bottom, right) = corners.unwrap_or((row, column, row, column));
            corners = Some((top.min(row), left.min(column), bottom.max(row), right.max(column)));
        }
    };
    // what cannot be read is told when the cells are
    match book {
        Sheets::Xlsx(book) => {
            if let Ok(mut cells) = book.worksheet_cells_reader(name) {
                while let Ok(Some(cell)) = cells.next_cell() {
                    note(cell);
                }
            }
        }
        Sheets::Xlsb(book) => {
            if let Ok(mut cells) = book.worksheet_cells_reader(name) {
                while let Ok(Some(cell)) = cells.next_cell() {
                    note(cell);
                }
            }
        }
        Sheets::Xls(_) | Sheets::Ods(_) => {}
    }
    let Some((top, left, bottom, right)) = corners else { return Ok(()) };
    if (u64::from(bottom - top) + 1) * (u64::from(right - left) + 1) <= MOST_CELLS {
        return Ok(());
    }
    let why = format!("the sheet \"{name}\" goes to row {} and column {}", u64::from(bottom) + 1, u64::from(right) + 1);
    Err(unusable(why, "something is far away from the candidates: delete all rows below and all columns beside them"))
}

/// What a cell shows, more or less.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::DateTime(at) if at.is_datetime() => date_and_time(at),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::DateTimeIso(text) => text.clone(),
        Data::DurationIso(text) => time_of_day(text).unwrap_or_else(|| text.clone()),
        Data::Error(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// The time of day as OpenDocument has it: as what has passed since midnight.
fn time_of_day(since_midnight: &str) -> Option<String> {
    let seconds = since_midnight.parse::<jiff::SignedDuration>().ok()?.as_secs();
    (0..86_400).contains(&seconds).then(|| format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60))
}

/// A date, a time, or both, as the cell has it.
fn date_and_time(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, _, _) = at.to_ymd_hms_milli();
    let (date, time) = (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}"));
    match at.as_f64() {
        value if value < 1.0 => time,
        value if value.fract() == 0.0 => date,
        _ => format!("{date} {time}"),
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
