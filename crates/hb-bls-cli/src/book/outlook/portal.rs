//! What the portal knows of orders: who is booked already, and which timeslots are free.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context as _, Result};
use hb_bls::{Client, CourseId, Date, Time};

use super::{Booked, Finding, Planned, TIMESLOT, Wish};
use crate::{book::fields::Search, output, when};

/// How many free times of a day are named.
const NAMED: usize = 4;
/// How far ahead the portal lists timeslots.
const MONTHS: u8 = 12;

/// The free timeslots of each course.
type Free = BTreeMap<CourseId, BTreeSet<(Date, Time)>>;

/// What is in the way of the orders, and the timeslots that they would get if nobody else books meanwhile.
pub async fn findings(
    client: &Client,
    wishes: &[Wish<'_>],
    search: Option<&Search>,
    booked: &Booked,
) -> Result<(Vec<Finding>, Vec<Planned>)> {
    let (mut free, mut early) = (Free::new(), Free::new());
    for course_id in wishes.iter().map(|wish| wish.order.course_id).collect::<BTreeSet<_>>() {
        let of_course = || wishes.iter().filter(|wish| wish.order.course_id == course_id);
        if of_course().any(|wish| wish.order.at.is_some()) {
            free.insert(course_id, timeslots(client, course_id, Some(MONTHS), None).await?);
        }
        if of_course().any(|wish| wish.order.at.is_none()) {
            let (months, date) = search.map_or((None, None), |search| (search.months, search.date));
            early.insert(course_id, timeslots(client, course_id, months, date).await?);
        }
    }
    let mut findings = booked_already(wishes, booked);
    findings.extend(taken(wishes, &free));
    let planned = plan(wishes, &early, &mut findings);
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

/// Orders for whose address there is a booking of the course already.
fn booked_already(wishes: &[Wish<'_>], booked: &Booked) -> Vec<Finding> {
    let finding = |wish: &Wish<'_>| {
        let booking = booked.of_address(wish.order)?;
        let start = output::read_zoned(booking.start_date.as_ref());
        Some(Finding::warning(wish.line, "email", format!("is booked already: booking {}, {start}", booking.id)))
    };
    // the booking of what is begun may be its own
    wishes.iter().filter(|wish| !wish.is_begun).filter_map(finding).collect()
}

/// Orders whose timeslot is not free, or is that of another row.
fn taken(wishes: &[Wish<'_>], free: &Free) -> Vec<Finding> {
    let mut wanted = HashMap::new();
    let mut findings = Vec::new();
    for wish in wishes.iter().filter(|wish| !wish.is_begun) {
        let (course_id, Some(at)) = (wish.order.course_id, wish.order.at) else { continue };
        let Some(free) = free.get(&course_id) else { continue };
        if !free.contains(&at) {
            findings.push(Finding::error(wish.line, Some("time"), is_not_free(at, free)));
        } else if let Some(other) = wanted.insert((course_id, at), wish.line) {
            let other = other.unwrap_or_default();
            let problem = format!("is also wanted by line {other}, and a timeslot may be for one candidate only");
            findings.push(Finding::warning(wish.line, "time", problem));
        }
    }
    findings
}

/// Gives the earliest timeslots away in the order of the rows, as a run does, without those that other rows name.
fn plan(wishes: &[Wish<'_>], early: &Free, findings: &mut Vec<Finding>) -> Vec<Planned> {
    let named = wishes.iter().filter_map(|wish| Some((wish.order.course_id, wish.order.at?)));
    let mut given: BTreeSet<_> = named.collect();
    let mut planned = Vec::new();
    for wish in wishes {
        let course_id = wish.order.course_id;
        let free = || early.get(&course_id).into_iter().flatten().copied();
        let at = wish.order.at.or_else(|| free().find(|at| !given.contains(&(course_id, *at))));
        match at {
            Some(at) => drop(given.insert((course_id, at))),
            None if wish.is_begun => {}
            None => findings.push(Finding::error(
                wish.line,
                Some(TIMESLOT),
                "no timeslot is free in the time asked for".to_owned(),
            )),
        }
        planned.push(Planned::new(*wish, at));
    }
    planned
}

fn is_not_free((date, time): (Date, Time), free: &BTreeSet<(Date, Time)>) -> String {
    let times: Vec<_> = free.iter().filter(|(day, _)| *day == date).map(|(_, time)| output::time(*time)).collect();
    let day = when::names(date);
    let what = format!("{} is not free on {day}", output::time(time));
    match &times[..] {
        [] => match free.iter().find(|(day, _)| *day > date) {
            Some((next, time)) => {
                format!("no timeslot is free on {day}; the next is {}", when::moment(*next, *time))
            }
            None => format!("no timeslot is free on {day} or later"),
        },
        times if times.len() > NAMED + 1 => {
            format!("{what}; {} and {} others are", times[..NAMED].join(", "), times.len() - NAMED)
        }
        times => format!("{what}; {} {}", times.join(", "), if times.len() == 1 { "is" } else { "are" }),
    }
}
