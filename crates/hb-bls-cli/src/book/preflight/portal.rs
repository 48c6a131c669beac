//! The portal's timeslots, compared with those that orders want.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context as _, Result};
use hb_bls::{Client, CourseId, Date, HoldDetails, Time};

use super::{Cause, Finding, Planned, RowToBook, is_of};
use crate::{book::fields::Search, output, when};

/// How many free times of a day are named.
const NAMED: usize = 4;
/// How far ahead the portal lists timeslots.
const MONTHS: u8 = 12;

/// The free timeslots of each course.
type Free = BTreeMap<CourseId, BTreeSet<(Date, Time)>>;

/// What is in the way of the orders, in the order of their lines, and the timeslots that they would get if nobody else books meanwhile.
pub async fn findings(
    client: &Client,
    wishes: &[RowToBook<'_>],
    search: Option<&Search>,
    own: &[HoldDetails],
) -> Result<(Vec<Finding>, Vec<Planned>)> {
    let (mut free, mut early) = (Free::new(), Free::new());
    for course_id in wishes.iter().map(|wish| wish.order.course_id).collect::<BTreeSet<_>>() {
        let of_course = || wishes.iter().filter(|wish| wish.order.course_id == course_id);
        let names_a_day = |wish: &RowToBook<'_>| wish.order.at.is_some() || wish.order.on.is_some();
        if of_course().any(names_a_day) {
            free.insert(course_id, timeslots(client, course_id, Some(MONTHS), None).await?);
        }
        if of_course().any(|wish| !names_a_day(wish)) {
            let (months, date) = search.map_or((None, None), |search| (search.months, search.date));
            early.insert(course_id, timeslots(client, course_id, months, date).await?);
        }
    }
    let mut findings = taken(wishes, &free, own);
    let planned = plan(wishes, &free, &early, &mut findings);
    findings.sort_by_key(|finding| finding.line);
    Ok((findings, planned))
}

async fn timeslots(
    client: &Client,
    course_id: CourseId,
    months: Option<u8>,
    date: Option<Date>,
) -> Result<BTreeSet<(Date, Time)>> {
    let query = client.timeslots().list(course_id);
    let query = months.into_iter().fold(query, |query, months| query.months_ahead(months));
    let slots = date.into_iter().fold(query, |query, date| query.date(date)).await.context("cannot list timeslots")?;
    let slots = slots.into_iter().map(|slot| (slot.date, slot.time));
    Ok(slots.filter(|(day, _)| date.is_none_or(|date| *day == date)).collect())
}

/// Orders whose timeslot is not free, or is that of another row. A timeslot that the account itself holds is not free, but
/// nobody else can take it.
fn taken(wishes: &[RowToBook<'_>], free: &Free, own: &[HoldDetails]) -> Vec<Finding> {
    let mut wanted = HashMap::new();
    let mut findings = Vec::new();
    for wish in wishes.iter().filter(|wish| !wish.is_begun) {
        let (course_id, Some(at)) = (wish.order.course_id, wish.order.at) else { continue };
        let Some(free) = free.get(&course_id) else { continue };
        if !free.contains(&at) && !own.iter().any(|hold| is_of(hold, wish.order)) {
            findings.push(Finding::error(wish.line, Some("time"), is_not_free(at, free)));
        } else if let Some(other) = wanted.insert((course_id, at), wish.line) {
            let other = other.unwrap_or_default();
            let problem = format!("is also wanted by line {other}, and a timeslot may be for one candidate only");
            findings.push(Finding::warning(wish.line, "time", problem));
        }
    }
    findings
}

/// Gives the earliest timeslots away as a run does, without those that rows name: first to rows that name a day.
fn plan(wishes: &[RowToBook<'_>], free: &Free, early: &Free, findings: &mut Vec<Finding>) -> Vec<Planned> {
    let named = wishes.iter().filter_map(|wish| Some((wish.order.course_id, wish.order.at?)));
    let mut given: BTreeSet<_> = named.collect();
    let mut slots: Vec<_> = wishes.iter().map(|wish| wish.order.at).collect();
    let mut searching: Vec<_> = (0..wishes.len()).filter(|index| slots[*index].is_none()).collect();
    searching.sort_by_key(|index| wishes[*index].order.on.is_none());
    for index in searching {
        let wish = wishes[index];
        let (course_id, on) = (wish.order.course_id, wish.order.on);
        let listed = if on.is_some() { free } else { early }.get(&course_id);
        let mut suitable = listed.into_iter().flatten().filter(|(day, _)| on.is_none_or(|on| *day == on));
        let slot = suitable.find(|slot| !given.contains(&(course_id, **slot)));
        match slot {
            Some(slot) => {
                given.insert((course_id, *slot));
                slots[index] = Some(*slot);
            }
            None if wish.is_begun => {}
            None => {
                let why = match (on, listed) {
                    (Some(day), Some(free)) => none_is_free(day, free),
                    _ => "no timeslot is free in the time asked for".to_owned(),
                };
                findings.push(Finding::error(wish.line, Some("timeslot"), why).because(Cause::Timeslot));
            }
        }
    }
    wishes.iter().zip(slots).map(|(wish, slot)| Planned::new(*wish, slot)).collect()
}

/// Of a day whose timeslots are taken, by rows of the same file too.
fn none_is_free(date: Date, free: &BTreeSet<(Date, Time)>) -> String {
    let day = when::names(date);
    if free.iter().any(|(other, _)| *other == date) {
        return format!("all free timeslots of {day} are for other rows");
    }
    match free.iter().find(|(other, _)| *other > date) {
        Some((next, time)) => {
            format!("no timeslot is free on {day}; the next is {}", when::moment(*next, *time))
        }
        None => format!("no timeslot is free on {day} or later"),
    }
}

fn is_not_free((date, time): (Date, Time), free: &BTreeSet<(Date, Time)>) -> String {
    let times: Vec<_> = free.iter().filter(|(day, _)| *day == date).map(|(_, time)| output::time(*time)).collect();
    let day = when::names(date);
    let what = format!("{} is not free on {day}", output::time(time));
    match &times[..] {
        [] => none_is_free(date, free),
        times if times.len() > NAMED + 1 => {
            format!("{what}; {} and {} others are", times[..NAMED].join(", "), times.len() - NAMED)
        }
        times => format!("{what}; {} {}", times.join(", "), if times.len() == 1 { "is" } else { "are" }),
    }
}
