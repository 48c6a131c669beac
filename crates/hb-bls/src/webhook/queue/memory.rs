//! A queue for tests.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    Accepted, EventFilter, EventLease, EventQueue, EventState, KEEP_BODIES, KnownState, KnownStateChange, NewEvent,
    Origin, QueueStats, StoredEvent, TakenEvent, known_state::MARGIN, remember,
};
use crate::{
    BookingId, Clock, SystemClock,
    state::{AccountKey, StateFuture},
};

/// An [`EventQueue`] in memory, for tests: what it has accepted is lost when the process ends. Clones share the same events.
#[derive(Clone)]
pub struct MemoryEventQueue {
    stored: Arc<Mutex<Stored>>,
    arrived: Arc<Notify>,
    keep: Duration,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Stored {
    last: u64,
    claims: u64,
    rows: BTreeMap<u64, Row>,
    numbers: HashMap<Uuid, u64>,
    notes: BTreeMap<BookingId, KnownState>,
    accounts: HashMap<BookingId, AccountKey>,
    /// With the known state at that time.
    skipped: HashMap<(AccountKey, BookingId), String>,
}

struct Row {
    event: StoredEvent,
    claim: Option<u64>,
    settled_at: Option<Timestamp>,
    body: Option<Vec<u8>>,
}

impl Row {
    fn is(&self, state: EventState) -> bool {
        self.event.state == state
    }

    fn place(&self) -> (Timestamp, u64) {
        (self.event.occurred_at, self.event.sequence)
    }

    fn is_being_handled(&self, now: Timestamp) -> bool {
        self.claim.is_some() && self.event.due_at > now
    }

    fn settle(&mut self, state: EventState, now: Timestamp) {
        self.event.state = state;
        self.claim = None;
        self.settled_at = Some(now);
    }
}

impl Stored {
    fn row(&mut self, event_id: Uuid) -> Option<&mut Row> {
        let number = self.numbers.get(&event_id)?;
        self.rows.get_mut(number)
    }

    /// The row of a valid lease.
    fn leased(&mut self, lease: EventLease) -> Option<&mut Row> {
        self.row(lease.event_id).filter(|row| row.claim == Some(lease.token) && row.is(EventState::Open))
    }

    fn postpone(&mut self, lease: EventLease, due: Timestamp, why: &str) -> Option<&mut Row> {
        let row = self.leased(lease)?;
        row.claim = None;
        row.event.due_at = due;
        row.event.last_error = Some(why.to_owned());
        Some(row)
    }

    fn change(&mut self, booking: BookingId, change: &KnownStateChange) -> bool {
        let is_so = self.notes.get(&booking).map(|note| &note.text) == change.before.as_ref();
        if is_so {
            self.notes.insert(booking, change.after.clone());
        }
        is_so
    }

    fn is_for(&self, account: &AccountKey, booking: BookingId, note: &KnownState) -> bool {
        self.accounts.get(&booking).is_none_or(|it| it == account)
            && self.skipped.get(&(account.clone(), booking)) != Some(&note.text)
    }

    fn is_blocked(&self, row: &Row, now: Timestamp) -> bool {
        let others =
            self.rows.values().filter(|it| it.is(EventState::Open) && it.event.booking_id == row.event.booking_id);
        row.event.booking_id.is_some()
            && others.into_iter().any(|it| it.place() < row.place() || it.is_being_handled(now))
    }

    fn is_out_of_order(&self, row: &Row) -> bool {
        let others =
            self.rows.values().filter(|it| it.is(EventState::Done) && it.event.booking_id == row.event.booking_id);
        // the clock of the reconciler is not the portal's
        let is_newer =
            |it: &Row| it.event.origin == Origin::Delivered || it.event.occurred_at > row.event.occurred_at + MARGIN;
        row.event.booking_id.is_some() && others.into_iter().any(|it| it.place() > row.place() && is_newer(it))
    }

