//! Books one candidate.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result};
use hb_bls::{BookRequest, Booking, Client, Date, HoldDetails, Time, Timeslot};

use super::{
    ask,
    fields::{Fault, Field, Order, Search, Values},
    plan,
    refusal::Refusal,
    summary, values,
};
use crate::{
    clock,
    context::Context,
    output, prompt,
    report::{Failure, Kind},
};

/// A booking, as the command line describes it.
pub struct Task {
    pub values: Values,
    /// Errors in the flags that were found before the values were checked.
    pub faults: Vec<Fault>,
    pub search: Option<Search>,
    /// The hash of a hold that is to be booked.
    pub hold: Option<String>,
    pub dry_run: bool,
    /// Whether nobody is to be asked.
    pub yes: bool,
}

pub async fn run(task: Task, context: &Context) -> Result<()> {
    let Task { mut values, faults: mut wrong, mut search, hold, dry_run, yes } = task;
    if hold.is_some() {
        // a hold has its timeslot
        search = Some(Search { months: None, date: None });
    }
    if !wrong.is_empty() {
        wrong.extend(faults(&values));
        return Err(refused(wrong).into());
    }
    let missing = missing(&values, search.is_some());
    if !missing.is_empty() && !io::stdin().is_terminal() {
        return Err(unasked(&missing).into());
    }
    let client = context.client()?;
    if !missing.is_empty() {
        let wrong = faults(&values);
        if !wrong.is_empty() {
            return Err(refused(wrong).into());
        }
        ask::fill(&mut values, &mut search, &client).await?;
    }
    if dry_run {
        let order = Order::new(&values, search.is_some(), clock::today()).map_err(refused)?;
        return plan::show(&client, &order, search.as_ref(), context).await;
    }
    let asks = prompt::is_possible() && !yes;
    let mut hold = hold;
    loop {
        let mut order = Order::new(&values, search.is_some(), clock::today()).map_err(refused)?;
        if asks {
            // what is confirmed is booked, and no other timeslot
            if order.at.is_none() && hold.is_none() {
                order.at = Some(earliest(&client, &order, search.as_ref()).await?);
            }
            summary::confirm(&client, &order).await?;
        } else {
            for (field, doubt) in &order.doubts {
                context.output().notice(&format!("{} {doubt}", field.flag()));
            }
        }
        let error = match book(context, &client, &order, search.as_ref(), hold.as_deref()).await {
            Ok(booking) => return context.output().object(&booking),
            Err(error) => error,
        };
        let Some(refusal) = Refusal::of(&error).filter(|_| asks) else {
            let what = if hold.is_some() { "cannot book the timeslot of the hold" } else { "cannot book" };
            return Err(error).context(what);
        };
        if let Some((date, time)) = order.at {
            values.insert(Field::Date, date.to_string());
            values.insert(Field::Time, output::time(time));
            search = None;
        }
        if refusal.is_about_the_timeslot() {
            (hold, search) = (None, None);
        }
        ask::again(&refusal, &mut values, &mut search, &client).await?;
    }
}

/// Books the timeslot of the hold if there is one, or else that of the order.
async fn book(
    context: &Context,
    client: &Client,
    order: &Order,
    search: Option<&Search>,
    hold: Option<&str>,
) -> Result<Booking, hb_bls::Error> {
    if let Some(hash) = hold {
        let held = client.timeslots().adopt(HoldDetails::new(hash));
        let booking = client.bookings().create(held, &order.details).await;
        if booking.as_ref().err().is_none_or(|failed| failed.hold.is_none()) {
            context.forget_hold(hash);
        }
        return booking.map_err(|failed| failed.error);
    }
    let details = order.details.clone();
    let request = match (order.at, search.and_then(|search| search.date)) {
        (Some((date, time)), _) => BookRequest::at(order.course_id, date, time, details),
        (None, Some(date)) => BookRequest::earliest_on(order.course_id, date, details),
        (None, None) => BookRequest::earliest(order.course_id, details),
    };
    let months = search.and_then(|search| search.months).filter(|_| order.at.is_none());
    client.book(&months.into_iter().fold(request, BookRequest::months_ahead)).await
}

/// The first timeslot that the order would accept.
async fn earliest(client: &Client, order: &Order, search: Option<&Search>) -> Result<(Date, Time)> {
    let slots = slots(client, order, search).await.context("cannot list timeslots")?;
    slots.iter().map(|slot| (slot.date, slot.time)).min().ok_or_else(|| {
        Failure::new(Kind::Rejected, "the course has no free timeslot then; nothing was booked")
            .hint(format!("`hb-bls slots list --course {}` shows what there is", order.course_id))
            .into()
    })
}

/// The free timeslots that the order would accept.
async fn slots(client: &Client, order: &Order, search: Option<&Search>) -> hb_bls::Result<Vec<Timeslot>> {
    let mut query = client.timeslots().list(order.course_id);
    let date = order.at.map(|(date, _)| date).or_else(|| search?.date);
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

fn missing(values: &Values, earliest: bool) -> Vec<Field> {
    let needed = Field::all().filter(|field| field.is_required() && !(earliest && field.is_time()));
    needed.filter(|field| !values.contains_key(field)).collect()
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
    Failure::new(Kind::Usage, format!("these are missing: {}", parts.join(", ")))
        .hint("give them, or run it on a terminal to be asked; --from books many candidates from a file")
}

fn faults(values: &Values) -> Vec<Fault> {
    let check =
        |(field, value): (&Field, &String)| values::read(*field, value, clock::today()).err().map(|why| (*field, why));
    values.iter().filter_map(check).collect()
}

fn refused(faults: Vec<Fault>) -> Failure {
    let fields = faults.into_iter().map(|(field, why)| (field.flag(), vec![why]));
    Failure::new(Kind::Usage, "nothing was booked: there is something wrong with the flags").fields(fields.collect())
}
