//! The kit: when it is expected back, and what happens when it is late.

use jiff::civil::{Date, Time};
use jiff::{Span, Timestamp};
use rusqlite::Connection;
use serde_json::json;

use crate::format;
use crate::problem::Problem;
use crate::store::{bookings, events};

/// Days from the training to the expected return.
const RETURN_DAYS: i32 = 7;

/// The expected return of a kit.
#[derive(Debug)]
pub(crate) struct Deadline {
    /// The last day on which it is in time.
    pub(crate) due_on: Date,
    /// The midnight after that day, in the UK.
    pub(crate) late_at: Timestamp,
}

/// The deadline for a training that ends then.
pub(crate) fn deadline(training_end: Timestamp) -> Result<Deadline, Problem> {
    let due_on = format::london_date(training_end).checked_add(Span::new().try_days(RETURN_DAYS)?)?;
    let late_at = format::london_instant(due_on.tomorrow()?, Time::midnight())?;
    Ok(Deadline { due_on, late_at })
}

/// Marks every kit that is overdue now, with its event, once.
pub(crate) fn mark_late(db: &Connection, now: Timestamp) -> Result<(), Problem> {
    for mut booking in bookings::with_late_kit(db, now)? {
        "late".clone_into(&mut booking.equipment_status);
        bookings::update(db, &booking)?;
        let mut data = booking.json();
        data["expected_return_date"] = json!(booking.kit_due_on);
        events::publish(db, booking.account_id, "booking.equipment_late", data, now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kit_is_late_from_the_uk_midnight_after_the_day_it_was_due() {
        let summer = deadline("2026-06-08T09:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(summer.due_on.to_string(), "2026-06-15");
        assert_eq!(summer.late_at.to_string(), "2026-06-15T23:00:00Z");
        let over_the_change = deadline("2026-10-21T09:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(over_the_change.late_at.to_string(), "2026-10-29T00:00:00Z");
    }
}