    fn take(&mut self, limit: usize, now: Timestamp, until: Timestamp) -> Vec<TakenEvent> {
        let can_be_taken =
            |row: &&Row| row.is(EventState::Open) && row.event.due_at <= now && !self.is_blocked(row, now);
        let mut due: Vec<_> =
            self.rows.values().filter(can_be_taken).map(|row| (row.event.due_at, row.event.sequence)).collect();
        due.sort_unstable();
        due.truncate(limit);
        let take = |(_, number)| {
            let is_out_of_order = self.rows.get(&number).is_some_and(|row| self.is_out_of_order(row));
            let row = self.rows.get_mut(&number)?;
            self.claims += 1;
            row.claim = Some(self.claims);
            row.event.due_at = until;
            row.event.attempts += 1;
            Some(TakenEvent {
                lease: EventLease::new(row.event.event_id, self.claims),
                booking_id: row.event.booking_id,
                origin: row.event.origin,
                received_at: row.event.received_at,
                attempt: row.event.attempts,
                is_out_of_order,
                known_state: row.event.booking_id.and_then(|booking| self.notes.get(&booking).cloned()),
                body: row.body.clone().unwrap_or_default(),
            })
        };
        due.into_iter().filter_map(take).collect()
    }
}

impl MemoryEventQueue {
    /// Makes a queue by the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self { stored: Arc::default(), arrived: Arc::default(), keep: KEEP_BODIES, clock: Arc::new(SystemClock) }
    }

    /// Sets how long bodies are kept after their events were handled, [`KEEP_BODIES`] by default.
    #[must_use]
    pub fn with_body_retention(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// Sets the clock. By default, the system's clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn locked<'a, T: Send + 'a>(
        &'a self,
        work: impl FnOnce(&mut Stored, Timestamp) -> T + Send + 'a,
    ) -> StateFuture<'a, T> {
        Box::pin(async move {
            let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(work(&mut stored, self.clock.now()))
        })
    }
}

impl Default for MemoryEventQueue {
    fn default() -> Self {
        Self::new()
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn since(then: Timestamp, now: Timestamp) -> Duration {
    now.duration_since(then).try_into().unwrap_or_default()
}

impl EventQueue for MemoryEventQueue {
    fn accept<'a>(&'a self, event: &'a NewEvent) -> StateFuture<'a, Accepted> {
        self.locked(move |stored, now| {
            if stored.numbers.contains_key(&event.event_id) {
                return Accepted::Duplicate;
            }
            stored.last += 1;
            let stored_event = StoredEvent {
                sequence: stored.last,
                event_id: event.event_id,
                event_type: event.event_type.clone(),
                booking_id: event.booking_id,
                origin: event.origin,
                occurred_at: event.occurred_at.unwrap_or(now),
                received_at: now,
                state: EventState::Open,
                due_at: now,
                attempts: 0,
                last_error: None,
                headers: event.headers.clone(),
            };
            stored.numbers.insert(event.event_id, stored.last);
            let row = Row { event: stored_event, claim: None, settled_at: None, body: Some(event.body.clone()) };
            stored.rows.insert(stored.last, row);
            self.arrived.notify_waiters();
            Accepted::New
        })
    }

    fn take(&self, limit: usize, lease: Duration) -> StateFuture<'_, Vec<TakenEvent>> {
        self.locked(move |stored, now| stored.take(limit, now, later(now, lease)))
    }

    fn renew(&self, lease: EventLease, by: Duration) -> StateFuture<'_, bool> {
        self.locked(move |stored, now| stored.leased(lease).map(|row| row.event.due_at = later(now, by)).is_some())
    }

    fn done<'a>(&'a self, lease: EventLease, change: Option<&'a KnownStateChange>) -> StateFuture<'a, bool> {
        self.locked(move |stored, now| {
            let Some(row) = stored.row(lease.event_id) else { return false };
            if !row.is(EventState::Open) && !row.is(EventState::Dead) {
                return false;
            }
            let booking = row.event.booking_id;
            if let Some((booking, change)) = booking.zip(change)
                && !stored.change(booking, change)
            {
                return false;
            }
            if let Some(row) = stored.row(lease.event_id) {
                row.settle(EventState::Done, now);
                row.event.last_error = None;
            }
            true
        })
    }

