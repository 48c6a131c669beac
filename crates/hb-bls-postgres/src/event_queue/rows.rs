//! The rows of a queue of events.

use hb_bls::{
    BookingId,
    webhook::{EventState, Lease, Note, Origin, StoredEvent, TakenEvent},
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

pub(super) fn noted(row: Vec<Option<String>>) -> Option<(BookingId, Note)> {
    let [id, text, open] = row.try_into().ok()?;
    Some((booking(id)?, Note { text: text?, open: number(open)? }))
}

pub(super) fn taken(row: Vec<Option<String>>, claim: u64) -> Option<TakenEvent> {
    let [id, about, origin, received_at, attempt, overtaken, note, open, body] = row.try_into().ok()?;
    let note: Option<String> = note;
    Some(TakenEvent {
        lease: Lease::new(number(id)?, claim),
        booking: booking(about),
        origin: Origin::from_name(&origin?)?,
        received_at: time(received_at)?,
        attempt: number(attempt)?,
        is_overtaken: overtaken.as_deref() == Some("true"),
        note: note.and_then(|text| Some(Note { text, open: number(open)? })),
        body: unhex(&body.unwrap_or_default())?,
    })
}

pub(super) fn stored(row: Vec<Option<String>>) -> Option<StoredEvent> {
    let [place, id, event_type, about, origin, occurred_at, received_at, state, due, attempts, why, headers] =
        row.try_into().ok()?;
    let [event_type, why, headers]: [Option<String>; 3] = [event_type, why, headers];
    Some(StoredEvent {
        number: number(place)?,
        event_id: number(id)?,
        event_type: event_type?.as_str().into(),
        booking: booking(about),
        origin: Origin::from_name(&origin?)?,
        occurred_at: time(occurred_at)?,
        received_at: time(received_at)?,
        state: EventState::from_name(&state?)?,
        due: time(due)?,
        attempts: number(attempts)?,
        why,
        headers,
    })
}
