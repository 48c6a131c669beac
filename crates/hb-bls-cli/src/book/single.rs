//! Books one candidate.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _},
};

use anyhow::{Context as _, Result};
use hb_bls::{BookRequest, Booking, Client, CreateError, Date, Error, ErrorKind, HoldDetails, Time, Timeslot};
use jiff::civil::DateTime;

use super::{
    draft::Draft,
    fields::{EARLIEST, Fault, Field, Order, Search, Values},
    free,
    preflight::{self, Booked, Cost, Finding, Plan, Planned, RowToBook, already, costs},
    prompts, summary, values,
};
use crate::{
    context::Context,
    prompt,
    report::{Failure, Kind},
    when,
};

/// A booking, as the command line describes it.
pub struct Task {
    pub values: Values,
    /// What the profile fills in.
    pub defaults: Values,
    /// Errors in the flags that were found before the values were checked.
    pub faults: Vec<Fault>,
    pub search: Option<Search>,
    /// The hash of a hold that is to be booked.
    pub hold: Option<String>,
    pub dry_run: bool,
    /// Whether nobody is to be asked.
    pub yes: bool,
    /// Whether people who are booked already are booked again.
    pub allow_duplicates: bool,
    /// The time in the UK.
    pub now: DateTime,
}

pub async fn run(mut task: Task, context: &Context) -> Result<()> {
    let hold = task.hold.as_ref().map(|hash| known(hash, task.dry_run, context)).transpose()?;
    // of the course that is held
    let held = hold.as_ref().and_then(|hold| hold.slot.as_ref()?.course.as_ref());
    if let Some(course) = held {
        let id = course.id.to_string();
        let given = task.values.entry(Field::CourseId).or_insert_with(|| id.clone());
        if given.trim() != id {
            let message = format!("the hold is for course {id}, not for course {given}; nothing was booked");
            return Err(Failure::new(Kind::Usage, message).hint("leave out --course to book what is held").into());
        }
    }
    let Task { mut values, defaults, faults: mut wrong, search, dry_run, yes, allow_duplicates, now, .. } = task;
    for (field, value) in defaults {
        values.entry(field).or_insert(value);
    }
    let mut draft = Draft::new(values, search, hold);
    let missing = draft.missing();
    let is_asked = !missing.is_empty();
    wrong.extend(faults(&draft.values, now));
    if is_asked && !io::stdin().is_terminal() {
        return Err(unasked(&missing).fields(by_flag(wrong)).into());
    }
    if !wrong.is_empty() {
        return Err(refused(wrong).into());
    }
    // before all the rest is asked for
    if let Some(past) = past(&draft, now) {
        return Err(past.into());
    }
    let client = context.client()?;
    let asks = prompt::is_possible() && !yes;
    let how = BookingMode { asks, allow_duplicates, now };
    let booking = loop {
        // one that has expired is forgotten
        let own = own_holds(dry_run, context)?;
        let outcome = match prompts::fill(&mut draft, &own, now, &client).await {
            Ok(()) if dry_run => return show(&draft, &own, how, &client, context).await,
            Ok(()) => book(&mut draft, &own, how, &client, context).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(Some(booking)) => break booking,
            Ok(None) => match prompts::change()? {
                Some(field) => draft.ask_again(field),
                None => return Err(Failure::new(Kind::Other, "nothing was booked").into()),
            },
            Err(error) if asks || (is_asked && prompt::is_possible()) => draft.mend(error)?,
            Err(error) => {
                if let Some(free) = free_instead(&error, &draft, now, &client).await {
                    context.output().notice(&free);
                }
                return Err(error);
            }
        }
    };
    context.output().object(&booking)
}

/// How a booking is made.
#[derive(Clone, Copy)]
struct BookingMode {
    asks: bool,
    allow_duplicates: bool,
    now: DateTime,
}

/// The holds of the account that this command has made. What is to be booked can be booked without them.
fn own_holds(dry_run: bool, context: &Context) -> Result<Vec<HoldDetails>> {
    if dry_run { preflight::own_holds(context) } else { Ok(preflight::own_holds_if_known(context)) }
}

/// What is known of a hold. Of one that another command has made, it is only the hash.
fn known(hash: &str, dry_run: bool, context: &Context) -> Result<HoldDetails> {
    let own = own_holds(dry_run, context)?;
    Ok(own.into_iter().find(|hold| hold.hold_hash == hash).unwrap_or_else(|| HoldDetails::new(hash)))
}

