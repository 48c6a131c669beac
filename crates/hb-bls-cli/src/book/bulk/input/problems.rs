//! What is wrong with a file and the flags.

use std::{collections::BTreeMap, fmt};

use crate::{
    book::field::Field,
    report::{Failure, Kind},
};

/// The errors found, each with its line and column, or with neither if it is about a flag.
#[derive(Default)]
pub struct Problems(Vec<(Option<(usize, String)>, String)>);

impl Problems {
    pub fn add(&mut self, line: usize, column: impl Into<String>, why: impl Into<String>) {
        self.0.push((Some((line, column.into())), why.into()));
    }

    pub fn add_flag(&mut self, field: Field, why: &str) {
        self.0.push((None, format!("{} {why}", field.flag())));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each with its line and column. An error in the flags has neither.
    pub fn into_iter(self) -> impl Iterator<Item = (Option<(usize, String)>, String)> {
        self.0.into_iter()
    }

    /// Fails if there are problems.
    pub fn settle(self, file: impl fmt::Display) -> Result<(), Failure> {
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
            0 => (format!("{file} has {errors}"), "correct the file"),
            _ if in_flags == count => (format!("the flags have {errors}"), "correct the flags"),
            _ => (format!("{file} and the flags have {errors}"), "correct the file and the flags"),
        };
        Err(Failure::new(Kind::Usage, format!("{message}; nothing was booked"))
            .fields(fields)
            .hint(format!("{hint} and run the same command again")))
    }
}
