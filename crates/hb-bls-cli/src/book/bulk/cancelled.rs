//! Rows whose booking staff have cancelled since.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, Result};
use futures::TryStreamExt as _;
use hb_bls::{BookingId, BookingStatus, Client};

use super::journal::{Event, Journal, State};
use crate::output::Output;

/// How many pages of cancelled bookings are read. A portal that does not filter by status answers with all bookings.
const PAGES: u32 = 20;

/// The booked rows whose booking is cancelled by now.
pub async fn find(client: &Client, states: &[State], output: Output) -> Result<HashSet<usize>> {
    let booked = states.iter().enumerate().filter_map(|(row, state)| match state {
        State::Booked { booking_id, .. } => Some((*booking_id, row)),
        _ => None,
    });
    let booked: HashMap<BookingId, usize> = booked.collect();
    let mut cancelled = HashSet::new();
    if booked.is_empty() {
        return Ok(cancelled);
    }
    let mut pages = client.bookings().list().status(BookingStatus::Cancelled).per_page(100).pages(1);
    while let Some(page) = pages.try_next().await.context("cannot list cancelled bookings")? {
        let found = page.items.into_iter().filter(|booking| booking.booking_status == Some(BookingStatus::Cancelled));
        cancelled.extend(found.filter_map(|booking| booked.get(&booking.id).copied()));
        if page.number >= PAGES {
            output.notice("there are too many cancelled bookings to look through all of them");
            break;
        }
    }
    Ok(cancelled)
}

/// Has the rows booked again.
pub fn reopen(journal: &mut Journal, cancelled: &HashSet<usize>) -> Result<()> {
    let mut rows: Vec<_> = cancelled.iter().copied().collect();
    rows.sort_unstable();
    rows.into_iter().try_for_each(|row| journal.note(row, Event::Reopened))
}
