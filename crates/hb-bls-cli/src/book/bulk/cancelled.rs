//! Finds rows whose booking the staff have cancelled since an earlier run.

use std::collections::{HashMap, HashSet};

use anyhow::Context as _;
use futures::TryStreamExt as _;
use hb_bls::{BookingId, BookingQuery, BookingStatus, Client, Error};

use super::journal::{Journal, State};
use crate::output::Output;

/// How many pages of cancelled bookings are read. A portal that does not filter by status returns all bookings.
const PAGES: u32 = 20;

/// Finds the booked rows whose booking has since been cancelled.
pub async fn find(client: &Client, states: &[State], output: Output) -> anyhow::Result<HashSet<usize>> {
    let booked = states.iter().enumerate().filter_map(|(row, state)| match state {
        State::Booked { booking_id, .. } => Some((*booking_id, row)),
        _ => None,
    });
    let booked: HashMap<BookingId, usize> = booked.collect();
    let mut cancelled = HashSet::new();
    if booked.is_empty() {
        return Ok(cancelled);
    }
    let filtered = client.bookings().list().status(BookingStatus::Cancelled).per_page(100);
    match collect(filtered, &booked, &mut cancelled, output).await {
        // that the list can be filtered by status is only assumed
        Err(error) if error.is_rejected() => collect(client.bookings().list(), &booked, &mut cancelled, output).await,
        outcome => outcome,
    }
    .context("cannot list cancelled bookings")?;
    Ok(cancelled)
}

async fn collect(
    query: BookingQuery,
    booked: &HashMap<BookingId, usize>,
    cancelled: &mut HashSet<usize>,
    output: Output,
) -> Result<(), Error> {
    let mut pages = query.pages();
    while let Some(page) = pages.try_next().await? {
        if page.number > PAGES {
            output.notice("there are too many bookings to look through all of them for cancelled ones");
            break;
        }
        let found = page.items.into_iter().filter(|booking| booking.booking_status == Some(BookingStatus::Cancelled));
        cancelled.extend(found.filter_map(|booking| booked.get(&booking.id).copied()));
    }
    Ok(())
}

/// Reopens these rows in the journal, so that they are booked again.
pub async fn reopen(journal: &mut Journal, client: &Client, cancelled: &HashSet<usize>) -> Result<(), Error> {
    for row in cancelled {
        journal.reopen(client, *row).await?;
    }
    Ok(())
}
