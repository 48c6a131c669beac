//! Rows that are still to be booked although the same person has a booking of the course.

use std::collections::HashMap;

use anyhow::Result;

use super::{input::Row, journal::State};
use crate::book::preflight::{Booked, already};

/// Finds them. A row that a run has begun is not among them, since that booking may be its own.
///
/// `recorded` is what the journal said before the bookings were read, and `look` reads it again: another run may have
/// booked some of the rows in between.
pub async fn find(
    booked: &Booked,
    rows: &[Row],
    states: &[State],
    recorded: &[State],
    look: impl Future<Output = Result<Vec<State>>>,
) -> Result<Vec<usize>> {
    let open = (0..rows.len()).filter(|row| states[*row] == State::Open);
    let found: Vec<_> = open.filter(|row| booked.of_person(&rows[*row].order).is_some()).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let now = look.await?;
    Ok(found.into_iter().filter(|row| now[*row] == recorded[*row]).collect())
}

/// Takes them for booked, as `--skip-booked` says, and tells why.
pub fn skip(doubled: Vec<usize>, booked: &Booked, rows: &[Row], states: &mut [State]) -> HashMap<usize, String> {
    let mut skipped = HashMap::new();
    for row in doubled {
        if let Some(booking) = booked.of_person(&rows[row].order) {
            let slot = booking.start_date.as_ref().map(|start| (start.date(), start.time()));
            states[row] = State::Booked { booking_id: booking.id, slot };
            skipped.insert(row, already(booking));
        }
    }
    skipped
}
