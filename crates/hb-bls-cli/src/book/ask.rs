//! Asks on a terminal for details that no flag gives, and offers what there is.

use anyhow::{Context as _, Result};
use hb_bls::{Client, Course, CourseId, Date};

use super::{
    draft::Draft,
    fields::{Field, Search, Values},
    values,
};
use crate::{
    clock,
    output::{self, clean},
    prompt, when,
};

/// Asks for the values that are missing. If no day is given, the earliest timeslot is booked.
pub async fn fill(draft: &mut Draft, client: &Client) -> Result<()> {
    for field in Field::all() {
        if !draft.lacks(field) {
            continue;
        }
        match field {
            Field::CourseId => course(&mut draft.values, client).await?,
            Field::Date | Field::Time => timeslot(draft, client).await?,
            _ => match answer(field, !field.is_required())? {
                Some(value) => drop(draft.values.insert(field, value)),
                None => draft.leave_out(field),
            },
        }
    }
    Ok(())
}

/// Asks until the input is valid, and returns it in the form that the portal takes. `None` if it is left out.
fn answer(field: Field, optional: bool) -> Result<Option<String>> {
    loop {
        let answer = prompt::line(field.prompt())?;
        if answer.is_empty() {
            if optional {
                return Ok(None);
            }
            prompt::say("This is needed.")?;
            continue;
        }
        match values::read(field, &answer, clock::today()) {
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

async fn course(values: &mut Values, client: &Client) -> Result<()> {
    let courses = client.courses().list().await.context("cannot list courses")?;
    show(&courses)?;
    while let Some(id) = answer(Field::CourseId, false)? {
        if courses.is_empty() || courses.iter().any(|course| course.id.to_string() == id) {
            values.insert(Field::CourseId, id);
            break;
        }
        prompt::say("There is no such course. Choose one of the list above.")?;
    }
    Ok(())
}

fn show(courses: &[Course]) -> Result<()> {
    for course in courses {
        let name = course.name.as_deref().unwrap_or_default();
        let price = course.price.map(|price| format!(", {:.2} GBP", price.amount())).unwrap_or_default();
        prompt::say(&format!("{:>5}  {}{price}", course.id.to_string(), clean::line(name)))?;
    }
    Ok(())
}

/// Asks for the day and the time, as far as they are missing or not free.
async fn timeslot(draft: &mut Draft, client: &Client) -> Result<()> {
    let values = &mut draft.values;
    loop {
        let date = match values.get(&Field::Date) {
            Some(date) => date.clone(),
            None => match answer(Field::Date, !values.contains_key(&Field::Time))? {
                Some(date) => date,
                None => {
                    draft.search = Some(Search { months: None, date: None });
                    return Ok(());
                }
            },
        };
        let Ok(date) = when::date(&date, clock::today()) else { return Ok(()) };
        let free = times(values.get(&Field::CourseId), date, client).await?;
        if free.is_empty() {
            prompt::say(&format!("No timeslot is free on {}.", when::names(date)))?;
            values.remove(&Field::Date);
            continue;
        }
        values.insert(Field::Date, date.to_string());
        if values.get(&Field::Time).is_some_and(|time| free.contains(time)) {
            return Ok(());
        }
        prompt::say(&format!("Free on {}: {}", when::names(date), free.join(", ")))?;
        match time(&free)? {
            Some(time) => {
                values.insert(Field::Time, time);
                return Ok(());
            }
            None => drop((values.remove(&Field::Date), values.remove(&Field::Time))),
        }
    }
}

/// One of these times, or `None` if none of them will do.
fn time(free: &[String]) -> Result<Option<String>> {
    while let Some(time) = answer(Field::Time, true)? {
        if free.contains(&time) {
            return Ok(Some(time));
        }
        prompt::say(&format!("{time} is not free. Choose one of: {}", free.join(", ")))?;
    }
    Ok(None)
}

/// The free times of a course on a day.
async fn times(course: Option<&String>, date: Date, client: &Client) -> Result<Vec<String>> {
    let Some(course_id) = course.and_then(|id| id.parse::<CourseId>().ok()) else { return Ok(Vec::new()) };
    let mut slots = client.timeslots().list(course_id).date(date).await.context("cannot list timeslots")?;
    slots.retain(|slot| slot.date == date);
    slots.sort_by_key(|slot| slot.time);
    Ok(slots.into_iter().map(|slot| output::time(slot.time)).collect())
}