    fn failed<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.locked(move |stored, now| stored.postpone(lease, later(now, again_in), why).is_some())
    }

    fn give_back<'a>(&'a self, lease: EventLease, again_in: Duration, why: &'a str) -> StateFuture<'a, bool> {
        self.locked(move |stored, now| {
            let row = stored.postpone(lease, later(now, again_in), why);
            row.map(|row| row.event.attempts -= 1).is_some()
        })
    }

    fn dead<'a>(&'a self, lease: EventLease, why: &'a str) -> StateFuture<'a, bool> {
        self.locked(move |stored, _| {
            let Some(row) = stored.leased(lease) else { return false };
            row.claim = None;
            row.event.state = EventState::Dead;
            row.event.last_error = Some(why.to_owned());
            true
        })
    }

    fn list(&self, filter: EventFilter) -> StateFuture<'_, Vec<StoredEvent>> {
        self.locked(move |stored, _| {
            let rows = stored.rows.range(filter.after.map_or(0, |after| after.saturating_add(1))..);
            let rows = rows
                .filter(|(_, row)| filter.state.is_none_or(|state| row.is(state)))
                .filter(|(_, row)| filter.event_id.is_none_or(|id| row.event.event_id == id))
                .take(filter.limit);
            rows.map(|(_, row)| row.event.clone()).collect()
        })
    }

    fn body(&self, event_id: Uuid) -> StateFuture<'_, Option<Vec<u8>>> {
        self.locked(move |stored, _| stored.row(event_id).and_then(|row| row.body.clone()))
    }

    fn retry(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        self.locked(move |stored, now| {
            let can_be = |row: &&mut Row| row.is(EventState::Dead) || row.is(EventState::Open) && row.claim.is_none();
            let Some(row) = stored.row(event_id).filter(can_be) else { return false };
            row.event.state = EventState::Open;
            row.event.due_at = now;
            row.event.attempts = 0;
            self.arrived.notify_waiters();
            true
        })
    }

    fn remove(&self, event_id: Uuid) -> StateFuture<'_, bool> {
        self.locked(move |stored, now| {
            let Some(row) = stored.row(event_id).filter(|row| !row.is(EventState::Removed)) else { return false };
            row.settle(EventState::Removed, now);
            row.body = None;
            row.event.last_error = None;
            true
        })
    }

    fn stats(&self) -> StateFuture<'_, QueueStats> {
        self.locked(|stored, now| {
            let count = |state| stored.rows.values().filter(|row| row.is(state)).count() as u64;
            let oldest = stored.rows.values().find(|row| row.is(EventState::Open));
            QueueStats {
                open: count(EventState::Open),
                dead: count(EventState::Dead),
                oldest_open: oldest.map(|row| since(row.event.received_at, now)),
            }
        })
    }

    fn clean(&self) -> StateFuture<'_, ()> {
        self.locked(|stored, now| {
            let is_over = |row: &Row, time| row.settled_at.is_some_and(|then| since(then, now) >= time);
            for row in stored.rows.values_mut().filter(|row| is_over(row, self.keep)) {
                row.body = None;
            }
            stored.rows.retain(|_, row| !is_over(row, remember(self.keep)));
            let Stored { rows, numbers, .. } = stored;
            numbers.retain(|_, number| rows.contains_key(number));
        })
    }

    fn known_states<'a>(&'a self, bookings: &'a [BookingId]) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        self.locked(|stored, _| {
            bookings.iter().filter_map(|booking| Some((*booking, stored.notes.get(booking)?.clone()))).collect()
        })
    }

    fn set_known_state<'a>(&'a self, booking: BookingId, change: &'a KnownStateChange) -> StateFuture<'a, bool> {
        self.locked(move |stored, _| stored.change(booking, change))
    }

    fn assign_bookings<'a>(&'a self, account: &'a AccountKey, bookings: &'a [BookingId]) -> StateFuture<'a, ()> {
        self.locked(move |stored, _| {
            for booking in bookings.iter().filter(|booking| stored.notes.contains_key(booking)) {
                stored.accounts.insert(*booking, account.clone());
                stored.skipped.remove(&(account.clone(), *booking));
            }
        })
    }

    fn skip_booking<'a>(&'a self, account: &'a AccountKey, booking: BookingId, text: &'a str) -> StateFuture<'a, ()> {
        self.locked(move |stored, _| drop(stored.skipped.insert((account.clone(), booking), text.to_owned())))
    }

    fn unfinished_bookings<'a>(
        &'a self,
        account: &'a AccountKey,
        after: Option<BookingId>,
        limit: usize,
    ) -> StateFuture<'a, Vec<(BookingId, KnownState)>> {
        self.locked(move |stored, _| {
            let notes =
                stored.notes.iter().filter(|(booking, note)| note.may_change && after.is_none_or(|it| **booking > it));
            let notes = notes.filter(|(booking, note)| stored.is_for(account, **booking, note));
            notes.take(limit).map(|(booking, note)| (*booking, note.clone())).collect()
        })
    }

    fn arrival(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.arrived.notified())
    }
}

impl fmt::Debug for MemoryEventQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryEventQueue").field("keep", &self.keep).finish_non_exhaustive()
    }
}
