//! The rows of the tables.

use std::time::Duration;

use hb_bls::{
    BookingId,
    webhook::{EventLease, EventState, KnownState, Origin, StoredEvent, TakenEvent},
};
use jiff::Timestamp;
use rusqlite::{Row, types::Type};
use uuid::Uuid;

/// A time in microseconds since 1970.
pub(crate) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// What is too far away for the type is as far away as it can be.
pub(crate) fn later(now: i64, by: Duration) -> i64 {
    now.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX))
}

pub(crate) fn earlier(now: i64, by: Duration) -> i64 {
    now.saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX))
}

fn read<T>(row: &Row<'_>, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    let index = row.as_ref().column_index(column)?;
    let unreadable = || rusqlite::Error::InvalidColumnType(index, column.to_owned(), Type::Text);
    parse(row.get_ref(index)?.as_str()?).ok_or_else(unreadable)
}

/// The latest time represents those after it.
fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_microsecond(row.get(column)?).unwrap_or(Timestamp::MAX))
}

fn booking(row: &Row<'_>) -> rusqlite::Result<Option<BookingId>> {
    Ok(row.get::<_, Option<i64>>("booking")?.map(BookingId::new))
}

fn event_id(row: &Row<'_>) -> rusqlite::Result<Uuid> {
    read(row, "event_id", |text| text.parse().ok())
}

pub(crate) fn stored(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    Ok(StoredEvent {
        sequence: row.get::<_, i64>("number")?.unsigned_abs(),
        event_id: event_id(row)?,
        event_type: row.get::<_, String>("event_type")?.as_str().into(),
        booking_id: booking(row)?,
        origin: read(row, "origin", Origin::from_name)?,
        occurred_at: time(row, "occurred_at")?,
        received_at: time(row, "received_at")?,
        state: read(row, "state", EventState::from_name)?,
        due_at: time(row, "due")?,
        attempts: row.get("attempts")?,
        last_error: row.get("why")?,
        headers: row.get("headers")?,
    })
}

/// A row of an event that is taken with this claim.
pub(crate) fn taken(row: &Row<'_>, claim: u64) -> rusqlite::Result<TakenEvent> {
    let note = row.get::<_, Option<String>>("note")?;
    Ok(TakenEvent {
        lease: EventLease::new(event_id(row)?, claim),
        booking_id: booking(row)?,
        origin: read(row, "origin", Origin::from_name)?,
        received_at: time(row, "received_at")?,
        attempt: row.get::<_, u32>("attempts")?.saturating_add(1),
        is_out_of_order: row.get("overtaken")?,
        known_state: note
            .map(|text| Ok::<_, rusqlite::Error>(KnownState { text, may_change: row.get("open")? }))
            .transpose()?,
        body: row.get::<_, Option<Vec<u8>>>("body")?.unwrap_or_default(),
    })
}

pub(crate) fn noted(row: &Row<'_>) -> rusqlite::Result<(BookingId, KnownState)> {
    Ok((BookingId::new(row.get("booking")?), KnownState { text: row.get("note")?, may_change: row.get("open")? }))
}
