//! Asks on a terminal for details that no flag gives or that the portal refused, and offers what there is.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use hb_bls::{Client, Course, CourseId, Date};

use super::{
    fields::{Field, Search, Values},
    refusal::Refusal,
    values,
};
use crate::{
    clock,
    output::{self, clean},
    prompt, when,
};

/// Fills in the missing values. If no day is given, the earliest timeslot is booked.
pub async fn fill(values: &mut Values, search: &mut Option<Search>, client: &Client) -> Result<()> {
    let missing = Field::all().filter(|field| !values.contains_key(field) && !(search.is_some() && field.is_time()));
    let missing = missing.collect();
    ask_for(&missing, &Refusal::default(), values, search, client).await
}

/// Asks again for what the portal refused, wherever the values came from, and keeps the others.
pub async fn again(refusal: &Refusal, values: &mut Values, search: &mut Option<Search>, client: &Client) -> Result<()> {
    for reason in &refusal.others {
        prompt::say(&clean::line(reason))?;
    }
    prompt::say("Nothing was booked. The other answers are kept.")?;
    let refused = refusal.to_ask();
    values.retain(|field, _| !refused.contains(field));
    ask_for(&refused, refusal, values, search, client).await
}

async fn ask_for(
    fields: &BTreeSet<Field>,
    refusal: &Refusal,
    values: &mut Values,
    search: &mut Option<Search>,
    client: &Client,
) -> Result<()> {
    let courses = if fields.contains(&Field::CourseId) {
        client.courses().list().await.context("cannot list courses")?
    } else {
        Vec::new()
    };
    for field in fields.iter().copied() {
        for reason in refusal.reasons(field) {
            prompt::say(&clean::line(reason))?;
        }
        if search.is_some() && field.is_time() {
            continue;
        }
        if field == Field::CourseId {
            show(&courses)?;
        }
        let optional = !field.is_required() || (field == Field::Date && !values.contains_key(&Field::Time));
        let free = match field {
            Field::Time => offered(values, client).await?,
            _ => Vec::new(),
        };
        loop {
            let Some(answer) = ask(field, optional)? else {
                if field == Field::Date {
                    *search = Some(Search { months: None, date: None });
                }
                break;
            };
            let known = |course: &Course| course.id.to_string() == answer;
            if field == Field::CourseId && !courses.is_empty() && !courses.iter().any(known) {
                prompt::say("There is no such course. Choose one of the list above.")?;
                continue;
            }
            if field == Field::Time && !free.is_empty() && !free.contains(&answer) {
                prompt::say(&format!("{answer} is not free. Choose one of: {}", free.join(", ")))?;
                continue;
            }
            if field == Field::Date
                && let Some(why) = no_timeslot(values, &answer, client).await?
            {
                prompt::say(&why)?;
                continue;
            }
            values.insert(field, answer);
            break;
        }
    }
    Ok(())
}

/// Asks until the input is valid, and returns it in the form that the portal takes. `None` if it is left out.
fn ask(field: Field, optional: bool) -> Result<Option<String>> {
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

fn show(courses: &[Course]) -> Result<()> {
    for course in courses {
        let name = course.name.as_deref().unwrap_or_default();
        let price = course.price.map(|price| format!(", {:.2} GBP", price.amount())).unwrap_or_default();
        prompt::say(&format!("{:>5}  {}{price}", course.id.to_string(), clean::line(name)))?;
    }
    Ok(())
}

/// The free times of a course on a day.
async fn times(course: Option<&String>, date: Date, client: &Client) -> Result<Vec<String>> {
    let Some(course_id) = course.and_then(|id| id.parse::<CourseId>().ok()) else { return Ok(Vec::new()) };
    let mut slots = client.timeslots().list(course_id).date(date).await.context("cannot list timeslots")?;
    slots.retain(|slot| slot.date == date);
    slots.sort_by_key(|slot| slot.time);
    Ok(slots.into_iter().map(|slot| output::time(slot.time)).collect())
}

/// Shows the free times of the day, and returns them.
async fn offered(values: &Values, client: &Client) -> Result<Vec<String>> {
    let Some(Ok(date)) = values.get(&Field::Date).map(|date| when::date(date, clock::today())) else {
        return Ok(Vec::new());
    };
    let free = times(values.get(&Field::CourseId), date, client).await?;
    prompt::say(&format!("Free on {}: {}", when::names(date), free.join(", ")))?;
    Ok(free)
}

async fn no_timeslot(values: &Values, date: &str, client: &Client) -> Result<Option<String>> {
    let Ok(date) = date.parse::<Date>() else { return Ok(None) };
    let free = times(values.get(&Field::CourseId), date, client).await?;
    Ok(free.is_empty().then(|| format!("No timeslot is free on {}.", when::names(date))))
}
