//! Rows that are still to be booked although the same person has a booking of the course.

use anyhow::Result;

use super::{input::Row, journal::State};
use crate::{book::outlook::Booked, output};

/// Says which they are. A row that a run has begun is not among them, since that booking may be its own.
///
/// `recorded` is what the journal said before the bookings were read, and `look` reads it again: another run may have
/// booked some of the rows in between.
pub async fn find(
    booked: &Booked,
    rows: &[Row],
    states: &[State],
    recorded: &[State],
    look: impl Future<Output = Result<Vec<State>>>,
) -> Result<Vec<String>> {
    let open = (0..rows.len()).filter(|row| states[*row] == State::Open);
    let found: Vec<_> = open.filter_map(|row| Some((row, booked.of_person(&rows[row].order)?))).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let now = look.await?;
    let told = |(row, booking): (usize, &hb_bls::Booking)| {
        let (line, start) = (rows[row].line, output::read_zoned(booking.start_date.as_ref()));
        format!("line {line} is booked already: booking {}, {start}", booking.id)
    };
    Ok(found.into_iter().filter(|(row, _)| now[*row] == recorded[*row]).map(told).collect())
}
