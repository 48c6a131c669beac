//! Books a timeslot in one call.

mod keyed;
mod slot_cache;
mod steps;

use std::{pin::pin, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _, stream};
use hb_bls_gen::{CourseId, Date, Operation};
use jiff::civil::Time;

use crate::{
    Client, CreateError, Error, ErrorKind, Hold, Result,
    model::{Booking, BookingDetails},
    pipeline::{task, timeout},
    resources::{LockNote, SlotRequest},
    state::{AccountLease, DigestKey, Fingerprint, StateError},
};
pub use keyed::{KeyedBooking, KeyedBookings};
pub(crate) use slot_cache::KnownSlots;
use slot_cache::SlotQuery;
use steps::Steps;

/// How many timeslots to try before giving up, since others may take them in the meantime.
const TRIES: usize = 10;
/// How long unlocking the account may take, or leaving a note.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// What is shared with other processes here, for errors.
const LOCK: &str = "the account lock";

/// What to book, and for whom. Pass it to [`Client::book`].
#[derive(Debug, Clone)]
#[must_use = "nothing is booked before it is given to `Client::book`"]
pub struct BookRequest {
    course_id: CourseId,
    slot: Slot,
    details: BookingDetails,
    key: Option<String>,
}

#[derive(Debug, Clone)]
enum Slot {
    At(Date, Time),
    Earliest { months_ahead: Option<u8>, date: Option<Date> },
}

impl BookRequest {
    /// Books the timeslot at this date and time, which are UK local time.
    pub fn at(course_id: CourseId, date: Date, time: Time, details: BookingDetails) -> Self {
        Self { course_id, slot: Slot::At(date, time), details, key: None }
    }

    /// Books the earliest timeslot that the portal lists. The list is remembered for up to a minute, so that many bookings
    /// one after another need not ask for it each time.
    pub fn earliest(course_id: CourseId, details: BookingDetails) -> Self {
        Self { course_id, slot: Slot::Earliest { months_ahead: None, date: None }, details, key: None }
    }

    /// Books the earliest timeslot that the portal lists for a day.
    pub fn earliest_on(course_id: CourseId, date: Date, details: BookingDetails) -> Self {
        Self { course_id, slot: Slot::Earliest { months_ahead: None, date: Some(date) }, details, key: None }
    }

    /// Sets how many months ahead to look for the earliest timeslot. By default the portal decides. It has no effect on
    /// a request made by [`at`](Self::at).
    pub fn months_ahead(mut self, months: u8) -> Self {
        if let Slot::Earliest { months_ahead, .. } = &mut self.slot {
            *months_ahead = Some(months);
        }
        self
    }

    /// Sets an idempotency key of your own, such as the number of the candidate and of the year's training. However
    /// often, and by whichever process, the key is booked, there is one booking. Do not use personal data: the key is
    /// written to the [`BookingLog`](crate::state::BookingLog) as it is.
    ///
    /// The key has 1 to 200 bytes; with any other key [`Client::book`] fails with [`ErrorKind::Configuration`].
    ///
    /// By default the log is in memory. To be safe from a crash, give the client one that lasts, with
    /// [`ClientBuilder::booking_log`](crate::ClientBuilder::booking_log).
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The course to book.
    pub fn course_id(&self) -> CourseId {
        self.course_id
    }

    /// The candidate, the delivery address and the payment.
    pub fn details(&self) -> &BookingDetails {
        &self.details
    }

    /// The names and values of the fields that a key identifies.
    fn values(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let slot = match self.slot {
            Slot::At(date, time) => format!("{date} {time}"),
            Slot::Earliest { date: Some(date), .. } => format!("earliest on {date}"),
            Slot::Earliest { date: None, .. } => "earliest".to_owned(),
        };
        [("course_id", self.course_id.to_string()), ("slot", slot)].into_iter().chain(self.details.values())
    }

    fn fingerprint(&self, key: &DigestKey) -> Fingerprint {
        let name = format!("{} {}", self.details.first_name, self.details.last_name);
        Fingerprint::new(key, self.values(), (&name, &self.details.email))
    }
}

