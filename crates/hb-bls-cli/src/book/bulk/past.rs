//! Rows that are still to be booked, for a day or a time that is past.

use super::{
    input::{Problems, Row},
    journal::State,
    task::Task,
};
use crate::{book::field::Field, report::Failure, when};

/// Each with its line. What is booked or begun may be past.
pub fn find(rows: &[Row], states: &[State], task: &Task) -> Vec<(usize, String)> {
    let open = rows.iter().zip(states).filter(|(_, state)| **state == State::Open);
    let past = open.filter_map(|(row, _)| {
        let day = row.order.day(task.search.as_ref())?;
        Some((row.line, when::past(day, row.order.at.map(|(_, time)| time), task.now)?))
    });
    past.collect()
}

/// Fails if there are any, as it does if there is something else wrong with the file.
pub fn settle(rows: &[Row], states: &[State], task: &Task) -> Result<(), Failure> {
    let mut problems = Problems::default();
    for (line, why) in find(rows, states, task) {
        problems.add(line, Field::Date.name(), why);
    }
    problems.settle(&task.from)
}
