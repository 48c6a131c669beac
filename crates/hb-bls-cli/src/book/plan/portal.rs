//! What the portal knows of bookings that are wanted: which timeslots are free, who is booked already. And what this machine
//! knows of holds, which the portal does not list.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context as _, Result};
use futures::TryStreamExt as _;
use hb_bls::{Booking, BookingStatus, Client, Course, CourseId, Date, HoldDetails, Time};

use super::{Finding, Wanted};
use crate::{book::fields::Search, clock, context::Context, output, report::Kind, when};

/// How many free times of a day are named.
const NAMED: usize = 4;
/// How far ahead the portal lists timeslots.
const MONTHS: u8 = 12;

type At = (Date, Time);

/// What was found.
pub struct Looked {
    /// The timeslot of each booking, or the one that it would have.
    pub at: Vec<Option<At>>,
    /// In the order in which the real call would meet them.
    pub findings: Vec<Finding>,
}

/// The free timeslots of a course: all, and those among which the earliest is looked for.
#[derive(Default)]
struct Free {
    all: Option<BTreeSet<At>>,
    searched: Option<BTreeSet<At>>,
}

impl Free {
    /// Asks for what is needed.
    async fn ask(client: &Client, course_id: CourseId, wanted: &[Wanted<'_>], search: Option<&Search>) -> Result<Self> {
        let wants = |named: bool| {
            let open = wanted.iter().filter(|wanted| wanted.is_open && wanted.order.course_id == course_id);
            open.map(|wanted| wanted.order.at.is_some()).any(|names_it| names_it == named)
        };
        let mut free = Self::default();
        if wants(true) {
            free.all = Some(slots(client, course_id, Some(MONTHS), None).await?);
        }
        if wants(false) {
            let (months, date) = (search.and_then(|search| search.months), search.and_then(|search| search.date));
            free.searched = Some(slots(client, course_id, months, date).await?);
        }
        Ok(free)
    }

    fn has(&self, at: At) -> bool {
        [&self.all, &self.searched].into_iter().flatten().any(|free| free.contains(&at))
    }
}

async fn slots(client: &Client, course_id: CourseId, months: Option<u8>, date: Option<Date>) -> Result<BTreeSet<At>> {
    let query = client.timeslots().list(course_id);
    let query = months.into_iter().fold(query, |query, months| query.months_ahead(months));
    let query = date.into_iter().fold(query, |query, date| query.date(date));
    let slots = query.await.context("cannot list timeslots")?;
    let is_wanted = |at: &At| date.is_none_or(|date| at.0 == date);
    Ok(slots.into_iter().map(|slot| (slot.date, slot.time)).filter(is_wanted).collect())
}

/// Courses that do not exist are left out.
pub async fn look(
    client: &Client,
    wanted: &[Wanted<'_>],
    courses: &[Course],
    search: Option<&Search>,
    context: &Context,
) -> Result<Looked> {
    let mut free = BTreeMap::new();
    let asked: BTreeSet<_> = wanted.iter().map(|wanted| wanted.order.course_id).collect();
    for course_id in asked.into_iter().filter(|id| courses.iter().any(|course| course.id == *id)) {
        free.insert(course_id, Free::ask(client, course_id, wanted, search).await?);
    }
    let assigned = assign(wanted, &free);
    let mut findings = assigned.no_timeslot;
    if !wanted.is_empty() {
        let holds = context.kept_holds().and_then(|holds| Ok(holds.list(clock::now())?));
        match holds {
            Ok(holds) => findings.extend(in_the_way(&holds, &free)),
            Err(error) => context.output().notice(&format!("holds were not looked for: {error:#}")),
        }
    }
    findings.extend(assigned.taken);
    findings.extend(booked_already(client, wanted, &assigned.at).await?);
    Ok(Looked { at: assigned.at, findings })
}

/// A hold that `holds create` has made here is still there, unless its timeslot is free again.
fn in_the_way(holds: &[HoldDetails], free: &BTreeMap<CourseId, Free>) -> Option<Finding> {
    let is_gone = |hold: &HoldDetails| {
        let slot = hold.slot.as_ref();
        let course = slot.and_then(|slot| slot.course.as_ref()).and_then(|course| free.get(&course.id));
        slot.zip(course).is_some_and(|(slot, free)| free.has((slot.date, slot.time)))
    };
    let hold = holds.iter().find(|hold| !is_gone(hold))?;
    let slot = hold.slot.as_ref().map(|slot| format!(", for {} {}", slot.date, output::time(slot.time)));
    let hash = &hold.hold_hash;
    let problem = format!(
        "the account has an active hold already{}; `hb-bls holds release {hash}` gives it back",
        slot.unwrap_or_default()
    );
    Some(Finding::error(Kind::Conflict, None, None, problem))
}

/// Bookings of the same person and course that are still to come.
async fn booked_already(client: &Client, wanted: &[Wanted<'_>], at: &[Option<At>]) -> Result<Vec<Finding>> {
    let open: Vec<_> = wanted.iter().filter(|wanted| wanted.is_open).collect();
    // what has taken place is of no interest, and the portal's clock may be another than ours
    let Some(first) = at.iter().flatten().map(|(date, _)| *date).min() else { return Ok(Vec::new()) };
    let query = client.bookings().list().date_from(first.min(clock::today())).per_page(100);
    let query = match &open[..] {
        [only] => query.search(&only.order.details.email),
        _ => query,
    };
    let bookings: Vec<Booking> = query.items().try_collect().await.context("cannot list bookings")?;
    let mut known = HashMap::new();
    for booking in bookings.iter().filter(|booking| booking.booking_status != Some(BookingStatus::Cancelled)) {
        let email = booking.candidate.as_ref().and_then(|candidate| candidate.email.as_ref());
        if let (Some(course), Some(email)) = (&booking.course, email) {
            known.entry((course.id, email.to_lowercase())).or_insert(booking);
        }
    }
    let finding = |wanted: &&Wanted| {
        let booking = known.get(&(wanted.order.course_id, wanted.order.details.email.to_lowercase()))?;
        let start = output::brief_zoned(booking.start_date.as_ref());
        Some(Finding::warning(wanted.line, "email", format!("is booked already: booking {}, {start}", booking.id)))
    };
    Ok(open.iter().copied().filter_map(|wanted| finding(&wanted)).collect())
}

/// Which timeslot each would have.
#[derive(Default)]
struct Assigned {
    at: Vec<Option<At>>,
    /// Those for which there is no earliest timeslot.
    no_timeslot: Vec<Finding>,
    /// Those whose timeslot is not free, or is that of another.
    taken: Vec<Finding>,
}

/// As they are booked, one after the other. The portal does not tell how many places a timeslot has.
fn assign(wanted: &[Wanted], free: &BTreeMap<CourseId, Free>) -> Assigned {
    let mut assigned = Assigned::default();
    let mut others = HashMap::new();
    for Wanted { line, order, is_open } in wanted {
        let known = free.get(&order.course_id).filter(|_| *is_open);
        let is_left = |at: &&At| !others.contains_key(&(order.course_id, **at));
        let at = match (order.at, known) {
            (Some(at), Some(Free { all: Some(free), .. })) => {
                if !free.contains(&at) {
                    let why = is_not_free(at, free);
                    assigned.taken.push(Finding::error(Kind::Rejected, *line, Some("time"), why));
                } else if let Some(other) = others.insert((order.course_id, at), line.unwrap_or_default()) {
                    let problem = format!("is also that of line {other}, and may be for one candidate only");
                    assigned.taken.push(Finding::warning(*line, "time", problem));
                }
                Some(at)
            }
            (None, Some(Free { searched: Some(free), .. })) => {
                let at = free.iter().find(is_left).copied();
                match at {
                    Some(at) => drop(others.insert((order.course_id, at), line.unwrap_or_default())),
                    None if free.is_empty() => {
                        let why = "the course has no free timeslot then";
                        assigned.no_timeslot.push(Finding::error(Kind::Rejected, *line, None, why));
                    }
                    None => {
                        let why = "may be missing: each free timeslot is that of another line";
                        assigned.taken.push(Finding::warning(*line, "time", why));
                    }
                }
                at
            }
            (at, _) => at,
        };
        assigned.at.push(at);
    }
    assigned
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
