//! Finds changes that no event has reported.

use std::{fmt, sync::Arc, time::Duration};

use futures::StreamExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    Accepted, EventQueue, KnownState, KnownStateChange, NewEvent, Origin,
    known_state::{Facts, Kind, MARGIN, shown},
};
use crate::{
    Booking, BookingId, Client, Clock, ErrorKind, SystemClock,
    state::{AccountKey, StateError},
    webhook::{Event, NotAnEvent},
};

const PER_PAGE: u32 = 100;
/// A sixth of the quota of 60 requests a minute.
const PER_MINUTE: u32 = 10;
const LOOKBACK: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// Reads the bookings of an account, and queues an event for each change that no event has reported.
///
/// The portal gives up on an event 75 minutes after its first attempt, and has no list of events. The reconciler compares
/// each booking with its [known state](KnownState), and makes an event with [`Origin::Reconciled`] of each difference.
/// Like any other event, it reaches your handler once: if the portal delivers its own event for the same change later,
/// the worker does not call the handler for it, and the other way round.
///
/// What is read: all bookings that were made within the [lookback](ReconcilerBuilder::lookback), newest first, 100 per
/// request, and each older one that may still change, one request each. A booking may change until it is cancelled, its
/// certificate is available, or its training was 90 days ago.
///
/// Any number of accounts of one portal may share a queue, each with a reconciler of its own. If only deliveries
/// mention a booking, its account is unknown, so each reconciler asks for it, until that of its own account has read
/// it. A reconciler that cannot see the booking asks again only when its known state has changed.
///
/// # What can be found
///
/// | event | is found if |
/// |---|---|
/// | `booking.created` | the booking is `booked`, or was cancelled after it had been |
/// | `booking.confirmed` | the same, and the candidate pays |
/// | `booking.rescheduled` | it starts at another time than was known; `previous_start_date` is that time |
/// | `booking.cancelled` | it is `cancelled` |
/// | `booking.attendance_marked` | `attendance` is there, or another than was known |
/// | `booking.equipment_late` | the kit is `late` |
/// | `booking.certificate_available` | the certificate is available |
///
/// # What cannot be found
///
/// - When something happened: `occurred_at` is the time at which it was seen.
/// - What was changed back, or changed again, between two runs: of several moves only the last, and nothing of a kit that was
///   late and has been returned.
/// - Which of the changes between two runs was first: they come in the order of the table.
/// - Who changed it, and `expected_return_date`.
/// - Tests (`webhook.test`) and events of types that this version does not know.
///
/// If two changes of one kind are less than five minutes apart, the second may be found by the next run only, since the clocks
/// of the portal and of this machine may differ.
pub struct Reconciler<Q> {
    client: Client,
    queue: Q,
    lookback: Duration,
    since: Option<Timestamp>,
    pause: Duration,
    clock: Arc<dyn Clock>,
}

/// Builds a [`Reconciler`]. From [`Reconciler::builder`].
#[must_use = "nothing is read until the reconciler runs"]
pub struct ReconcilerBuilder<Q>(Reconciler<Q>);

/// How far a run has come. It can be stored, and is then resumed by another process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReconcileProgress {
    /// How many pages of the list were read.
    pages: u32,
    /// The first booking of the last page.
    first: Option<i64>,
    /// When the last booking that was read was made.
    last: Option<Timestamp>,
    /// Whether one was newer than the one before it.
    is_unordered: bool,
    /// Whether the portal shows the first page only.
    is_partial: bool,
    /// Whether the list was read, and then up to which older booking.
    listed: bool,
    older: Option<i64>,
    /// How many bookings were compared, and how many differences were found.
    compared: u64,
    found: u64,
}

impl ReconcileProgress {
    /// How many bookings this run has compared so far. One that moved to another page of the list meanwhile may count
    /// twice.
    #[must_use]
    pub const fn compared(&self) -> u64 {
        self.compared
    }

    /// How many differences this run has found so far.
    #[must_use]
    pub const fn found(&self) -> u64 {
        self.found
    }
}

/// Why a run stopped. It can be resumed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// The bookings cannot be read.
    #[error(transparent)]
    Api(#[from] crate::Error),
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] StateError),
}

