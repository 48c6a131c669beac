//! Asks on a terminal for details that no flag gives.

use std::io::{self, Write as _};

use anyhow::Result;
use hb_bls::Course;

use super::{
    fields::{Field, Search, Values},
    values,
};
use crate::{clock, output::clean, prompt};

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
        let answer = prompt::line(field.prompt())?;
        if answer.is_empty() {
            if optional {
                return Ok(None);
            }
            continue;
        }
        match values::read(field, &answer, clock::today()) {
            Ok(_) => return Ok(Some(answer)),
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
