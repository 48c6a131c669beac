//! `--columns`: which columns of a list are shown.

use std::marker::PhantomData;

use clap::builder::NonEmptyStringValueParser;

use super::{Column, Format, Output, Record, table};
use crate::{
    offered::offered,
    report::{Failure, Kind},
};

/// The option, for commands that list such things.
#[derive(clap::Args)]
pub struct ColumnNames<T: Record> {
    /// Show these columns in this order, separated by commas, in tables and CSV
    #[arg(
        long = "columns",
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = offered(NonEmptyStringValueParser::new(), T::COLUMNS.iter().map(|column| column.name)),
        hide_possible_values = true
    )]
    names: Vec<String>,
    #[arg(skip)]
    of: PhantomData<fn() -> T>,
}

/// Columns of a list, in the order in which they are shown.
pub type Columns<T> = Vec<&'static Column<T>>;

impl<T: Record> ColumnNames<T> {
    pub fn are_given(&self) -> bool {
        !self.names.is_empty()
    }
}

impl Output {
    /// The columns that are asked for, or else those that the format has.
    pub fn columns<T: Record>(self, asked: &ColumnNames<T>) -> Result<Columns<T>, Failure> {
        if !asked.are_given() {
            return Ok(self.usual_columns());
        }
        if self.format().is_json() {
            return Err(Failure::new(Kind::Usage, "--columns is for tables and CSV")
                .hint("objects have all fields; `jq` picks some of them"));
        }
        asked.names.iter().map(|name| named(name)).collect()
    }

    /// The columns that the format has.
    pub(super) fn usual_columns<T: Record>(self) -> Columns<T> {
        if self.format() == Format::Table { table::columns() } else { T::COLUMNS.iter().collect() }
    }
}

/// A column by its name, or by what stands above it in a table.
fn named<T: Record>(name: &str) -> Result<&'static Column<T>, Failure> {
    let plain = |name: &str| name.trim().to_lowercase().replace([' ', '-'], "_");
    let wanted = plain(name);
    let found = T::COLUMNS.iter().find(|column| column.name == wanted);
    found.or_else(|| T::COLUMNS.iter().find(|column| plain(&column.heading()) == wanted)).ok_or_else(|| {
        let known: Vec<_> = T::COLUMNS.iter().map(|column| column.name).collect();
        Failure::new(Kind::Usage, format!("there is no column `{}`", name.trim()))
            .hint(format!("the columns are {}", known.join(", ")))
    })
}