impl<Q: EventQueue> Reconciler<Q> {
    /// Builds a reconciler of the client's account, which puts what it finds into this queue.
    pub fn builder(client: Client, queue: Q) -> ReconcilerBuilder<Q> {
        ReconcilerBuilder(Self {
            client,
            queue,
            lookback: LOOKBACK,
            since: None,
            pause: Duration::from_secs(60) / PER_MINUTE,
            clock: Arc::new(SystemClock),
        })
    }

    /// Reads everything there is to read, and returns how many differences it has queued.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`]. The progress is kept, so that the run can be continued.
    pub async fn run(&self, progress: &mut ReconcileProgress) -> Result<u64, ReconcileError> {
        while !self.step(progress).await? {
            self.clock.sleep(self.pause).await;
        }
        Ok(std::mem::take(progress).found)
    }

    /// Runs repeatedly, with this pause in between, until the future ends. A failure is logged, and the run is tried
    /// again after the pause.
    pub async fn run_every(&self, pause: Duration, ended: impl Future<Output = ()> + Send) {
        let mut ended = std::pin::pin!(ended);
        let mut progress = ReconcileProgress::default();
        loop {
            let run = async {
                match self.run(&mut progress).await {
                    Ok(found) => tracing::info!(found, "the bookings were compared with their events"),
                    Err(error) => tracing::warn!(error = format!("{error:#}"), "the bookings cannot be compared"),
                }
                self.clock.sleep(pause).await;
            };
            tokio::select! {
                () = &mut ended => return,
                () = run => {}
            }
        }
    }

    /// Makes at most one request, and returns whether the run is over. To store the progress after each step, call it
    /// instead of [`run`](Self::run), and pause between the steps.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`]. The step was not taken, and can be repeated.
    pub async fn step(&self, progress: &mut ReconcileProgress) -> Result<bool, ReconcileError> {
        if progress.listed { self.read_older(progress).await } else { self.read_page(progress).await.map(|()| false) }
    }

    fn log_account(&self) -> &AccountKey {
        &self.client.pipeline.config.log_account
    }

    fn begin(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.lookback).unwrap_or(Timestamp::MIN)
    }

    async fn read_page(&self, progress: &mut ReconcileProgress) -> Result<(), ReconcileError> {
        let now = self.clock.now();
        let mut pages = self.client.bookings().list().per_page(PER_PAGE).pages_from(progress.pages + 1);
        let bookings = pages.next().await.transpose()?.map(|page| page.items).unwrap_or_default();
        let first = bookings.first().map(|booking| booking.id.get());
        // a portal that ignores the number of the page returns the same one again
        if first.is_none() || first == progress.first {
            progress.listed = true;
            progress.is_partial = first.is_some();
            return Ok(());
        }
        let ids: Vec<_> = bookings.iter().map(|booking| booking.id).collect();
        let notes = self.queue.known_states(&ids).await?;
        let mut next = ReconcileProgress { pages: progress.pages + 1, first, ..progress.clone() };
        let begin = self.begin(now);
        let mut is_before = true;
        for booking in &bookings {
            let made = booking.created_at;
            is_before &= made.is_some_and(|made| made < begin);
            next.is_unordered |= made.zip(next.last).is_some_and(|(made, last)| made > last);
            next.last = made.or(next.last);
            let note = notes.iter().find(|(id, _)| *id == booking.id).map(|(_, note)| note);
            next.found += self.compare(booking, note, now).await?;
            next.compared += 1;
        }
        self.queue.assign_bookings(self.log_account(), &ids).await?;
        // what follows is older only if the list is in that order
        next.listed = is_before && !next.is_unordered;
        *progress = next;
        Ok(())
    }

    /// Reads the next open booking that is not in the window.
    async fn read_older(&self, progress: &mut ReconcileProgress) -> Result<bool, ReconcileError> {
        let now = self.clock.now();
        loop {
            let open =
                self.queue.unfinished_bookings(self.log_account(), progress.older.map(BookingId::new), 100).await?;
            if open.is_empty() {
                return Ok(true);
            }
            for (id, note) in open {
                let made = Facts::read(Some(&note)).created_at.and_then(|made| Timestamp::from_second(made).ok());
                let is_listed = progress.is_unordered || made.is_some_and(|made| made >= self.begin(now));
                if is_listed && !progress.is_partial {
                    progress.older = Some(id.get());
                    continue;
                }
                match self.client.bookings().get(id).await {
                    Ok(booking) => {
                        progress.found += self.compare(&booking, Some(&note), now).await?;
                        progress.compared += 1;
                        self.queue.assign_bookings(self.log_account(), &[id]).await?;
                    }
                    Err(error) if error.kind() == ErrorKind::NotFound => {
                        // another account may see it
                        self.queue.skip_booking(self.log_account(), id, &note.text).await?;
                    }
                    Err(error) => return Err(error.into()),
                }
                progress.older = Some(id.get());
                return Ok(false);
            }
        }
    }

    /// Queues what differs, and records what is not news as known.
    async fn compare(
        &self,
        booking: &Booking,
        note: Option<&KnownState>,
        now: Timestamp,
    ) -> Result<u64, ReconcileError> {
        let known = Facts::read(note);
        let mut now_known = known.clone();
        now_known.learn(booking, now);
        let is_old = self.since.is_some_and(|since| booking.created_at.is_some_and(|made| made < since));
        if note.is_none() && is_old {
            now_known.learn_all(booking, now);
        }
        let shown = shown(booking);
        now_known.learn_ends(&shown, now);
        let mut found = 0;
        for (kind, value) in &shown {
            let before = now_known.facts.get(kind);
            if before.is_some_and(|before| before.value == *value || before.time() > now - MARGIN) {
                continue;
            }
            let Ok(event) = reconciled(booking, *kind, value, &known, now) else { continue };
            let event = NewEvent::from_event(&event, Origin::Reconciled);
            found += u64::from(self.queue.accept(&event).await? == Accepted::New);
        }
        if now_known != known
            && let Some(new) = now_known.known_state(booking, now)
        {
            // if it was replaced meanwhile, the next run compares again
            let before = note.map(|note| note.text.clone());
            self.queue.set_known_state(booking.id, &KnownStateChange { before, after: new }).await?;
        }
        Ok(found)
    }
}

