//! Reads the file of candidates. The whole file is checked before anything is booked.

mod columns;
mod encoding;
mod people;
mod problems;
mod table;

use std::{collections::HashMap, fmt};

use anyhow::{Context as _, Result};
use columns::Use;
pub use columns::{Mapping, WHY_NOT, is_why_not};
use hb_bls::{CourseId, Date};
pub use people::people;
pub use problems::Problems;
use sha2::{Digest as _, Sha256};
use table::{Line, Table, unusable};

use super::source::Source;
use crate::{
    book::fields::{Fault, Field, Order, Values},
    report::Failure,
    words::words,
};

/// How many lines may stand above the names of the columns.
const TITLES: usize = 10;

/// A candidate.
pub struct Row {
    /// The line of the file on which the row begins, counted from 1.
    pub line: usize,
    pub order: Order,
    /// A digest of the values, by which a later run notices a change.
    pub digest: String,
    /// The cells as they are in the file.
    pub cells: Vec<String>,
    /// What the file has beside the fields of a booking.
    pub extra: Vec<(String, String)>,
}

/// With what a file is read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// Replace columns that the file does not have.
    pub flags: &'a Values,
    /// Fill in what neither a column nor a flag gives.
    pub defaults: &'a Values,
    /// Errors in the flags, which are reported together with those in the file.
    pub faults: &'a [Fault],
    /// Whether rows need not name a timeslot.
    pub earliest: bool,
    pub mappings: &'a [Mapping],
    pub today: Date,
}

/// What could be read of a file, and the problems with the rest.
pub struct CandidateFile {
    /// The names of the columns, as they are in the file.
    pub header: Vec<String>,
    pub rows: Vec<Row>,
    /// How the file was understood, where that is not plain.
    pub understood: Vec<String>,
    pub problems: Problems,
    /// The courses that rows name, including rows with errors, each with its line. A course that a flag names has none.
    courses: Vec<(Option<usize>, CourseId)>,
}

impl CandidateFile {
    /// Reads the rows.
    pub fn of(source: &Source, reading: &Reading) -> Result<Self> {
        Self::parse(&source.data, reading).with_context(|| format!("cannot use {source}"))
    }

    /// Notes rows for courses that are not among those that are known.
    pub fn check_courses(&mut self, known: &[CourseId]) {
        for (line, course_id) in std::mem::take(&mut self.courses) {
            if !known.contains(&course_id) {
                let why = format!("there is no course {course_id}; `hb-bls courses list` shows them");
                match line {
                    Some(line) => self.problems.add(line, Field::CourseId.name(), why),
                    None => self.problems.add_flag(Field::CourseId, &format!("is wrong: {why}")),
                }
            }
        }
    }

    /// Values that may be wrong, each with its line.
    pub fn doubts(&self) -> Vec<String> {
        let doubts = self.rows.iter().flat_map(|row| row.order.doubts.iter().map(|doubt| (row.line, doubt)));
        doubts.map(|(line, (field, doubt))| format!("line {line}, {}: {doubt}", field.name())).collect()
    }

    /// Fails if there are problems.
    pub fn settle(mut self, file: impl fmt::Display) -> Result<Self, Failure> {
        std::mem::take(&mut self.problems).settle(file)?;
        Ok(self)
    }

    fn parse(data: &[u8], reading: &Reading) -> Result<Self, Failure> {
        let table = Table::read(data, &|cells| columns::known(cells, reading.mappings))?;
        let (above, header, lines) = split(&table.lines, reading.mappings)?;
        let (uses, _) = columns::uses(&header.cells, reading.mappings);
        let mut flags = reading.flags.clone();
        for (field, value) in reading.defaults.iter().filter(|(field, _)| !uses.contains(&Use::Field(**field))) {
            flags.entry(*field).or_insert_with(|| value.clone());
        }
        let reading = &Reading { flags: &flags, ..*reading };
        let mut file = Self {
            header: header.cells.clone(),
            rows: Vec::new(),
            understood: Vec::new(),
            problems: Problems::default(),
            courses: course(reading.flags).map(|id| (None, id)).into_iter().collect(),
        };
        if let Some(sheet) = &table.sheet {
            file.understood.push(format!("the sheet \"{sheet}\" is read, and no other"));
        }
        match above {
            [] => {}
            [line] => {
                file.understood.push(format!("line {} is above the names of the columns and is left out", line.number))
            }
            [first, .., last] => file.understood.push(format!(
                "lines {} to {} are above the names of the columns and are left out",
                first.number, last.number
            )),
        }
        for (field, why) in reading.faults {
            file.problems.add_flag(*field, why);
        }
        let uses = file.check_header(header, reading);
        file.understood.extend(columns::explain(&header.cells, &uses));
        if lines.is_empty() && file.problems.is_empty() {
            return Err(unusable("there is no candidate in it", "each line after the first is a candidate"));
        }
        file.check_rows(lines, &uses, reading);
        Ok(file)
    }

