//! Books one candidate.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result};
use hb_bls::{BookRequest, Booking, Client, Date, Error, ErrorKind, HoldDetails, Time, Timeslot};

use super::{
    ask,
    draft::Draft,
    fields::{Fault, Field, Order, Search, Values},
    outlook::{self, Booked, Cost, Plan, Wish, costs},
    summary, values,
};
use crate::{
    clock,
    context::Context,
    prompt,
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
    let Task { values, faults: mut wrong, search, hold, dry_run, yes } = task;
    let mut draft = Draft::new(values, search, hold);
    let missing = draft.missing();
    let is_asked = !missing.is_empty();
    if wrong.is_empty() && is_asked && !io::stdin().is_terminal() {
        return Err(unasked(&missing).into());
    }
    if !wrong.is_empty() || is_asked {
        wrong.extend(faults(&draft.values));
        if !wrong.is_empty() {
            return Err(refused(wrong).into());
        }
    }
    let client = context.client()?;
    let asks_again = prompt::is_possible() && (is_asked || !yes);
    let booking = loop {
        let outcome = match ask::fill(&mut draft, &client).await {
            Ok(()) if dry_run => {
                let order = order(&draft)?;
                return show(&client, &order, draft.search.as_ref(), context).await;
            }
            Ok(()) => book(&mut draft, yes, &client, context).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(booking) => break booking,
            Err(error) if asks_again => draft.mend(error)?,
            Err(error) => return Err(error),
        }
    };
    context.output().object(&booking)
}

fn order(draft: &Draft) -> Result<Order> {
    Ok(Order::new(&draft.values, draft.has_timeslot(), clock::today()).map_err(refused)?)
}

/// Books what is complete, after asking on a terminal.
async fn book(draft: &mut Draft, yes: bool, client: &Client, context: &Context) -> Result<Booking> {
    let mut order = order(draft)?;
    let search = draft.search.as_ref();
    if prompt::is_possible() && !yes {
        // what is confirmed is booked, and no other timeslot
        if order.at.is_none() && draft.hold.is_none() {
            order.at = Some(earliest(client, &order, search).await?);
        }
        draft.tried = order.at;
        summary::confirm(client, &order).await?;
    } else {
        draft.tried = order.at;
        for (field, doubt) in &order.doubts {
            context.output().notice(&format!("{} {doubt}", field.flag()));
        }
    }
    if let Some(hash) = draft.hold.clone() {
        let held = client.timeslots().adopt(HoldDetails::new(&hash));
        let booking = client.bookings().create(held, &order.details).await;
        if booking.as_ref().err().is_none_or(|failed| failed.hold.is_none()) {
            context.forget_hold(&hash);
        }
        return booking.map_err(|failed| failed.error).context("cannot book the timeslot of the hold");
    }
    let request = match (order.at, search) {
        (Some((date, time)), _) => BookRequest::at(order.course_id, date, time, order.details),
        (None, search) => {
            let search = search.cloned().unwrap_or(Search { months: None, date: None });
            let request = match search.date {
                Some(date) => BookRequest::earliest_on(order.course_id, date, order.details),
                None => BookRequest::earliest(order.course_id, order.details),
            };
            search.months.into_iter().fold(request, BookRequest::months_ahead)
        }
    };
    client.book(&request).await.context("cannot book")
}

/// Shows what would be booked, and what the booking would meet.
async fn show(client: &Client, order: &Order, search: Option<&Search>, context: &Context) -> Result<()> {
    let courses = client.courses().list().await.context("cannot list courses")?;
    if !courses.iter().any(|course| course.id == order.course_id) {
        let message = format!("there is no course {}; nothing was booked", order.course_id);
        return Err(Failure::new(Kind::Rejected, message).hint("`hb-bls courses list` shows what there is").into());
    }
    let balances = client.account().balances().await.context("cannot get the balances")?;
    let costs = costs([order].into_iter(), &courses, &balances);
    let wishes = [Wish { line: None, order, is_begun: false }];
    let booked = Booked::read(client, [order], context).await?;
    let (mut findings, rows) = outlook::findings(client, &wishes, search, &booked).await?;
    findings.extend(outlook::holds(context)?);
    let text: Vec<_> = costs.iter().map(Cost::text).collect();
    let plan = Plan { costs, rows, findings };
    plan.show(&wishes, context.output())?;
    outlook::tell(&plan, &text, Vec::new(), context)
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

fn faults(values: &Values) -> Vec<Fault> {
    let check =
        |(field, value): (&Field, &String)| values::read(*field, value, clock::today()).err().map(|why| (*field, why));
    values.iter().filter_map(check).collect()
}

fn refused(faults: Vec<Fault>) -> Failure {
    let fields = faults.into_iter().map(|(field, why)| (field.flag(), vec![why]));
    Failure::new(Kind::Usage, "nothing was booked: there is something wrong with the flags").fields(fields.collect())
}
