//! Reads the file of candidates. The whole file is checked before anything is booked.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result};
use csv::ByteRecord;
use hb_bls::CourseId;
use sha2::{Digest as _, Sha256};

use crate::{
    book::fields::{Fault, Field, Order, Values},
    report::{Failure, Kind},
};

/// A candidate.
pub struct Row {
    /// The line of the file on which the row begins, counted from 1.
    pub line: usize,
    pub order: Order,
    /// A digest of the values, by which a later run notices a change.
    pub digest: String,
}

/// What could be read of a file, and the problems with the rest.
pub struct CandidateFile {
    rows: Vec<Row>,
    problems: Problems,
    /// The courses that rows name, including rows with errors, each with its line. A course that a flag names has none.
    courses: Vec<(Option<usize>, CourseId)>,
}

/// The errors found, each with its line and column, or with neither if it is about a flag.
#[derive(Default)]
pub struct Problems(Vec<(Option<(usize, String)>, String)>);

impl Problems {
    fn add(&mut self, line: usize, column: impl Into<String>, why: impl Into<String>) {
        self.0.push((Some((line, column.into())), why.into()));
    }

    fn add_flag(&mut self, field: Field, why: &str) {
        self.0.push((None, format!("{} {why}", field.flag())));
    }

    /// Fails if there are problems.
    fn settle(self, path: &Path) -> Result<(), Failure> {
        let count = self.0.len();
        if count == 0 {
            return Ok(());
        }
        // line numbers are padded, so that they are also in order when sorted as text
        let lines = self.0.iter().filter_map(|(place, _)| place.as_ref().map(|(line, _)| *line));
        let width = lines.max().map_or(0, |last| last.to_string().len());
        let in_flags = self.0.iter().filter(|(place, _)| place.is_none()).count();
        let mut fields = BTreeMap::<String, Vec<String>>::new();
        for (place, why) in self.0 {
            let place = place.map_or("flags".to_owned(), |(line, column)| format!("line {line:>width$}, {column}"));
            fields.entry(place).or_default().push(why);
        }
        let errors = if count == 1 { "an error".to_owned() } else { format!("{count} errors") };
        let (message, hint) = match in_flags {
            0 => (format!("{} has {errors}", path.display()), "correct the file"),
            _ if in_flags == count => (format!("the flags have {errors}"), "correct the flags"),
            _ => (format!("{} and the flags have {errors}", path.display()), "correct the file and the flags"),
        };
        Err(Failure::new(Kind::Usage, format!("{message}; nothing was booked"))
            .fields(fields)
            .hint(format!("{hint} and run the same command again")))
    }
}

impl CandidateFile {
    /// Reads the rows. A flag replaces a column that the file does not have. Errors in the flags are reported together
    /// with those in the file.
    pub fn read(path: &Path, flags: &Values, faults: &[Fault], earliest: bool) -> Result<Self> {
        let data = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut sheet = Self { rows: Vec::new(), problems: Problems::default(), courses: Vec::new() };
        for (field, why) in faults {
            sheet.problems.add_flag(*field, why);
        }
        sheet.parse(&data, flags, earliest).with_context(|| format!("cannot use {}", path.display()))?;
        Ok(sheet)
    }

    /// Returns the rows if there are no problems. If the courses are `known`, a row for another course is a problem.
    pub fn rows(mut self, path: &Path, known: Option<&[CourseId]>) -> Result<Vec<Row>, Failure> {
        for (line, course_id) in self.courses {
            if known.is_some_and(|known| !known.contains(&course_id)) {
                let why = format!("there is no course {course_id}; `hb-bls courses list` shows them");
                match line {
                    Some(line) => self.problems.add(line, Field::CourseId.name(), why),
                    None => self.problems.add_flag(Field::CourseId, &format!("is wrong: {why}")),
                }
            }
        }
        self.problems.settle(path)?;
        Ok(self.rows)
    }

    fn parse(&mut self, data: &[u8], flags: &Values, earliest: bool) -> Result<(), Failure> {
        let problems = &mut self.problems;
        if data.starts_with(b"\xff\xfe") || data.starts_with(b"\xfe\xff") {
            return Err(not_a_table("it is UTF-16", "save it as CSV in UTF-8"));
        }
        let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(data);
        let mut lines = Lines { data, at: 0, line: 1 };
        let mut record = ByteRecord::new();
        let mut next = move |record: &mut ByteRecord| {
            let start = reader.position().byte();
            // reading from memory cannot fail
            let more = reader.read_byte_record(record).unwrap_or(false);
            more.then(|| lines.line_at(start))
        };
        let Some(line) = next(&mut record) else {
            return Err(not_a_table("it is empty", "its first line names the columns"));
        };
        let columns = columns(line, &record, flags, earliest, problems)?;
        self.courses.extend(course(flags).map(|id| (None, id)));
        let mut candidates = HashMap::new();
        let mut any = false;
        while let Some(line) = next(&mut record) {
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            any = true;
            let Some(values) = values(line, &record, &columns, flags, problems) else { continue };
            if columns.contains(&Some(Field::CourseId)) {
                self.courses.extend(course(&values).map(|id| (Some(line), id)));
            }
            match Order::new(&values, earliest) {
                Ok(order) => {
                    if let Some(other) = candidates.insert(candidate(&order), line) {
                        problems.add(
                            line,
                            Field::Email.name(),
                            format!("the same candidate and training as line {other}"),
                        );
                    }
                    self.rows.push(Row { line, order, digest: digest(&values) });
                }
                Err(faults) => {
                    // a missing column is reported only once, with the header
                    for (field, why) in faults.into_iter().filter(|(field, _)| columns.contains(&Some(*field))) {
                        problems.add(line, field.name(), why);
                    }
                }
            }
        }
        if !any && problems.0.is_empty() {
            return Err(not_a_table("there is no candidate in it", "each line after the first is a candidate"));
        }
        Ok(())
    }
}