    /// The uses of the columns.
    fn check_header(&mut self, header: &Line, reading: &Reading) -> Vec<Use> {
        let Reading { flags, earliest, .. } = *reading;
        let (uses, problems) = columns::uses(&header.cells, reading.mappings);
        for (column, why) in problems {
            self.problems.add(header.number, column, why);
        }
        for (name, meant) in header.cells.iter().zip(&uses) {
            if let Some(field) = meant.field().filter(|field| flags.contains_key(field)) {
                self.problems.add(
                    header.number,
                    name.trim(),
                    format!("is given by {}, too; leave out one of them", field.flag()),
                );
            }
        }
        for field in Field::all() {
            let needed = field.is_required() && !(earliest && field.is_time());
            if needed && !uses.contains(&Use::Field(field)) && !flags.contains_key(&field) {
                let or = if field.is_time() { ", or --earliest" } else { "" };
                let why = format!(
                    "is missing; add the column, name it with --map \"COLUMN={}\", or give {}{or}",
                    field.name(),
                    field.flag()
                );
                self.problems.add(header.number, field.name(), why);
            }
        }
        for (field, value) in flags {
            if let Err(why) = crate::book::values::read(*field, value, reading.today) {
                self.problems.add_flag(*field, &why);
            }
        }
        uses
    }

    fn check_rows(&mut self, lines: &[Line], uses: &[Use], reading: &Reading) {
        let has = |field| uses.contains(&Use::Field(field));
        let mut candidates = HashMap::new();
        for line in lines {
            let Some(values) = values(line, uses, reading.flags, &mut self.problems) else { continue };
            if has(Field::CourseId) {
                self.courses.extend(course(&values).map(|id| (Some(line.number), id)));
            }
            match Order::new(&values, reading.earliest, reading.today) {
                Ok(order) => {
                    if let Some(other) = candidates.insert(candidate(&order), line.number) {
                        let why = format!("the same candidate and training as line {other}");
                        self.problems.add(line.number, Field::Email.name(), why);
                        continue;
                    }
                    let cells = line.cells[..uses.len()].to_vec();
                    let extra = self.header.iter().zip(&cells).zip(uses).filter(|(_, meant)| **meant == Use::Extra);
                    let extra =
                        extra.map(|((name, cell), _)| (name.trim().to_owned(), cell.trim().to_owned())).collect();
                    self.rows.push(Row { line: line.number, order, digest: digest(&values), cells, extra });
                }
                Err(faults) => {
                    // a missing column is reported only once, with the header
                    let in_columns = |field: Field| has(field) || (field.is_time() && reading.earliest);
                    for (field, why) in faults.into_iter().filter(|(field, _)| in_columns(*field)) {
                        self.problems.add(line.number, field.name(), why);
                    }
                }
            }
        }
    }
}

/// What is above the names of the columns, these, and the candidates. What is not known as a name is not repeated: it may
/// be a candidate's data.
fn split<'a>(lines: &'a [Line], mappings: &[Mapping]) -> Result<(&'a [Line], &'a Line, &'a [Line]), Failure> {
    let counts = || lines.iter().take(TITLES).map(|line| columns::known(&line.cells, mappings));
    let most = counts().max().unwrap_or_default();
    let at = counts().position(|count| count == most).filter(|_| most > 1);
    match at.and_then(|at| Some((&lines[..at], lines.get(at)?, &lines[at + 1..]))) {
        Some(parts) => Ok(parts),
        None => Err(unusable(
            "no line names the columns",
            "the first line must have names such as First name, Surname, Email; `hb-bls book --template FILE` makes a file \
             to fill in",
        )),
    }
}

/// The course that the values name, if it is a valid id.
fn course(values: &Values) -> Option<CourseId> {
    values.get(&Field::CourseId)?.parse().ok().filter(|id: &CourseId| id.get() > 0)
}

/// The values of the row and the flags. `None` if the row has not as many cells as there are columns.
fn values(line: &Line, uses: &[Use], flags: &Values, problems: &mut Problems) -> Option<Values> {
    let is_blank = |cell: &String| cell.trim().is_empty();
    let (few, many) = (line.cells.len() < uses.len(), line.cells.len() > uses.len());
    if few || (many && !line.cells[uses.len()..].iter().all(is_blank)) {
        let cause = if line.cells.iter().any(|cell| cell.contains('\n')) {
            "is there a quote that is not closed?"
        } else {
            "is there a comma without quotes?"
        };
        let why = format!("{} where the header has {}; {cause}", line.cells.len(), uses.len());
        problems.add(line.number, "number of columns", why);
        return None;
    }
    let mut values = flags.clone();
    for (cell, meant) in line.cells.iter().zip(uses).filter(|(cell, _)| !is_blank(cell)) {
        let cell = cell.trim();
        match meant {
            Use::Field(Field::Address) | Use::MoreAddress => {
                let address = values.entry(Field::Address).or_default();
                if !address.is_empty() {
                    address.push_str(", ");
                }
                address.push_str(cell);
            }
            Use::Field(field) => drop(values.insert(*field, cell.to_owned())),
            Use::Extra | Use::Nothing => {}
        }
    }
    Some(values)
}

/// Identifies a candidate and a training. Two rows that agree in this would book the same person twice.
fn candidate(order: &Order) -> impl std::hash::Hash + Eq + use<> {
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

#[cfg(test)]
mod tests;
