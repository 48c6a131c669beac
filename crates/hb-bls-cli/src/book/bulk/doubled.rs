//! Rows that are still to be booked although the same person has a booking of the course.

use super::{input::Row, journal::State};
use crate::{book::outlook::Booked, output};

/// Says which they are. A row that a run has begun is not among them, since that booking may be its own.
pub fn find(booked: &Booked, rows: &[Row], states: &[State]) -> Vec<String> {
    let open = rows.iter().zip(states).filter(|(_, state)| **state == State::Open);
    let told = |(row, _): (&Row, &State)| {
        let booking = booked.of_person(&row.order)?;
        let start = output::brief_zoned(booking.start_date.as_ref());
        Some(format!("line {} is booked already: booking {}, {start}", row.line, booking.id))
    };
    open.filter_map(told).collect()
}
