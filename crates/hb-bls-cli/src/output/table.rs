//! Tables for people.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, Width, presets};

use super::{Column, Record, sanitise, wrap};

/// Between columns.
const GAP: u16 = 2;
/// What is long is not cut below this as long as something else can be done.
const LEAST: u16 = 8;
/// Before what stands under a row.
const INDENT: &str = "      ";

/// The columns that tables have.
pub fn columns<T: Record>() -> Vec<&'static Column<T>> {
    T::COLUMNS.iter().filter(|column| column.brief.is_some()).collect()
}

/// Rows under headings, each row one line; below it what has no room in it and may not be cut.
pub fn table<T>(columns: &[&Column<T>], rows: &[Vec<String>], width: Option<u16>) -> Vec<String> {
    let whole = lines(columns, rows, None);
    let Some(width) = width.filter(|width| whole.iter().any(|line| wrap::columns(line) > usize::from(*width))) else {
        return whole;
    };
    let (under, beside) = arranged(columns, rows, width.into());
    let pick = |row: &Vec<String>| beside.iter().map(|at| row[*at].clone()).collect();
    let cells: Vec<Vec<String>> = rows.iter().map(pick).collect();
    let beside: Vec<_> = beside.iter().map(|at| columns[*at]).collect();
    let mut shown = lines(&beside, &cells, Some(width)).into_iter();
    let mut text = shown.next().into_iter().collect::<Vec<_>>();
    let room = usize::from(width).saturating_sub(INDENT.len());
    for (line, row) in shown.zip(rows) {
        text.push(line);
        let wrapped = under.iter().flat_map(|at| wrap::wrap(&below(columns[*at], &row[*at]), room));
        text.extend(wrapped.map(|line| format!("{INDENT}{line}")));
    }
    text
}

/// A cell under the row. What stands in it elsewhere is named.
fn below<T>(column: &Column<T>, cell: &str) -> String {
    if column.under || cell.is_empty() {
        cell.to_owned()
    } else {
        format!("{}: {cell}", column.heading().to_lowercase())
    }
}

/// The columns that stand under the row and those that stand in it, as there is room. Spare ones are left out first, those of
/// long texts before others. Then the last ones stand under the row, rather than all be cut.
fn arranged<T>(columns: &[&Column<T>], rows: &[Vec<String>], width: usize) -> (Vec<usize>, Vec<usize>) {
    let least = |at: &usize| {
        let cells = rows.iter().map(|row| wrap::columns(&row[*at]));
        let widest = cells.chain([wrap::columns(&columns[*at].heading())]).max().unwrap_or_default();
        usize::from(GAP) + columns[*at].least.map_or(widest, |least| widest.min(least.into()))
    };
    let (mut under, mut beside): (Vec<_>, Vec<_>) = (0..columns.len()).partition(|at| columns[*at].under);
    if beside.is_empty() {
        std::mem::swap(&mut under, &mut beside);
    }
    while beside.iter().map(least).sum::<usize>() > width {
        let last =
            |is_long| beside.iter().rposition(|at| columns[*at].spare && columns[*at].least.is_some() == is_long);
        match last(true).or_else(|| last(false)) {
            Some(spare) => drop(beside.remove(spare)),
            None if beside.len() > 1 => under.insert(0, beside.remove(beside.len() - 1)),
            None => break,
        }
    }
    (under, beside)
}

/// Rows under headings, each row one line.
fn lines<T>(columns: &[&Column<T>], rows: &[Vec<String>], width: Option<u16>) -> Vec<String> {
    let mut table = Table::new();
    // what is cut is cut at a letter, since a cut at a word would leave nothing of many surnames
    table.load_style(presets::NOTHING).set_truncation_indicator("…").set_delimiter('\0');
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
    // a name that is very long is cut rather than all that stands beside it
    let fits = |most: u16| {
        let least = |(column, content): (&&Column<T>, &u16)| {
            column.least.map_or(*content, |least| least.min(*content).min(most)) + GAP
        };
        let least: Vec<_> = columns.iter().zip(&widths).map(least).collect();
        (least.iter().copied().fold(0, u16::saturating_add) <= width).then_some(least)
    };
    let Some(least) = fits(u16::MAX).or_else(|| fits(LEAST)) else { return };
    for ((column, least), shown) in columns.iter().zip(least).zip(table.column_iter_mut()) {
        shown.set_constraint(match column.least {
            Some(_) => ColumnConstraint::LowerBoundary(Width::Fixed(least)),
            None => ColumnConstraint::ContentWidth,
        });
    }
}

pub fn row<T>(columns: &[&Column<T>], record: &T) -> Vec<String> {
    columns.iter().map(|column| sanitise::line(&column.shown(record)).into_owned()).collect()
}

/// Every field with its name, one a line.
pub fn description<T: Record>(record: &T) -> Vec<(String, String)> {
    let fields =
        T::COLUMNS.iter().map(|column| (column.title(), sanitise::line(&(column.described)(record)).into_owned()));
    fields.filter(|(_, value)| !value.is_empty()).collect()
}

fn one_line(cells: Vec<String>) -> Row {
    let mut row = Row::from(cells);
    row.max_height(1);
    row
}
