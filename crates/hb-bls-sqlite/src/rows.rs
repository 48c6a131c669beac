//! The rows of the tables.

use std::{str::FromStr, time::Duration};

use hb_bls::{
    BookingId,
    webhook::{EventLease, EventState, KnownState, Origin, StoredEvent, TakenEvent},
};
use jiff::Timestamp;
use rusqlite::{Row, types::Type};

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

fn read<T: FromStr>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let index = row.as_ref().column_index(column)?;
    let unreadable = || rusqlite::Error::InvalidColumnType(index, column.to_owned(), Type::Text);
    row.get_ref(index)?.as_str()?.parse().map_err(|_| unreadable())
}

/// The latest time represents those after it.
fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_microsecond(row.get(column)?).unwrap_or(Timestamp::MAX))
}

fn booking(row: &Row<'_>) -> rusqlite::Result<Option<BookingId>> {
    Ok(row.get::<_, Option<i64>>("booking")?.map(BookingId::new))
}

pub(crate) fn stored(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    let number = row.get::<_, i64>("number")?.unsigned_abs();
    let event_type = row.get::<_, String>("event_type")?.as_str().into();
    let (origin, state): (Origin, EventState) = (read(row, "origin")?, read(row, "state")?);
    let mut event =
        StoredEvent::new(number, read(row, "event_id")?, event_type, origin, state, time(row, "received_at")?);
    event.booking_id = booking(row)?;
    event.occurred_at = time(row, "occurred_at")?;
    event.due_at = time(row, "due")?;
    event.attempts = row.get("attempts")?;
    event.last_error = row.get("why")?;
    event.headers = row.get("headers")?;
    Ok(event)
}

/// A row of an event that is taken with this claim.
pub(crate) fn taken(row: &Row<'_>, claim: u64) -> rusqlite::Result<TakenEvent> {
    let lease = EventLease::new(read(row, "event_id")?, claim);
    let attempt = row.get::<_, u32>("attempts")?.saturating_add(1);
    let body = row.get::<_, Option<Vec<u8>>>("body")?.unwrap_or_default();
    let mut event = TakenEvent::new(lease, read(row, "origin")?, time(row, "received_at")?, attempt, body);
    event.booking_id = booking(row)?;
    event.is_out_of_order = row.get("overtaken")?;
    if let Some(note) = row.get::<_, Option<String>>("note")? {
        event.known_state = Some(KnownState::new(note, row.get("open")?));
    }
    Ok(event)
}

pub(crate) fn noted(row: &Row<'_>) -> rusqlite::Result<(BookingId, KnownState)> {
    Ok((BookingId::new(row.get("booking")?), KnownState::new(row.get::<_, String>("note")?, row.get("open")?)))
}
