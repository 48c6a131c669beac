//! Rows that are still to be booked although the same person has such a booking, or is in the file twice.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use super::{input::Row, journal::State};
use crate::book::preflight::{Booked, Finding, RowToBook, already, sentences};

/// Finds them. A row that a run has begun is not among them, since that booking may be its own. Nor are those whose booking
/// is that of another row: one person may be in a file for several trainings.
///
/// `recorded` is what the journal said before the bookings were read, and `look` reads it again: another run may have
/// booked some of the rows in between.
pub async fn find(
    booked: &mut Booked,
    rows: &[Row],
    states: &[State],
    recorded: &[State],
    look: impl Future<Output = Result<Vec<State>>>,
) -> Result<Vec<usize>> {
    let is_found = |row: &usize| states[*row] == State::Open && booked.of_person(&rows[*row].order).is_some();
    if !(0..rows.len()).any(|row| is_found(&row)) {
        return Ok(Vec::new());
    }
    let now = look.await?;
    let made = now.iter().filter_map(|state| match state {
        State::Booked { booking_id, .. } => Some(*booking_id),
        _ => None,
    });
    booked.forget(&made.collect());
    let is_found = |row: &usize| states[*row] == State::Open && booked.of_person(&rows[*row].order).is_some();
    Ok((0..rows.len()).filter(is_found).filter(|row| now[*row] == recorded[*row]).collect())
}

/// Takes them for booked, as `--skip-booked` says, and tells why.
pub fn skip(doubled: Vec<usize>, booked: &Booked, rows: &[Row], states: &mut [State]) -> HashMap<usize, String> {
    let mut skipped = HashMap::new();
    for row in doubled {
        if let Some(booking) = booked.of_person(&rows[row].order) {
            let slot = booking.start_date.as_ref().map(|start| (start.date(), start.time()));
            states[row] = State::Booked { booking_id: booking.id, slot };
            skipped.insert(row, already(booking, rows[row].order.course_id));
        }
    }
    skipped
}

/// What people should know before they agree, about the rows that are still to be booked but for those that are `doubled`.
pub fn warnings(booked: &Booked, rows: &[Row], states: &[State], doubled: &[usize]) -> Vec<String> {
    let open = (0..rows.len()).filter(|row| states[*row] == State::Open);
    let others = open.clone().filter(|row| !doubled.contains(row));
    let wishes: Vec<_> =
        others.map(|row| RowToBook { line: Some(rows[row].line), order: &rows[row].order, is_begun: false }).collect();
    let lines: HashSet<_> = open.map(|row| Some(rows[row].line)).collect();
    let in_file = in_file(rows).into_iter().filter(|finding| lines.contains(&finding.line));
    sentences(&in_file.chain(booked.findings(&wishes, |_| false)).collect::<Vec<_>>())
}

/// People who are in the file more than once, for different trainings of a course.
pub fn in_file(rows: &[Row]) -> Vec<Finding> {
    let (mut emails, mut names, mut findings) = (HashMap::new(), HashMap::new(), Vec::new());
    for row in rows {
        let (course_id, line) = (row.order.course_id, Some(row.line));
        let email = emails.insert((course_id, row.order.details.email.to_lowercase()), row.line);
        let name = names.insert((course_id, row.order.name()), row.line);
        findings.extend(match (email, name) {
            (Some(other), _) => {
                Some(Finding::warning(line, "email", format!("is also that of line {other}, for the same course")))
            }
            (None, Some(other)) => {
                let problem = format!("is also that of line {other}, for the same course with another email address");
                Some(Finding::warning(line, "name", problem))
            }
            (None, None) => None,
        });
    }
    findings
}