/// An event for a difference. Its id is the same for everybody who finds that difference.
fn reconciled(booking: &Booking, kind: Kind, value: &str, known: &Facts, now: Timestamp) -> Result<Event, NotAnEvent> {
    let before = known.facts.get(&kind);
    let difference = json!(["hb-bls reconciler 1", booking.id, kind, value, before.map(|it| (&it.value, it.at))]);
    let mut id = [0; 16];
    id.copy_from_slice(&Sha256::digest(difference.to_string())[..16]);
    let mut data = json!(booking);
    if let (Kind::Rescheduled, Some(before)) = (kind, before) {
        data["previous_start_date"] = json!(before.value);
    }
    let event = json!({
        "event_id": uuid::Builder::from_custom_bytes(id).into_uuid(),
        "event_type": kind.event_type().as_str(),
        "occurred_at": now.to_string(),
        "data": data,
    });
    Event::from_json(event.to_string().as_bytes())
}

impl<Q: EventQueue> ReconcilerBuilder<Q> {
    /// Sets how far back to list bookings, by the time at which they were made. By default 35 days.
    pub fn lookback(mut self, lookback: Duration) -> Self {
        self.0.lookback = lookback;
        self
    }

    /// Ignores what happened to bookings that were made before this time and have no known state yet: their present
    /// state counts as known. By default, the first run reports everything that it finds in the window.
    pub fn since(mut self, since: Timestamp) -> Self {
        self.0.since = Some(since);
        self
    }

    /// Sets how many requests the reconciler may make per minute. By default 10. The client's rate limiter counts them,
    /// too.
    pub fn requests_per_minute(mut self, requests: u32) -> Self {
        self.0.pause = Duration::from_secs(60) / requests.max(1);
        self
    }

    /// Sets the clock. By default, the system's clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.0.clock = Arc::new(clock);
        self
    }

    /// Builds the reconciler.
    pub fn build(self) -> Reconciler<Q> {
        self.0
    }
}

impl<Q: fmt::Debug> fmt::Debug for Reconciler<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciler").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl<Q: fmt::Debug> fmt::Debug for ReconcilerBuilder<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReconcilerBuilder").field(&self.0).finish()
    }
}
