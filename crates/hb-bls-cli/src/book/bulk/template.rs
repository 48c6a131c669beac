//! `hb-bls book --template`: a file to fill in.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};

use crate::{
    book::fields::{Field, Values},
    output::{Output, Sheet, SheetKind},
};

/// Writes a file with the names of the columns that no flag gives, or prints it. A file that is there is left alone.
pub fn write(path: Option<&Path>, flags: &Values, earliest: bool, output: Output) -> Result<()> {
    let is_given = |field: &Field| flags.contains_key(field) || (earliest && field.is_time());
    let header = Field::all().filter(|field| !is_given(field)).map(|field| heading(field).to_owned()).collect();
    let sheet = Sheet { header, rows: Vec::new() };
    let Some(path) = path else {
        let mut out = io::stdout().lock();
        out.write_all(&sheet.write(SheetKind::Csv)?)?;
        return Ok(out.flush()?);
    };
    let cannot = || format!("cannot write {}", path.display());
    let content = sheet.write(SheetKind::of(path, "--template")?)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).with_context(cannot)?;
    file.write_all(&content).with_context(cannot)?;
    output.note(&format!("{}: put a candidate on each line, and book them with --from", path.display()));
    Ok(())
}

/// What people read above a column.
pub fn heading(field: Field) -> &'static str {
    match field {
        Field::CourseId => "Course",
        Field::Date => "Date",
        Field::Time => "Time",
        Field::FirstName => "First name",
        Field::LastName => "Last name",
        Field::Email => "Email",
        Field::Phone => "Phone",
        Field::Address => "Address",
        Field::City => "City",
        Field::Postcode => "Postcode",
        Field::JobRole => "Job role",
        Field::PayOption => "Pay option",
        Field::AgencyContactName => "Agency contact name",
        Field::AgencyContactEmail => "Agency contact email",
        Field::AgencyEmail => "Agency email",
    }
}
