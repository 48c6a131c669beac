//! An event as it is displayed, without personal data.

use hb_bls::{BookingId, webhook::StoredEvent};
use jiff::Timestamp;
use serde::Serialize;

use crate::output::{Column, Record, instant, read_instant, text};

#[derive(Serialize)]
pub struct Row {
    pub event_id: String,
    pub event_type: String,
    pub booking: Option<BookingId>,
    pub state: &'static str,
    pub attempts: u32,
    /// Why the last attempt failed.
    pub why: Option<String>,
    /// When it was accepted.
    pub received_at: Timestamp,
    pub origin: &'static str,
    pub occurred_at: Timestamp,
    /// When it can be taken next, or was due.
    pub due: Timestamp,
}

impl From<StoredEvent> for Row {
    fn from(event: StoredEvent) -> Self {
        Self {
            event_id: event.event_id.to_string(),
            event_type: event.event_type.to_string(),
            booking: event.booking_id,
            state: event.state.as_str(),
            attempts: event.attempts,
            why: event.last_error,
            received_at: event.received_at,
            origin: event.origin.as_str(),
            occurred_at: event.occurred_at,
            due: event.due_at,
        }
    }
}

impl Record for Row {
    const COLUMNS: &'static [Column<Self>] = &[
        // or it could not be named to the other commands
        Column::whole("event_id", |row| row.event_id.clone()),
        Column::new("event_type", |row: &Self| row.event_type.clone()).headed("type"),
        Column::number("booking", |row| text(row.booking.as_ref())),
        Column::new("state", |row| row.state.to_owned()),
        Column::number("attempts", |row: &Self| row.attempts.to_string()).if_there_is_room(),
        Column::time(
            "received_at",
            |row: &Self| instant(Some(row.received_at)),
            |row: &Self| read_instant(Some(row.received_at)),
        )
        .headed("accepted"),
        Column::new("origin", |row: &Self| row.origin.to_owned()).if_there_is_room(),
        Column::whole("why", |row| text(row.why.as_ref())),
        Column::full_time(
            "occurred_at",
            |row| instant(Some(row.occurred_at)),
            |row| read_instant(Some(row.occurred_at)),
        ),
        Column::full_time("due", |row| instant(Some(row.due)), |row| read_instant(Some(row.due))),
    ];
}
