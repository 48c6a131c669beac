//! The errors in a file and in the flags.

use std::{collections::BTreeMap, fmt};

use crate::{
    book::{
        field::Field,
        grouped::{self, Group},
    },
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
        let in_flags = self.0.iter().filter(|(place, _)| place.is_none()).count();
        // line numbers are padded, so that they are also in order when sorted as text
        let lines = self.0.iter().filter_map(|(place, _)| place.as_ref().map(|(line, _)| *line));
        let width = lines.max().map_or(0, |last| last.to_string().len());
        let messages = self.0.into_iter().map(|(place, why)| {
            let (line, column) = place.unzip();
            ((column, why), line)
        });
        let mut fields = BTreeMap::<String, Vec<String>>::new();
        for group in Group::all(messages) {
            let (column, why) = &group.what;
            let places = match column {
                None => vec!["flags".to_owned()],
                Some(column) if group.is_large() => vec![format!("{}, {column}", grouped::lines(&group.lines))],
                Some(column) => group.lines.iter().map(|line| format!("line {line:>width$}, {column}")).collect(),
            };
            for place in places {
                fields.entry(place).or_default().push(why.clone());
            }
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
