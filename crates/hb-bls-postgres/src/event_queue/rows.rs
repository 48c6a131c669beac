//! The rows of a queue of events.

use hb_bls::{
    BookingId,
    webhook::{EventLease, EventState, KnownState, Origin, StoredEvent, TakenEvent},
};
use jiff::Timestamp;

use crate::hex::unhex;

pub(super) fn parsed<N: std::str::FromStr>(text: Option<String>) -> Option<N> {
    text?.parse().ok()
}

fn time(text: Option<String>) -> Option<Timestamp> {
    Timestamp::from_microsecond(parsed(text)?).ok()
}

fn booking(text: Option<String>) -> Option<BookingId> {
    parsed(text).map(BookingId::new)
}

pub(super) fn noted(row: Vec<Option<String>>) -> Option<(BookingId, KnownState)> {
    let [id, text, open] = row.try_into().ok()?;
    Some((booking(id)?, KnownState::new(text?, parsed(open)?)))
}

pub(super) fn taken(row: Vec<Option<String>>, claim: u64) -> Option<TakenEvent> {
    let [id, about, origin, received_at, attempt, overtaken, note, open, body] = row.try_into().ok()?;
    let note: Option<String> = note;
    let (lease, origin) = (EventLease::new(parsed(id)?, claim), parsed::<Origin>(origin)?);
    let body = unhex(&body.unwrap_or_default())?;
    let mut event = TakenEvent::new(lease, origin, time(received_at)?, parsed(attempt)?, body);
    event.booking_id = booking(about);
    event.is_out_of_order = overtaken.as_deref() == Some("true");
    event.known_state = note.and_then(|text| Some(KnownState::new(text, parsed(open)?)));
    Some(event)
}

pub(super) fn stored(row: Vec<Option<String>>) -> Option<StoredEvent> {
    let [place, id, event_type, about, origin, occurred_at, received_at, state, due, attempts, why, headers] =
        row.try_into().ok()?;
    let [event_type, why, headers]: [Option<String>; 3] = [event_type, why, headers];
    let (id, event_type) = (parsed(id)?, event_type?.as_str().into());
    let (origin, state) = (parsed::<Origin>(origin)?, parsed::<EventState>(state)?);
    let mut event = StoredEvent::new(parsed(place)?, id, event_type, origin, state, time(received_at)?);
    event.booking_id = booking(about);
    event.occurred_at = time(occurred_at)?;
    event.due_at = time(due)?;
    event.attempts = parsed(attempts)?;
    event.last_error = why;
    event.headers = headers;
    Some(event)
}
