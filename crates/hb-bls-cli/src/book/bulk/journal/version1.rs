//! Journals of an earlier version: the digests of all rows in the first line, and an event in each line after it. They
//! are read so that a run that was started with that version can be continued.

use anyhow::Result;
use hb_bls::{BookingId, HoldDetails, state::BookingProgress};
use serde::Deserialize;

use super::header::check_account;
use crate::book::bulk::account::Account;
use crate::{
    book::{bulk::input::Row, fields::Search},
    report::{Failure, Kind},
};

#[derive(Deserialize)]
struct Subject {
    base_url: String,
    hb_client_id: String,
    earliest: Option<Search>,
    rows: Vec<String>,
}

#[derive(Deserialize)]
struct Line {
    row: usize,
    #[serde(flatten)]
    event: Event,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Held {
        hold: HoldDetails,
    },
    Booked {
        booking_id: BookingId,
    },
    /// There is no booking, for one reason or another. The row is tried again.
    #[serde(alias = "asking", alias = "refused", alias = "lost", alias = "reopened", alias = "rejected")]
    Open,
}

/// The state of each row; none if it is unknown.
pub fn read(
    text: &[u8],
    account: &Account,
    search: Option<&Search>,
    rows: &[Row],
) -> Result<Vec<Option<BookingProgress>>> {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    // a line that a crash has cut off
    lines.pop_if(|line| !line.ends_with(b"\n"));
    let mut states: Vec<Option<BookingProgress>> = vec![None; rows.len()];
    let Some((first, rest)) = lines.split_first() else { return Ok(states) };
    let subject: Subject = serde_json::from_slice(first).map_err(|_| damaged(1))?;
    check_account(&subject.base_url, &subject.hb_client_id, account)?;
    let same_rows = subject.rows.iter().eq(rows.iter().map(|row| &row.digest));
    if !same_rows || subject.earliest.as_ref() != search {
        let what = "it is of an earlier version, and the file or the flags have changed since";
        return Err(Failure::new(Kind::Usage, what).hint("put them back as they were for this run").into());
    }
    for (index, text) in rest.iter().enumerate() {
        match serde_json::from_slice::<Line>(text) {
            Ok(Line { row, event }) if row < rows.len() => states[row] = after(states[row].take(), event),
            // not all of it had reached the disk when the machine went down
            Err(_) if index + 1 == rest.len() => break,
            _ => return Err(damaged(index + 2).into()),
        }
    }
    Ok(states)
}

fn after(state: Option<BookingProgress>, event: Event) -> Option<BookingProgress> {
    Some(match event {
        // it was about to be booked
        Event::Held { hold } => BookingProgress::booking(hold),
        Event::Booked { booking_id } => {
            let slot = match state {
                Some(BookingProgress::Booking { hold, .. }) => hold.slot,
                _ => None,
            };
            BookingProgress::booked(booking_id, slot)
        }
        Event::Open => return None,
    })
}

fn damaged(line: usize) -> Failure {
    let message = format!("its line {line} is damaged, so it no longer says who is booked");
    Failure::new(Kind::Other, message)
        .hint("see who is with `hb-bls bookings list`, and book the others from another file with a new journal")
}