/// The course that the values name, if it is a valid id.
fn course(values: &Values) -> Option<CourseId> {
    let text = values.get(&Field::CourseId).filter(|text| Field::CourseId.check(text).is_ok())?;
    text.parse().ok()
}

fn not_a_table(why: &str, hint: &str) -> Failure {
    Failure::new(Kind::Usage, why).hint(hint)
}

/// The field of each column. `None` stands for an unknown column.
fn columns(
    line: usize,
    header: &ByteRecord,
    flags: &Values,
    earliest: bool,
    problems: &mut Problems,
) -> Result<Vec<Option<Field>>, Failure> {
    let names: Vec<_> = header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    if let [name] = &names[..]
        && let Some(separator) = [';', '\t', '|'].into_iter().find(|separator| name.contains(*separator))
    {
        let separator = if separator == '\t' { "tabs".to_owned() } else { format!("`{separator}`") };
        return Err(not_a_table(
            &format!("its columns are separated by {separator}"),
            "save it as CSV with commas between the columns",
        ));
    }
    let mut columns = Vec::<Option<Field>>::new();
    for (index, name) in names.iter().enumerate() {
        let field = Field::named(name);
        match field {
            None if name.is_empty() => problems.add(line, format!("column {}", index + 1), "has no name"),
            None => {
                let (place, why) = unknown(index, name);
                problems.add(line, place, why);
            }
            Some(_) if columns.contains(&field) => problems.add(line, name, "is there twice"),
            Some(field) if earliest && field.is_time() => {
                problems.add(line, name, "does not go with --earliest; leave out one of them");
            }
            Some(field) if flags.contains_key(&field) => {
                problems.add(line, name, format!("is given by {}, too; leave out one of them", field.flag()));
            }
            Some(_) => {}
        }
        columns.push(field);
    }
    for field in Field::all() {
        let needed = field.is_required() && !(earliest && field.is_time());
        if needed && !columns.contains(&Some(field)) && !flags.contains_key(&field) {
            let or = if field.is_time() { ", or --earliest" } else { "" };
            problems.add(line, field.name(), format!("is missing; add the column, or give {}{or}", field.flag()));
        }
    }
    for (field, value) in flags {
        if let Err(why) = field.check(value) {
            problems.add_flag(*field, why);
        }
    }
    Ok(columns)
}

/// The name is not repeated if it may be a candidate's data: a file without a header begins with a candidate.
fn unknown(index: usize, name: &str) -> (String, String) {
    match Field::named(&name.to_lowercase().replace([' ', '-'], "_")) {
        Some(field) => (name.to_owned(), format!("is unknown; is it {}?", field.name())),
        None => (format!("column {}", index + 1), "is unknown; `hb-bls book --help` lists the columns".to_owned()),
    }
}

/// The values of the row and the flags. `None` if the row cannot be read.
fn values(
    line: usize,
    record: &ByteRecord,
    columns: &[Option<Field>],
    flags: &Values,
    problems: &mut Problems,
) -> Option<Values> {
    if record.len() != columns.len() {
        let why = format!("{} where the header has {}; is there a comma without quotes?", record.len(), columns.len());
        problems.add(line, "number of columns", why);
        return None;
    }
    let mut values = flags.clone();
    let mut sound = true;
    for (cell, column) in record.iter().zip(columns) {
        let Some(field) = *column else { continue };
        match std::str::from_utf8(cell) {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => drop(values.insert(field, text.trim().to_owned())),
            Err(_) => {
                problems.add(line, field.name(), "is not UTF-8; save the file as CSV in UTF-8");
                sound = false;
            }
        }
    }
    sound.then_some(values)
}

/// Identifies a candidate and a training. Two rows that agree in this would book the same person twice.
fn candidate(order: &Order) -> impl std::hash::Hash + Eq + use<> {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let details = &order.details;
    let name = format!("{} {}", details.first_name, details.last_name);
    (order.course_id, order.at, words(&name), words(&details.email))
}

fn digest(values: &Values) -> String {
    let mut hash = Sha256::new();
    for (field, value) in values {
        for part in [field.name(), value] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Finds the line number of a position in the file. Positions must be passed in ascending order.
struct Lines<'a> {
    data: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
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

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