impl Client {
    /// Holds a timeslot and books it, exactly once. API: `GET /timeslots`, `POST /timeslots/hold`, `POST /bookings`.
    ///
    /// This takes two requests. To find the earliest timeslot, the timeslots are listed as well, at most once a minute unless
    /// others take them. If booking fails, the hold is released. [`Bookings::create`](crate::Bookings::create) describes what
    /// happens if a response is lost.
    ///
    /// An account can hold only one timeslot at a time, so concurrent calls queue. By default, there is no limit on the
    /// time in the queue. A timeout of [`CallOptions`](crate::CallOptions) or of the builder applies to the wait in the
    /// queue and to each request, not to their sum.
    ///
    /// To cancel, drop the future; the hold is then released in the background. If the request that books is in flight
    /// at that moment, the booking may still be made. A program that must know should take the steps one by one, with a
    /// hold that it [keeps](Hold::keep).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let client = hb_bls::testing::client_builder(&sandbox).build()?;
    /// # let details = hb_bls::testing::booking_details();
    /// let request = hb_bls::BookRequest::earliest(hb_bls::CourseId::new(1), details);
    /// let booking = client.book(&request).await?;
    /// println!("booking {} starts {:?}", booking.id, booking.start_date);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// All errors of [`Timeslots::hold`](crate::Timeslots::hold) and [`Bookings::create`](crate::Bookings::create), and
    /// [`ErrorKind::NoTimeslot`]. After any error except [`ErrorKind::Ambiguous`], nothing was booked.
    ///
    /// With a [key](BookRequest::key), also [`ErrorKind::KeyReused`] if the key was booked with other details, and
    /// [`ErrorKind::State`] if the booking log fails. If the same key is booked again after
    /// [`ErrorKind::Ambiguous`], the client first tries again to find out whether it was booked.
    pub async fn book(&self, request: &BookRequest) -> Result<Booking> {
        let (client, request) = (self.clone(), request.clone());
        let work = async move {
            if request.key.is_some() {
                return client.book_keyed(&request).await;
            }
            let lease = Arc::new(client.lock_account().await?);
            let (outcome, nothing_left) = client.book_under(&lease, &request, &mut Steps::unrecorded()).await;
            client.unlock_account(lease, nothing_left).await;
            outcome
        };
        let booking = Operation::CreateBooking;
        task::run(work, || Error::ambiguous(booking, None, task::stopped(booking))).await
    }

    /// Books the requests one after another while the stream is polled, and yields each outcome in order. It continues
    /// after failures.
    ///
    /// # Errors
    ///
    /// Each item may be an error of [`book`](Self::book).
    pub fn book_all<I>(&self, requests: I) -> impl Stream<Item = Result<Booking>> + Send + Unpin + use<I>
    where
        I: IntoIterator<Item = BookRequest>,
        I::IntoIter: Send,
    {
        let client = self.clone();
        stream::iter(requests).then(move |request| {
            let client = client.clone();
            Box::pin(async move { client.book(&request).await })
        })
    }

    /// Holds and books. Also returns whether no hold is left for certain, or only one that is the caller's.
    async fn book_under(
        &self,
        lease: &Arc<AccountLease>,
        request: &BookRequest,
        steps: &mut Steps<'_>,
    ) -> (Result<Booking>, bool) {
        let hold = match self.hold_for(request, lease, steps).await {
            Ok(hold) => hold,
            Err(error) => {
                steps.ended(Err(&error), None, request).await;
                let nothing_left = error.kind() != ErrorKind::Ambiguous;
                return (Err(error), nothing_left);
            }
        };
        let held = hold.details().clone();
        let begun = if lease.is_lost() { Err(lost()) } else { steps.booking(&held).await };
        let failed = match begun {
            Ok(()) => match self.bookings().create(hold, &request.details).await {
                Ok(booking) => {
                    steps.ended(Ok(&booking), Some(&held), request).await;
                    return (Ok(booking), true);
                }
                Err(failed) => failed,
            },
            Err(error) => CreateError { error, hold: Some(Box::new(hold)) },
        };
        steps.ended(Err(&failed.error), Some(&held), request).await;
        let Some(hold) = failed.hold.filter(|hold| !hold.is_used()) else { return (Err(failed.error), true) };
        // its timeslot becomes free again, and may be the earliest
        self.memory.known_slots.forget(request.course_id);
        let released = hold.release().await;
        if let Err(error) = &released {
            tracing::debug!(kind = error.kind().as_str(), "the hold was not released; it expires by itself");
        }
        (Err(failed.error), released.as_ref().err().is_none_or(Error::is_not_found))
    }

    /// Waits until no other booking of the account is in progress. Without a timeout that the user has set, it waits as
    /// long as necessary, since each booking ahead in the queue has limits of its own.
    pub(crate) async fn lock_account(&self) -> Result<AccountLease> {
        let config = &self.pipeline.config;
        let clock = self.pipeline.clock();
        let lock =
            timeout::logged(clock, "other bookings of the account", config.account_lock.acquire(&config.account));
        let lock = match self.options.timeout.or(config.timeout) {
            None => lock.await,
            Some(limit) => timeout::within(clock, limit, pin!(lock))
                .await
                .ok_or_else(|| Error::timed_out(Operation::HoldTimeslot, limit, false))?,
        };
        let lease = lock.map_err(|cause| Error::state(LOCK, cause))?;
        // a hold of somebody who has ended may be in the way
        self.memory.lost_holds.inherit(lease.note().and_then(LockNote::read), clock.now());
        if lease.note().is_some() {
            self.settle_interrupted().await;
        }
        Ok(lease)
    }

