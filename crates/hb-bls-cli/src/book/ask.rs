//! Asks on a terminal for details that no flag gives.

use std::io::{self, BufRead as _, Write as _};

use anyhow::Result;
use hb_bls::Course;

use super::fields::{Field, Search, Values};
use crate::{
    output::clean,
    report::{Failure, Kind},
};

/// Fills in the missing values. If no day is given, the earliest timeslot is booked.
pub fn fill(values: &mut Values, search: &mut Option<Search>, courses: &[Course]) -> Result<()> {
    for field in Field::all() {
        if values.contains_key(&field) || (search.is_some() && field.is_time()) {
            continue;
        }
        if field == Field::CourseId {
            show(courses)?;
        }
        let optional = !field.is_required() || (field == Field::Date && !values.contains_key(&Field::Time));
        match ask(field, optional)? {
            Some(value) => drop(values.insert(field, value)),
            None if field == Field::Date => *search = Some(Search { months: None, date: None }),
            None => {}
        }
    }
    Ok(())
}

/// Asks until the input is valid. Returns `None` if an optional value is left out.
fn ask(field: Field, optional: bool) -> Result<Option<String>> {
    loop {
        let answer = line(field.prompt())?;
        if answer.is_empty() {
            if optional {
                return Ok(None);
            }
            continue;
        }
        match field.check(&answer) {
            Ok(()) => return Ok(Some(answer)),
            Err(why) => writeln!(anstream::stderr().lock(), "not accepted: {why}")?,
        }
    }
}

fn show(courses: &[Course]) -> io::Result<()> {
    let mut out = anstream::stderr().lock();
    for course in courses {
        let name = course.name.as_deref().unwrap_or_default();
        writeln!(out, "{:>5}  {}", course.id.to_string(), clean::line(name))?;
    }
    Ok(())
}

fn line(prompt: &str) -> Result<String> {
    let mut out = anstream::stderr().lock();
    write!(out, "{prompt}")?;
    out.flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(Failure::new(Kind::Usage, "the input ended; nothing was booked").into());
    }
    Ok(line.trim().to_owned())
}
