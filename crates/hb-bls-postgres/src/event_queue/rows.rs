//! The rows of a queue of events.

use hb_bls::{
    BookingId,
    webhook::{EventLease, EventState, KnownState, Origin, StoredEvent, TakenEvent},
};
use jiff::Timestamp;

use crate::hex::unhex;

pub(super) fn number<N: std::str::FromStr>(text: Option<String>) -> Option<N> {
    text?.parse().ok()
}

fn time(text: Option<String>) -> Option<Timestamp> {
    Timestamp::from_microsecond(number(text)?).ok()
}

fn booking(text: Option<String>) -> Option<BookingId> {
    number(text).map(BookingId::new)
}

pub(super) fn noted(row: Vec<Option<String>>) -> Option<(BookingId, KnownState)> {
    let [id, text, open] = row.try_into().ok()?;
    Some((booking(id)?, KnownState { text: text?, may_change: number(open)? }))
}

pub(super) fn taken(row: Vec<Option<String>>, claim: u64) -> Option<TakenEvent> {
    let [id, about, origin, received_at, attempt, overtaken, note, open, body] = row.try_into().ok()?;
    let note: Option<String> = note;
    Some(TakenEvent {
        lease: EventLease::new(number(id)?, claim),
        booking_id: booking(about),
        origin: Origin::from_name(&origin?)?,
        received_at: time(received_at)?,
        attempt: number(attempt)?,
        is_out_of_order: overtaken.as_deref() == Some("true"),
        known_state: note.and_then(|text| Some(KnownState { text, may_change: number(open)? })),
        body: unhex(&body.unwrap_or_default())?,
    })
}

pub(super) fn stored(row: Vec<Option<String>>) -> Option<StoredEvent> {
    let [place, id, event_type, about, origin, occurred_at, received_at, state, due, attempts, why, headers] =
        row.try_into().ok()?;
    let [event_type, why, headers]: [Option<String>; 3] = [event_type, why, headers];
    Some(StoredEvent {
        sequence: number(place)?,
        event_id: number(id)?,
        event_type: event_type?.as_str().into(),
        booking_id: booking(about),
        origin: Origin::from_name(&origin?)?,
        occurred_at: time(occurred_at)?,
        received_at: time(received_at)?,
        state: EventState::from_name(&state?)?,
        due_at: time(due)?,
        attempts: number(attempts)?,
        last_error: why,
        headers,
    })
}
