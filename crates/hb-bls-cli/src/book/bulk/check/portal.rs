//! What the portal knows of the rows: who is booked already, and which timeslots are free.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context as _, Result};
use futures::TryStreamExt as _;
use hb_bls::{Booking, BookingStatus, Client, CourseId, Date, Time};

use super::Finding;
use crate::{book::bulk::input::Row, clock, output, when};

/// How many free times of a day are named.
const NAMED: usize = 4;
/// How far ahead the portal lists timeslots.
const MONTHS: u8 = 12;

pub async fn findings(client: &Client, rows: &[&Row]) -> Result<Vec<Finding>> {
    let mut free = BTreeMap::new();
    for course_id in rows.iter().map(|row| row.order.course_id).collect::<BTreeSet<_>>() {
        let slots = client.timeslots().list(course_id).months_ahead(MONTHS).await.context("cannot list timeslots")?;
        free.insert(course_id, slots.into_iter().map(|slot| (slot.date, slot.time)).collect::<BTreeSet<_>>());
    }
    // what has taken place is of no interest, and the portal's clock may be another than ours
    let offered = free.values().flatten().map(|(date, _)| *date);
    let wanted = rows.iter().filter_map(|row| row.order.at.map(|(date, _)| date));
    let Some(first) = offered.chain(wanted).min() else { return Ok(Vec::new()) };
    let mut findings = booked_already(client, rows, first).await?;
    findings.extend(taken(rows, &free));
    Ok(findings)
}

/// Bookings of the same person and course from this day on, or from today if that is earlier.
pub async fn booked_already(client: &Client, rows: &[&Row], first: Date) -> Result<Vec<Finding>> {
    let bookings = client.bookings().list().date_from(first.min(clock::today())).per_page(100).items();
    let bookings: Vec<Booking> = bookings.try_collect().await.context("cannot list bookings")?;
    let mut known = HashMap::new();
    for booking in bookings.iter().filter(|booking| booking.booking_status != Some(BookingStatus::Cancelled)) {
        let email = booking.candidate.as_ref().and_then(|candidate| candidate.email.as_ref());
        if let (Some(course), Some(email)) = (&booking.course, email) {
            known.entry((course.id, email.to_lowercase())).or_insert(booking);
        }
    }
    let finding = |row: &&Row| {
        let booking = known.get(&(row.order.course_id, row.order.details.email.to_lowercase()))?;
        let start = output::brief_zoned(booking.start_date.as_ref());
        Some(Finding::warning(row.line, "email", format!("is booked already: booking {}, {start}", booking.id)))
    };
    Ok(rows.iter().filter_map(finding).collect())
}

/// Rows whose timeslot is not free, or is that of another row.
fn taken(rows: &[&Row], free: &BTreeMap<CourseId, BTreeSet<(Date, Time)>>) -> Vec<Finding> {
    let mut wanted = HashMap::new();
    let mut findings = Vec::new();
    for row in rows {
        let (course_id, Some(at)) = (row.order.course_id, row.order.at) else { continue };
        let Some(free) = free.get(&course_id) else { continue };
        if !free.contains(&at) {
            findings.push(Finding::error(row.line, "time", is_not_free(at, free)));
        } else if let Some(other) = wanted.insert((course_id, at), row.line) {
            let problem = format!("is also wanted by line {other}, and a timeslot may be for one candidate only");
            findings.push(Finding::warning(row.line, "time", problem));
        }
    }
    findings
}

fn is_not_free((date, time): (Date, Time), free: &BTreeSet<(Date, Time)>) -> String {
    let times: Vec<_> = free.iter().filter(|(day, _)| *day == date).map(|(_, time)| output::time(*time)).collect();
    let day = when::names(date);
    let what = format!("{} is not free on {day}", output::time(time));
    match &times[..] {
        [] => match free.iter().find(|(day, _)| *day > date) {
            Some((next, time)) => {
                format!("no timeslot is free on {day}; the next is {}, {}", when::names(*next), output::time(*time))
            }
            None => format!("no timeslot is free on {day} or later"),
        },
        times if times.len() > NAMED => {
            format!("{what}; {} and {} others are", times[..NAMED].join(", "), times.len() - NAMED)
        }
        times => format!("{what}; {} {}", times.join(", "), if times.len() == 1 { "is" } else { "are" }),
    }
}
