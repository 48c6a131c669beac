//! Tables for people.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, presets};

use super::{Column, Record, clean, fit};

/// Between columns.
const GAP: u16 = 2;
/// Long text is not cut below this as long as something else can be done.
const LEAST: u16 = 8;
/// Before what stands under a row.
const INDENT: &str = "      ";

/// Rows under headings, each row one line; below it what has no room in it and may not be cut.
pub fn table<T: Record>(rows: &[Vec<String>], width: Option<u16>) -> Vec<String> {
    let columns: Vec<_> = T::COLUMNS.iter().filter(|column| column.brief.is_some()).collect();
    if columns.iter().all(|column| !column.under) {
        return lines(&columns, rows, width);
    }
    let whole = lines(&columns, rows, None);
    let Some(width) = width.filter(|width| whole.iter().any(|line| fit::columns(line) > usize::from(*width))) else {
        return whole;
    };
    let split = |row: &Vec<String>| -> (Vec<String>, Vec<String>) {
        let (under, beside) = row.iter().zip(&columns).partition::<Vec<_>, _>(|(_, column)| column.under);
        let cells = |of: Vec<(&String, _)>| of.into_iter().map(|(cell, _)| cell.clone()).collect();
        (cells(under), cells(beside))
    };
    let (under, beside): (Vec<_>, Vec<_>) = rows.iter().map(split).unzip();
    let rest: Vec<_> = columns.iter().copied().filter(|column| !column.under).collect();
    let mut shown = lines(&rest, &beside, Some(width)).into_iter();
    let mut text = shown.next().into_iter().collect::<Vec<_>>();
    let room = usize::from(width).saturating_sub(INDENT.len());
    for (line, under) in shown.zip(under) {
        text.push(line);
        let wrapped = under.iter().flat_map(|cell| fit::wrap(cell, room));
        text.extend(wrapped.map(|line| format!("{INDENT}{line}")));
    }
    text
}

/// Rows under headings, each row one line.
fn lines<T>(columns: &[&Column<T>], rows: &[Vec<String>], width: Option<u16>) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_truncation_indicator("…");
    table.set_header(one_line(columns.iter().map(|column| column.heading()).collect()));
    table.add_rows(rows.iter().cloned().map(one_line));
    for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
        shown.set_padding((0, GAP));
        if column.right {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    match width {
        Some(width) => shorten(&mut table, columns, width),
        None => drop(table.set_content_arrangement(ContentArrangement::Disabled)),
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Shortens cells that are too wide: long text first, and others only if that is not enough.
fn shorten<T>(table: &mut Table, columns: &[&Column<T>], width: u16) {
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    let widths = table.column_max_content_widths();
    let least = |(column, content): (&&Column<T>, &u16)| GAP + if column.long { LEAST.min(*content) } else { *content };
    if columns.iter().zip(&widths).map(least).fold(0, u16::saturating_add) > width {
        return;
    }
    for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
        if !column.long {
            shown.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

pub fn row<T: Record>(record: &T) -> Vec<String> {
    T::COLUMNS.iter().filter_map(|column| column.brief).map(|brief| clean::line(&brief(record)).into_owned()).collect()
}

/// Every field with its name, one a line.
pub fn description<T: Record>(record: &T) -> Vec<(String, String)> {
    let fields = T::COLUMNS.iter().map(|column| (column.title(), clean::line(&(column.value)(record)).into_owned()));
    fields.filter(|(_, value)| !value.is_empty()).collect()
}

fn one_line(cells: Vec<String>) -> Row {
    let mut row = Row::from(cells);
    row.max_height(1);
    row
}
