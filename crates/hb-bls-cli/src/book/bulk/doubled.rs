//! Finds people who are booked already: by another file, by another program, or by hand.

use std::collections::HashMap;

use anyhow::Context as _;
use futures::TryStreamExt as _;
use hb_bls::{Booking, BookingQuery, BookingStatus, Client, CourseId, Date, Error};

use super::{input::Row, journal::State};
use crate::{output, words::words};

/// A course, an email address and a name.
type Person = (CourseId, String, String);

/// Says which rows are still to be booked although the same person has a booking of the course that is not cancelled and not
/// over. A row that a run has begun is not among them, since that booking may be its own.
pub async fn find(client: &Client, rows: &[Row], states: &[State], today: Date) -> anyhow::Result<Vec<String>> {
    let open = || rows.iter().zip(states).filter(|(_, state)| **state == State::Open).map(|(row, _)| row);
    let wanted = open().filter_map(|row| row.order.at.map(|(date, _)| date));
    let Some(first) = wanted.chain([today]).min().filter(|_| open().next().is_some()) else { return Ok(Vec::new()) };
    let all = client.bookings().list().per_page(100);
    let known = match to_come(all.clone().date_from(first), first).await {
        // that the list can be filtered by date is only assumed
        Err(error) if error.is_rejected() => to_come(all, first).await,
        outcome => outcome,
    };
    let known = known.context("cannot list bookings, of which some may be of the same people")?;
    let told = |row: &Row| {
        let booking = known.get(&person_in(row))?;
        let start = output::brief_zoned(booking.start_date.as_ref());
        Some(format!("line {} is booked already: booking {}, {start}", row.line, booking.id))
    };
    Ok(open().filter_map(told).collect())
}

async fn to_come(query: BookingQuery, first: Date) -> Result<HashMap<Person, Booking>, Error> {
    let (mut bookings, mut known) = (query.items(), HashMap::new());
    while let Some(booking) = bookings.try_next().await? {
        let is_to_come = booking.start_date.as_ref().is_none_or(|start| start.date() >= first);
        if is_to_come && let Some(person) = person_of(&booking) {
            known.entry(person).or_insert(booking);
        }
    }
    Ok(known)
}

fn person_of(booking: &Booking) -> Option<Person> {
    if booking.booking_status == Some(BookingStatus::Cancelled) {
        return None;
    }
    let candidate = booking.candidate.as_ref()?;
    Some((booking.course.as_ref()?.id, candidate.email.as_deref()?.to_lowercase(), words(candidate.name.as_deref()?)))
}

fn person_in(row: &Row) -> Person {
    let details = &row.order.details;
    let name = format!("{} {}", details.first_name, details.last_name);
    (row.order.course_id, details.email.to_lowercase(), words(&name))
}
