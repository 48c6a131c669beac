//! Asks on a terminal for details that no flag gives, and offers what there is.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use hb_bls::{Client, Course, CourseId, Date, HoldDetails, Timeslot};
use jiff::civil::DateTime;

use super::{
    draft::Draft,
    fields::{EARLIEST, Field, Search, Values},
    free, values,
};
use crate::{
    output::{self, sanitise},
    prompt, when,
    words::words,
};

/// How many further days are offered where one has no free timeslot.
const NEXT: usize = 3;

/// Asks for the values that are missing. If no day is given, the earliest timeslot is booked. `own`: what the account holds.
pub async fn fill(draft: &mut Draft, own: &[HoldDetails], now: DateTime, client: &Client) -> Result<()> {
    for field in Field::all() {
        if !draft.lacks(field) {
            continue;
        }
        match field {
            Field::CourseId => draft.values.extend(course(false, now, client).await?.map(|id| (field, id))),
            Field::Date | Field::Time => timeslot(draft, own, now, client).await?,
            _ => match answer(field, !field.is_required(), now)? {
                Some(value) => drop(draft.values.insert(field, value)),
                None => draft.leave_out(field),
            },
        }
    }
    Ok(())
}

/// Asks until the input is valid, and returns it in the form that the portal takes. `None` if it is left out.
fn answer(field: Field, optional: bool, now: DateTime) -> Result<Option<String>> {
    loop {
        let answer = prompt::line(field.prompt())?;
        if answer.is_empty() {
            if optional {
                return Ok(None);
            }
            prompt::say("This is needed.")?;
            continue;
        }
        if field.is_time() && answer.eq_ignore_ascii_case(EARLIEST) {
            return Ok(Some(EARLIEST.to_owned()));
        }
        match values::read(field, &answer, now.date()) {
            Ok(value) => {
                let doubt = value.doubt.map(|doubt| format!("{} {doubt} Use it as it is?", value.text));
                if doubt.map_or(Ok(true), |doubt| prompt::confirm(&doubt))? {
                    return Ok(Some(value.text));
                }
            }
            Err(why) => prompt::say(&format!("Not accepted: it {why}"))?,
        }
    }
}

/// Asks for a value that bookings have by default; nothing if they have none.
pub async fn default(field: Field, now: DateTime, client: &Client) -> Result<Option<String>> {
    if field == Field::CourseId { course(true, now, client).await } else { answer(field, true, now) }
}

async fn course(optional: bool, now: DateTime, client: &Client) -> Result<Option<String>> {
    let courses = client.courses().list().await.context("cannot list courses")?;
    show(&courses)?;
    while let Some(id) = answer(Field::CourseId, optional, now)? {
        if courses.is_empty() || courses.iter().any(|course| course.id.to_string() == id) {
            return Ok(Some(id));
        }
        prompt::say("There is no such course. Choose one of the list above.")?;
    }
    Ok(None)
}

fn show(courses: &[Course]) -> Result<()> {
    for course in courses {
        let name = course.name.as_deref().unwrap_or_default();
        let price = course.price.map(|price| format!(", {:.2} GBP", price.amount())).unwrap_or_default();
        prompt::say(&format!("{:>5}  {}{price}", course.id.to_string(), sanitise::line(name)))?;
    }
    Ok(())
}

/// Asks for the day and the time, as far as they are missing or not free.
async fn timeslot(draft: &mut Draft, own: &[HoldDetails], now: DateTime, client: &Client) -> Result<()> {
    let values = &mut draft.values;
    loop {
        let date = match values.get(&Field::Date) {
            Some(date) => date.clone(),
            None => match answer(Field::Date, !values.contains_key(&Field::Time), now)? {
                Some(date) if date != EARLIEST => date,
                _ => {
                    draft.search = Some(Search { months: None, date: None });
                    return Ok(());
                }
            },
        };
        let Ok(date) = when::date(&date, now.date()) else { return Ok(()) };
        if let Some(past) = when::past(date, None, now) {
            prompt::say(&format!("{past}."))?;
            values.remove(&Field::Date);
            continue;
        }
        let free = times(values.get(&Field::CourseId), date, own, client).await?;
        if free.is_empty() {
            prompt::say(&format!(
                "No timeslot is free on {}.{}",
                when::names(date),
                next(values, date, client).await?
            ))?;
            values.remove(&Field::Date);
            continue;
        }
        values.insert(Field::Date, date.to_string());
        if values.get(&Field::Time).is_some_and(|time| free.contains(time)) {
            return Ok(());
        }
        prompt::say(&format!("Free on {}: {}", when::names(date), free.join(", ")))?;
        match time(&free, now)? {
            Some(time) => {
                values.insert(Field::Time, time);
                return Ok(());
            }
            None => drop((values.remove(&Field::Date), values.remove(&Field::Time))),
        }
    }
}

/// The next days that have free timeslots.
async fn next(values: &Values, after: Date, client: &Client) -> Result<String> {
    let Some(course_id) = values.get(&Field::CourseId).and_then(|id| id.parse().ok()) else { return Ok(String::new()) };
    let days = free::days(client, course_id, after, NEXT).await?;
    let names: Vec<_> = days.iter().map(|(day, _)| when::names(*day)).collect();
    Ok(if names.is_empty() { " Nor is one later.".to_owned() } else { format!(" The next days: {}", names.join("; ")) })
}

/// Which answer is to be given again; nothing to stop.
pub fn change() -> Result<Option<Field>> {
    let plain = |text: &str| words(&text.replace('_', " "));
    let names: Vec<_> = Field::all().map(|field| field.name().trim_end_matches("_id").replace('_', " ")).collect();
    loop {
        let answer = plain(&prompt::line("Which answer to change, such as date or email (nothing to stop):")?);
        if answer.is_empty() {
            return Ok(None);
        }
        match Field::all().zip(&names).find(|(_, name)| **name == answer) {
            Some((field, _)) => return Ok(Some(field)),
            None => prompt::say(&format!("Choose one of: {}", names.join(", ")))?,
        }
    }
}

/// One of these times, or `None` if none of them will do.
fn time(free: &[String], now: DateTime) -> Result<Option<String>> {
    while let Some(time) = answer(Field::Time, true, now)? {
        if time == EARLIEST {
            return Ok(free.first().cloned());
        }
        if free.contains(&time) {
            return Ok(Some(time));
        }
        prompt::say(&format!("{time} is not free. Choose one of: {}", free.join(", ")))?;
    }
    Ok(None)
}

/// The free times of a course on a day, and those that the account itself holds.
async fn times(course: Option<&String>, date: Date, own: &[HoldDetails], client: &Client) -> Result<Vec<String>> {
    let Some(course_id) = course.and_then(|id| id.parse::<CourseId>().ok()) else { return Ok(Vec::new()) };
    let mut slots = client.timeslots().list(course_id).date(date).await.context("cannot list timeslots")?;
    let is_of_course = |slot: &&Timeslot| slot.course.as_ref().is_none_or(|course| course.id == course_id);
    slots.extend(own.iter().filter_map(|hold| hold.slot.as_ref()).filter(is_of_course).cloned());
    let times: BTreeSet<_> = slots.iter().filter(|slot| slot.date == date).map(|slot| slot.time).collect();
    Ok(times.into_iter().map(output::time).collect())
}
