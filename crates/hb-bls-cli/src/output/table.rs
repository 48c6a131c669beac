//! Tables for people.

use std::io::IsTerminal as _;

use comfy_table::{CellAlignment, ContentArrangement, Row, Table, presets};

use super::{Record, clean};

/// The width to fit into; nothing where no terminal is.
pub fn width() -> Option<u16> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| width.0)
}

/// Rows under titles, each row one line.
pub fn table<T: Record>(rows: &[Vec<String>], width: Option<u16>) -> Vec<String> {
    let columns = || T::COLUMNS.iter().filter(|column| column.brief.is_some());
    let titles = columns().map(|column| column.title().to_uppercase()).collect();
    let right: Vec<bool> = columns().map(|column| column.right).collect();
    lines(titles, rows, &right, width)
}

/// The fields of a row.
pub fn row<T: Record>(record: &T) -> Vec<String> {
    T::COLUMNS.iter().filter_map(|column| column.brief).map(|brief| clean::line(&brief(record)).into_owned()).collect()
}

/// Every field with its name, one a line.
pub fn description<T: Record>(record: &T) -> Vec<(String, String)> {
    let fields = T::COLUMNS.iter().map(|column| (column.title(), clean::line(&(column.value)(record)).into_owned()));
    fields.filter(|(_, value)| !value.is_empty()).collect()
}

fn lines(titles: Vec<String>, rows: &[Vec<String>], right: &[bool], width: Option<u16>) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_truncation_indicator("…").set_header(one_line(titles));
    match width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.add_rows(rows.iter().cloned().map(one_line));
    for (column, right) in table.column_iter_mut().zip(right) {
        column.set_padding((0, 2));
        if *right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn one_line(cells: Vec<String>) -> Row {
    let mut row = Row::from(cells);
    row.max_height(1);
    row
}
