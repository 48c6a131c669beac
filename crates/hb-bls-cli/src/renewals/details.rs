//! Details of candidates that the portal does not return, read from a file.

use std::{collections::HashMap, path::Path};

use anyhow::Result;

use crate::{
    book::{self, Field, Values},
    words::words,
};

/// Candidates by their email address and by their name. Of several rows about one, the last counts.
#[derive(Default)]
pub struct Details {
    rows: Vec<Values>,
    by_email: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
}

impl Details {
    pub fn read(path: &Path, mappings: &[book::Mapping]) -> Result<Self> {
        let mut details = Self { rows: book::people(path, mappings)?, ..Self::default() };
        for (index, row) in details.rows.iter().enumerate() {
            let of = |field| row.get(&field).map(|text| words(text)).filter(|text: &String| !text.is_empty());
            if let Some(email) = of(Field::Email) {
                details.by_email.insert(email, index);
            }
            if let (Some(first), Some(last)) = (of(Field::FirstName), of(Field::LastName)) {
                details.by_name.insert(format!("{first} {last}"), index);
            }
        }
        Ok(details)
    }

    /// What the file has about somebody.
    pub fn of(&self, email: &str, name: &str) -> Option<&Values> {
        let index = self.by_email.get(&words(email)).or_else(|| self.by_name.get(&words(name)))?;
        self.rows.get(*index)
    }
}
