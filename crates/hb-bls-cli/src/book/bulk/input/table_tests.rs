use super::*;

fn read(data: impl AsRef<[u8]>) -> Vec<(usize, Vec<String>)> {
    let known = |cells: &[String]| cells.iter().filter(|cell| ["name", "town"].contains(&cell.as_str())).count();
    let table = Table::read(data.as_ref(), &known).unwrap();
    table.lines.into_iter().map(|line| (line.number, line.cells)).collect()
}

fn line(number: usize, cells: &[&str]) -> (usize, Vec<String>) {
    (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
}

#[test]
fn columns_are_separated_in_several_ways() {
    let expected = [line(1, &["name", "town"]), line(2, &["a, b; c", "d|e\tf"])];
    for separator in [",", ";", "\t", "|"] {
        assert_eq!(read(format!("name{separator}town\n\"a, b; c\"{separator}\"d|e\tf\"\n")), expected, "{separator}");
    }
    let marked = read("sep=;\r\nname;town\r\na,b;c\r\n");
    assert_eq!(marked, [line(2, &["name", "town"]), line(3, &["a,b", "c"])]);
}

#[test]
fn empty_lines_are_left_out_and_counted() {
    assert_eq!(read("\n\nname,town\r\n,\r\n \r\na,b\n\n,,,\n"), [line(3, &["name", "town"]), line(6, &["a", "b"])]);
}

#[test]
fn a_title_does_not_hide_the_separator() {
    let lines = read("New starters, week 48\nname;town\na;b\n");
    assert_eq!(lines[1], line(2, &["name", "town"]));
}

#[test]
fn cells_of_workbooks_become_what_people_see() {
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    let mut book = Workbook::new();
    let hidden = book.add_worksheet();
    hidden.set_hidden(true).write(0, 0, "not this one").unwrap();
    book.add_worksheet().set_name("Empty").unwrap();
    let sheet = book.add_worksheet().set_name("People").unwrap().set_active(true);
    let (date, time) = (Format::new().set_num_format("dd/mm/yyyy"), Format::new().set_num_format("hh:mm"));
    sheet.write(1, 0, "name").unwrap();
    sheet.write(3, 0, "Zoë").unwrap();
    sheet.write(3, 1, 447_700_900_123_f64).unwrap();
    sheet.write_with_format(3, 2, ExcelDateTime::from_ymd(2026, 12, 7).unwrap(), &date).unwrap();
    sheet.write_with_format(3, 3, ExcelDateTime::from_hms(9, 30, 0).unwrap(), &time).unwrap();
    sheet.write(3, 4, 1.5).unwrap();
    sheet.write(3, 5, true).unwrap();
    let both = ExcelDateTime::from_ymd(2026, 12, 7).unwrap().and_hms(9, 30, 0).unwrap();
    sheet.write_with_format(3, 6, &both, &date).unwrap();
    let data = book.save_to_buffer().unwrap();
    let lines = read(&data);
    assert_eq!(lines[0].0, 2);
    assert_eq!(lines[1], line(4, &["Zoë", "447700900123", "2026-12-07", "09:30", "1.5", "true", "2026-12-07 09:30"]));
    assert_eq!(Table::read(&data, &|_| 0).unwrap().sheet, None, "the others are hidden or empty");
    book.add_worksheet().set_name("More").unwrap().write(0, 0, "x").unwrap();
    let data = book.save_to_buffer().unwrap();
    assert_eq!(Table::read(&data, &|_| 0).unwrap().sheet.as_deref(), Some("People"));
}

#[test]
fn a_cell_far_away_is_reported() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("People").unwrap();
    sheet.write(0, 0, "name").unwrap();
    sheet.write(1_048_575, 1, "x").unwrap();
    assert_eq!(read(book.save_to_buffer().unwrap()).len(), 2);
    let sheet = book.worksheet_from_name("People").unwrap();
    sheet.write(1_048_575, 16_383, "x").unwrap();
    let why = Table::read(&book.save_to_buffer().unwrap(), &|_| 0).unwrap_err().to_string();
    assert_eq!(why, "the sheet \"People\" goes to row 1048576 and column 16384");
}

#[test]
fn what_is_no_workbook_is_reported() {
    for data in [&b"PK\x03\x04 and nothing"[..], b"\xd0\xcf\x11\xe0 nor this"] {
        let why = Table::read(data, &|_| 0).unwrap_err().to_string();
        assert!(why.starts_with("the workbook cannot be read"), "{why}");
    }
    assert_eq!(Table::read(b"\n", &|_| 0).unwrap_err().to_string(), "it is empty");
}