/// What is complete, and the hold that is to be booked for it: that which is named, or one of its timeslot.
fn order(draft: &Draft, own: &[HoldDetails], now: DateTime) -> Result<(Order, Option<HoldDetails>)> {
    let mut order = Order::new(&draft.values, draft.has_timeslot(), now.date()).map_err(refused)?;
    if let Some(hold) = &draft.hold {
        order.at = hold.slot.as_ref().map(|slot| (slot.date, slot.time));
        return Ok((order, Some(hold.clone())));
    }
    let held = own.iter().find(|hold| preflight::is_of(hold, &order)).cloned();
    Ok((order, held))
}

/// Why the day and the time that are given will not do, if they are past.
fn past(draft: &Draft, now: DateTime) -> Option<Failure> {
    let given = |field| draft.values.get(&field).map(String::as_str);
    let date = given(Field::Date).and_then(|date| when::date(date, now.date()).ok());
    let day = date.or_else(|| draft.search.as_ref()?.date)?;
    let time = given(Field::Time).and_then(|time| when::time(time).ok());
    let past = when::past(day, time, now)?;
    Some(Failure::new(Kind::Usage, format!("{past}; nothing was booked")))
}

/// What is free on the wanted day, or else on the next one, if the booking failed for want of a timeslot.
async fn free_instead(error: &anyhow::Error, draft: &Draft, now: DateTime, client: &Client) -> Option<String> {
    let refused = error.chain().find_map(|cause| cause.downcast_ref::<Error>())?;
    let lacks_timeslot = match refused.kind() {
        ErrorKind::NoTimeslot => true,
        ErrorKind::Conflict => refused.conflicting_hold().is_none(),
        ErrorKind::Rejected => refused.rejection().is_some_and(|rejection| rejection.fields().contains_key("time")),
        _ => false,
    };
    if !lacks_timeslot || draft.hold.is_some() {
        return None;
    }
    let order = Order::new(&draft.values, draft.has_timeslot(), now.date()).ok()?;
    let day = order.day(draft.search.as_ref())?;
    // the booking has failed in any case
    let days = free::days(client, order.course_id, day, 1).await.ok()?;
    days.first().map(|(day, times)| free::in_words(*day, times))
}

/// Books what is complete, after asking on a terminal. Nothing if the answer is no.
async fn book(
    draft: &mut Draft,
    own: &[HoldDetails],
    how: BookingMode,
    client: &Client,
    context: &Context,
) -> Result<Option<Booking>> {
    let (mut order, hold) = order(draft, own, how.now)?;
    let search = draft.search.as_ref();
    let output = context.output();
    let booked = Booked::read(client, [&order], how.now.date()).await?;
    if how.asks {
        // what is confirmed is booked, and no other timeslot
        if order.at.is_none() && hold.is_none() {
            order.at = Some(earliest(client, &order, search).await?);
        }
        draft.tried = order.at.filter(|_| hold.is_none());
        if !summary::confirm(client, &order, hold.as_ref(), &booked).await? {
            return Ok(None);
        }
        // the question may have stood for a while
        let known = booked.of_person(&order).map(|booking| booking.id);
        let since = Booked::read(client, [&order], how.now.date()).await?;
        if let Some(booking) = since.of_person(&order).filter(|booking| Some(booking.id) != known) {
            return Err(booked_already(&order, booking).hint("run the command again if that is meant").into());
        }
    } else {
        draft.tried = order.at;
        for (field, doubt) in &order.doubts {
            output.notice(&format!("{} {doubt}", field.flag()));
        }
        if let Some(booking) = booked.of_person(&order).filter(|_| !how.allow_duplicates) {
            let failure = booked_already(&order, booking);
            return Err(failure.hint("--allow-duplicates books the same person again").into());
        }
    }
    if let Some(hold) = hold {
        let hash = hold.hold_hash.clone();
        if draft.hold.is_none() && !how.asks {
            output.note(&format!("the timeslot is held ({hash}), and the hold is booked"));
        }
        let booking = client.bookings().create(client.timeslots().adopt(hold), &order.details).await;
        // a conflict says that there is no such hold any more
        let is_there = |failed: &CreateError| failed.hold.is_some() && failed.error.kind() != ErrorKind::Conflict;
        if !booking.as_ref().is_err_and(is_there) {
            context.forget_hold(&hash);
        }
        return booking.map(Some).map_err(|failed| failed.error).context("cannot book the timeslot of the hold");
    }
    let request = match (order.at, search) {
        (Some((date, time)), _) => BookRequest::at(order.course_id, date, time, order.details),
        (None, search) => {
            let months = search.and_then(|search| search.months);
            let request = match order.day(search) {
                Some(date) => BookRequest::earliest_on(order.course_id, date, order.details),
                None => BookRequest::earliest(order.course_id, order.details),
            };
            months.into_iter().fold(request, BookRequest::months_ahead)
        }
    };
    client.book(&request).await.map(Some).context("cannot book")
}