    /// Unlocks the account. The next owner need not look for this one's hold if none is left.
    pub(crate) async fn unlock_account(&self, lease: Arc<AccountLease>, nothing_left: bool) {
        let giving_back = async {
            if nothing_left && !lease.is_lost() {
                let note = self.memory.lost_holds.to_note(self.pipeline.clock().now());
                lease.set_note(note.to_text().as_deref()).await?;
            }
            match Arc::into_inner(lease) {
                Some(lease) => lease.release().await,
                None => Ok(()),
            }
        };
        match timeout::within(self.pipeline.clock(), TIME_LIMIT, pin!(giving_back)).await {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::warn!(error = %format_args!("{error:#}"), "the account was not unlocked; its lease expires");
            }
            None => tracing::warn!("the account was not unlocked within 10 s; its lease expires"),
        }
    }

    async fn hold_for(&self, request: &BookRequest, lease: &Arc<AccountLease>, steps: &mut Steps<'_>) -> Result<Hold> {
        let course_id = request.course_id;
        let mut hold = async |date, time| {
            let wanted = SlotRequest { course_id, date, time };
            let note = async |hash: Option<&str>| {
                let note = self.memory.lost_holds.to_note(self.pipeline.clock().now()).with(wanted, hash);
                let text = note.to_text();
                let noted = timeout::within(self.pipeline.clock(), TIME_LIMIT, lease.set_note(text.as_deref()));
                noted.await.unwrap_or_else(|| Err(StateError::of("no response within 10 s")))
            };
            note(None).await.map_err(|cause| Error::state(LOCK, cause))?;
            steps.holding(wanted).await?;
            let details = self.timeslots().make(course_id, date, time).await?;
            // whether the lease is lost is seen before the booking
            if let Err(error) = note(Some(&details.hold_hash)).await {
                tracing::debug!(error = %format_args!("{error:#}"), "the hold was not noted for who comes next");
            }
            let hold = Hold::new(self.clone(), details).under(Arc::clone(lease));
            steps.held(hold.details()).await?;
            Ok(hold)
        };
        match request.slot {
            Slot::At(date, time) => hold(date, time).await,
            Slot::Earliest { months_ahead, date } => {
                let query = SlotQuery { course_id, months_ahead, date };
                let known = &self.memory.known_slots;
                let mut is_listed = false;
                let mut refusal = ErrorKind::NoTimeslot.into();
                // one more, for the list
                for _ in 0..=TRIES {
                    let slot = known.take(query, self.pipeline.clock().now());
                    let Some((date, time)) = slot else {
                        if is_listed {
                            break;
                        }
                        is_listed = true;
                        let slots = self.slots(query).await?;
                        known.remember(query, slots, self.pipeline.clock().now());
                        continue;
                    };
                    match hold(date, time).await {
                        Ok(hold) => return Ok(hold),
                        Err(error) if is_taken(&error) => {
                            refusal = error;
                            // others book, too, so what was listed before does not hold any more
                            if !is_listed {
                                known.forget(course_id);
                            }
                        }
                        Err(error) => {
                            known.forget(course_id);
                            return Err(error);
                        }
                    }
                }
                Err(refusal)
            }
        }
    }

    /// The timeslots that the portal lists.
    async fn slots(&self, SlotQuery { course_id, months_ahead, date }: SlotQuery) -> Result<Vec<(Date, Time)>> {
        let mut query = self.timeslots().list(course_id);
        if let Some(months) = months_ahead {
            query = query.months_ahead(months);
        }
        if let Some(date) = date {
            query = query.date(date);
        }
        let slots = query.await?.into_iter().filter(|slot| date.is_none_or(|date| slot.date == date));
        Ok(slots.map(|slot| (slot.date, slot.time)).collect())
    }
}

/// Nothing more is started, since another process may have locked the account by now.
fn lost() -> Error {
    Error::state(LOCK, StateError::of("the lease was lost before the booking; the hold was released"))
}

/// Whether the timeslot was taken by somebody else.
fn is_taken(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Rejected => matches!(error.status(), Some(400 | 410 | 422)),
        ErrorKind::Conflict => error.conflicting_hold().is_none(),
        _ => false,
    }
}
