//! Books a timeslot in one call.

use std::pin::pin;

use futures::{Stream, StreamExt as _, stream};
use hb_bls_gen::{CourseId, Date, Operation};
use jiff::civil::Time;

use crate::{
    Client, Error, ErrorKind, Hold, Result,
    model::{Booking, BookingDetails},
    pipeline::{limit, task},
    state::Guard,
};

/// How many timeslots to try before giving up, since others may take them in the meantime.
const TRIES: usize = 10;

/// What to book, and for whom. Pass it to [`Client::book`].
#[derive(Debug, Clone)]
#[must_use = "nothing is booked before it is given to `Client::book`"]
pub struct BookRequest {
    course_id: CourseId,
    slot: Slot,
    details: BookingDetails,
}

#[derive(Debug, Clone)]
enum Slot {
    At(Date, Time),
    Earliest { months_ahead: Option<u8>, date: Option<Date> },
}

impl BookRequest {
    /// Books the timeslot at this date and time, which are UK local time.
    pub fn at(course_id: CourseId, date: Date, time: Time, details: BookingDetails) -> Self {
        Self { course_id, slot: Slot::At(date, time), details }
    }

    /// Books the earliest timeslot that the portal lists.
    pub fn earliest(course_id: CourseId, details: BookingDetails) -> Self {
        Self { course_id, slot: Slot::Earliest { months_ahead: None, date: None }, details }
    }

    /// Books the earliest timeslot that the portal lists for a day.
    pub fn earliest_on(course_id: CourseId, date: Date, details: BookingDetails) -> Self {
        Self { course_id, slot: Slot::Earliest { months_ahead: None, date: Some(date) }, details }
    }

    /// Sets how many months ahead to look for the earliest timeslot.
    pub fn months_ahead(mut self, months: u8) -> Self {
        if let Slot::Earliest { months_ahead, .. } = &mut self.slot {
            *months_ahead = Some(months);
        }
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
}

impl Client {
    /// Holds a timeslot and books it, exactly once. API: `GET /timeslots`, `POST /timeslots/hold`, `POST /bookings`.
    ///
    /// This takes two requests, and one more to find the earliest timeslot. If booking fails, the hold is released.
    /// [`Bookings::create`](crate::Bookings::create) describes what happens if a response is lost.
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
    /// # let client = hb_bls::testing::client(&sandbox).build()?;
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
    pub async fn book(&self, request: &BookRequest) -> Result<Booking> {
        let (client, request) = (self.clone(), request.clone());
        let work = async move {
            let lock = client.lock_account().await?;
            let hold = client.hold_for(&request, lock).await?;
            let failed = match client.bookings().create(hold, &request.details).await {
                Ok(booking) => return Ok(booking),
                Err(failed) => failed,
            };
            if let Some(hold) = failed.hold.filter(|hold| !hold.is_used())
                && let Err(error) = hold.release().await
            {
                tracing::debug!(kind = error.kind().as_str(), "the hold was not released; it expires by itself");
            }
            Err(failed.error)
        };
        let booking = Operation::CreateBooking;
        task::run(work, || Error::ambiguous(booking, None, task::stopped(booking))).await
    }

    /// Books the requests one after another while the stream is polled, and yields each outcome in order. It continues
    /// after failures.
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

    /// Waits until no other booking of the account is in progress. Without a timeout that the user has set, it waits as
    /// long as necessary, since each booking ahead in the queue has limits of its own.
    pub(crate) async fn lock_account(&self) -> Result<Guard> {
        let settings = &self.pipeline.settings;
        let clock = self.pipeline.clock();
        let lock = limit::logged(clock, "other bookings of the account", settings.account_lock.lock(&settings.account));
        let lock = match self.options.timeout.or(settings.timeout) {
            None => lock.await,
            Some(limit) => limit::within(clock, limit, pin!(lock))
                .await
                .ok_or_else(|| Error::timeout(Operation::HoldTimeslot, limit, false))?,
        };
        lock.map_err(|cause| Error::state("the account lock", cause))
    }

    async fn hold_for(&self, request: &BookRequest, lock: Guard) -> Result<Hold> {
        let course_id = request.course_id;
        let hold = async |date, time| self.timeslots().make(course_id, date, time).await;
        let details = match request.slot {
            Slot::At(date, time) => hold(date, time).await?,
            Slot::Earliest { months_ahead, date } => {
                let mut query = self.timeslots().list(course_id);
                if let Some(months) = months_ahead {
                    query = query.months_ahead(months);
                }
                if let Some(date) = date {
                    query = query.date(date);
                }
                let mut slots = query.await?;
                slots.retain(|slot| date.is_none_or(|date| slot.date == date));
                slots.sort_by_key(|slot| (slot.date, slot.time));
                let mut refusal = ErrorKind::NoTimeslot.into();
                let mut held = None;
                for slot in slots.into_iter().take(TRIES) {
                    match hold(slot.date, slot.time).await {
                        Ok(hold) => {
                            held = Some(hold);
                            break;
                        }
                        Err(error) if is_taken(&error) => refusal = error,
                        Err(error) => return Err(error),
                    }
                }
                held.ok_or(refusal)?
            }
        };
        Ok(Hold::new(self.clone(), details).locked(lock))
    }
}

/// Whether the timeslot was taken by somebody else.
fn is_taken(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Rejected => matches!(error.status(), Some(400 | 410 | 422)),
        ErrorKind::Conflict => error.hold().is_none(),
        _ => false,
    }
}