fn booked_already(order: &Order, booking: &Booking) -> Failure {
    let who = format!("{} {}", order.details.first_name, order.details.last_name);
    Failure::new(Kind::Rejected, format!("{who} {}; nothing was booked", already(booking, order.course_id)))
}

/// Shows what would be booked, and what would prevent the booking.
async fn show(draft: &Draft, own: &[HoldDetails], how: BookingMode, client: &Client, context: &Context) -> Result<()> {
    let (order, hold) = order(draft, own, how.now)?;
    let courses = client.courses().list().await.context("cannot list courses")?;
    if !courses.iter().any(|course| course.id == order.course_id) {
        let message = format!("there is no course {}; nothing was booked", order.course_id);
        return Err(Failure::new(Kind::Rejected, message).hint("`hb-bls courses list` lists the courses").into());
    }
    let balances = client.account().balances().await.context("cannot get the balances")?;
    let costs = costs([&order].into_iter(), &courses, &balances);
    let wishes = [RowToBook { line: None, order: &order, is_begun: false }];
    let booked = Booked::read(client, [&order], how.now.date()).await?;
    let is_refused = |wish: &RowToBook<'_>| !how.allow_duplicates && booked.of_person(wish.order).is_some();
    let mut findings = booked.findings(&wishes, is_refused);
    let rows = match &hold {
        Some(hold) => {
            if hold.slot.is_none() {
                let unknown = "it was not made by this command on this machine, so its timeslot is not known";
                findings.push(Finding::warning(None, "hold", unknown.to_owned()));
            }
            wishes.iter().map(|wish| Planned::new(*wish, wish.order.at)).collect()
        }
        None => {
            let (of_timeslots, rows) = preflight::findings(client, &wishes, draft.search.as_ref(), own).await?;
            findings.extend(of_timeslots);
            // one that is booked is not in the way
            findings.extend(preflight::holds(own));
            rows
        }
    };
    let text: Vec<_> = costs.iter().map(Cost::text).collect();
    let plan = Plan { costs, rows, findings };
    plan.show(&wishes, context.output())?;
    preflight::tell(&plan, &text, false, context)
}

/// The first timeslot that the order would accept.
async fn earliest(client: &Client, order: &Order, search: Option<&Search>) -> Result<(Date, Time)> {
    let slots = slots(client, order, search).await.context("cannot list timeslots")?;
    let first = slots.iter().map(|slot| (slot.date, slot.time)).min();
    first.ok_or_else(|| Error::from(ErrorKind::NoTimeslot)).context("nothing was booked")
}

/// The free timeslots that the order would accept.
async fn slots(client: &Client, order: &Order, search: Option<&Search>) -> hb_bls::Result<Vec<Timeslot>> {
    let mut query = client.timeslots().list(order.course_id);
    let date = order.day(search);
    if let Some(date) = date {
        query = query.date(date);
    }
    if let Some(months) = search.and_then(|search| search.months) {
        query = query.months_ahead(months);
    }
    let mut slots = query.await?;
    slots.retain(|slot| date.is_none_or(|date| slot.date == date));
    slots.retain(|slot| order.at.is_none_or(|at| (slot.date, slot.time) == at));
    Ok(slots)
}

/// The error for values that are missing when there is no terminal to ask on.
fn unasked(missing: &[Field]) -> Failure {
    let flags: Vec<_> = missing.iter().filter(|field| !field.is_time()).map(|field| field.flag()).collect();
    let mut parts = flags;
    let (date, time) = (missing.contains(&Field::Date), missing.contains(&Field::Time));
    parts.extend(match (date, time) {
        (true, true) => Some("--date and --time, or --earliest".to_owned()),
        (true, false) => Some("--date".to_owned()),
        (false, true) => Some("--time, or --earliest".to_owned()),
        (false, false) => None,
    });
    Failure::new(Kind::Usage, format!("missing: {}", parts.join(", ")))
        .hint("add these options, or run this in a terminal to be prompted; --from books many candidates from a file")
}

fn faults(values: &Values, now: DateTime) -> Vec<Fault> {
    let why = |field: Field, value: &str| match field {
        Field::Date if value.eq_ignore_ascii_case(EARLIEST) => Some("use --earliest instead".to_owned()),
        Field::Time if value.eq_ignore_ascii_case(EARLIEST) => None,
        _ => values::read(field, value, now.date()).err(),
    };
    values.iter().filter_map(|(field, value)| Some((*field, why(*field, value)?))).collect()
}

fn refused(faults: Vec<Fault>) -> Failure {
    Failure::new(Kind::Usage, "nothing was booked: there is something wrong with the flags").fields(by_flag(faults))
}

fn by_flag(faults: Vec<Fault>) -> BTreeMap<String, Vec<String>> {
    faults.into_iter().map(|(field, why)| (field.flag(), vec![why])).collect()
}
