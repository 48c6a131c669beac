//! Bookings with a key: the same key gives the same booking.

use std::{sync::Arc, time::Duration};

use hb_bls_gen::{BookingId, Operation};

use super::{
    BookRequest,
    steps::{self, Entry, Steps},
};
use crate::{
    Client, Error, Result,
    model::Booking,
    pipeline::task,
    resources::booking_log,
    state::{AccountLease, BookingProgress, Fingerprint, LoggedBooking, StateError},
};

/// How often to begin again after another process has taken the key over.
const ROUNDS: u32 = 8;
/// The longest pause before the second round; before each further one it may be twice as long. Processes that share the log
/// and not the lock get out of each other's way.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest key, in bytes.
const MAX_LENGTH: usize = 200;

fn key_of(request: &BookRequest) -> Result<&str> {
    match request.key.as_deref() {
        Some(key) if !key.is_empty() && key.len() <= MAX_LENGTH => Ok(key),
        _ => Err(Error::configuration("the key of a booking must have 1 to 200 bytes")),
    }
}

impl Client {
    /// Returns the booking of the key, or makes it.
    pub(super) async fn book_keyed(&self, request: &BookRequest) -> Result<Booking> {
        let key = key_of(request)?;
        let fingerprint = request.fingerprint(&self.pipeline.config.digest_key);
        for round in 0..ROUNDS {
            if round > 0 {
                let longest = PAUSE * 2_u32.pow(round - 1);
                self.pipeline.clock().sleep(longest.mul_f64(fastrand::f64())).await;
            }
            // a booking that was made need not queue
            let mut entry = Entry::read(self, key).await?;
            if let Some(booking) = self.made_before(&entry, &fingerprint).await? {
                return Ok(booking);
            }
            let lease = Arc::new(self.lock_account().await?);
            let (outcome, nothing_left) = self.book_keyed_under(&lease, &mut entry, (key, request), &fingerprint).await;
            self.unlock_account(lease, nothing_left).await;
            if !entry.is_overtaken || outcome.is_ok() {
                return outcome;
            }
        }
        Err(booking_log::failed(StateError::of("other processes keep taking this booking over")))
    }

    async fn book_keyed_under(
        &self,
        lease: &Arc<AccountLease>,
        entry: &mut Entry,
        (key, request): (&str, &BookRequest),
        fingerprint: &Fingerprint,
    ) -> (Result<Booking>, bool) {
        let settled = async {
            // somebody else may have made it while this one was in the queue
            *entry = Entry::read(self, key).await?;
            let details = entry.differences(fingerprint).is_empty().then_some(request.details());
            entry.settle(details).await?;
            if let Some(BookingProgress::Unknown { hold, .. }) = entry.state() {
                return Err(Entry::unsettled(hold));
            }
            self.made_before(entry, fingerprint).await
        };
        match settled.await {
            Ok(Some(booking)) => (Ok(booking), true),
            Ok(None) => self.book_under(lease, request, &mut Steps::recorded(entry, fingerprint)).await,
            Err(error) => (Err(error), false),
        }
    }

    /// Finds out what happened to the bookings that the last owner of the lock did not finish. Now is the best time:
    /// once somebody has released a hold that was in the way, nobody can find out any more whether it was booked.
    pub(super) async fn settle_interrupted(&self) {
        let settled = async {
            for booking in self.keyed_bookings().unfinished().await? {
                if !matches!(booking.state, BookingProgress::Unknown { .. }) {
                    // boxed, since this is seldom needed and large
                    Box::pin(async { Entry::read(self, &booking.key).await?.settle(None).await }).await?;
                }
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = settled.await {
            tracing::debug!(kind = error.kind().as_str(), "not all interrupted bookings were settled");
        }
    }

    /// The booking of the key, if it was made.
    async fn made_before(&self, entry: &Entry, fingerprint: &Fingerprint) -> Result<Option<Booking>> {
        let Some(BookingProgress::Booked { booking_id, .. }) = entry.state() else { return Ok(None) };
        let fields = entry.differences(fingerprint);
        if !fields.is_empty() {
            return Err(steps::reused(fields));
        }
        self.bookings().get(*booking_id).await.map(Some)
    }

    /// Bookings that were made, or requested, with an idempotency key.
    pub fn keyed_bookings(&self) -> KeyedBookings<'_> {
        KeyedBookings { client: self }
    }
}

/// Bookings with an idempotency key, as a [`BookingLog`](crate::state::BookingLog) records them. From
/// [`Client::keyed_bookings`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
/// # let client = hb_bls::testing::client_builder(&sandbox).build()?;
/// # let details = hb_bls::testing::booking_details();
/// // when the program starts: finds out about what an earlier run did not finish
/// for booking in client.keyed_bookings().settle_all().await? {
///     println!("{}: {:?}", booking.key, booking.state);
/// }
/// let request = hb_bls::BookRequest::earliest(hb_bls::CourseId::new(1), details).key("crm-4711/bls-2026");
/// let booking = client.book(&request).await?;
/// assert_eq!(client.book(&request).await?.id, booking.id);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct KeyedBookings<'a> {
    client: &'a Client,
}

/// A key, and how far its booking has come.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KeyedBooking {
    /// The key.
    pub key: String,
    /// How far the booking has come.
    pub state: BookingProgress,
}

impl KeyedBookings<'_> {
    /// Returns how far the booking of a key has come, or `None` if nobody has asked for it. Sends no request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`](crate::ErrorKind::State) if the log cannot be read.
    pub async fn get(self, key: &str) -> Result<Option<KeyedBooking>> {
        let key = key.to_owned();
        self.apart(async move |client| {
            let entry = Entry::read(&client, &key).await?;
            Ok(entry.state().map(|state| KeyedBooking { key, state: state.clone() }))
        })
        .await
    }

    /// Returns the key with which a booking was made, for example to find in your own records whom a webhook event is
    /// about. Sends no request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`](crate::ErrorKind::State) if the log cannot be read.
    pub async fn key_of(self, booking_id: BookingId) -> Result<Option<String>> {
        self.apart(async move |client| booking_log::key_of(&client, booking_id).await).await
    }

    /// Returns the bookings that were begun and not finished: because the process has ended or is still at work, or
    /// because it is unknown whether they were made. Sends no request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`](crate::ErrorKind::State) if the log cannot be read.
    pub async fn unfinished(self) -> Result<Vec<KeyedBooking>> {
        self.apart(async move |client| {
            let mut logged = steps::unfinished(&client).await?;
            logged.sort_by(|(one, _), (other, _)| one.cmp(other));
            let booking = |(key, LoggedBooking { record, .. })| KeyedBooking { key, state: record.state };
            Ok(logged.into_iter().map(booking).collect())
        })
        .await
    }

    /// Finds out what happened to a booking that was begun and not finished, and releases its hold if it was not
    /// booked. Waits for other bookings of the account. API: `DELETE /timeslots/hold/{holdHash}`, `GET /bookings`.
    ///
    /// Returns its state then: booked, not booked, or still unknown. It is not booked again. If the program ended while
    /// it asked for the hold, the hold's hash is not known, and this client's next booking releases it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`](crate::ErrorKind::State) if the account lock or the log fails, and the
    /// [kinds of every call](crate::ErrorKind#kinds-of-every-call) if the portal cannot be asked. The record then stays as it is.
    pub async fn settle(self, key: &str) -> Result<Option<KeyedBooking>> {
        let key = key.to_owned();
        self.apart(async move |client| {
            let lease = Arc::new(client.lock_account().await?);
            let settled = async {
                let mut entry = Entry::read(&client, &key).await?;
                entry.settle(None).await
            }
            .await;
            client.unlock_account(lease, false).await;
            settled?;
            client.keyed_bookings().get(&key).await
        })
        .await
    }

    /// [Settles](Self::settle) all bookings that are [unfinished](Self::unfinished), and returns their states.
    ///
    /// # Errors
    ///
    /// Those of [`settle`](Self::settle), for the first booking that has one. Bookings before it are settled.
    pub async fn settle_all(self) -> Result<Vec<KeyedBooking>> {
        let mut settled = Vec::new();
        for booking in self.unfinished().await? {
            settled.extend(self.settle(&booking.key).await?);
        }
        Ok(settled)
    }

    /// Returns the names of the fields in which a request differs from what is recorded for its key. There are none if
    /// nothing is recorded, or if the API key was replaced since. Sends no request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the request has no key, or one that is not allowed,
    /// and [`ErrorKind::State`](crate::ErrorKind::State) if the log cannot be read.
    pub async fn differences(self, request: &BookRequest) -> Result<Vec<String>> {
        let (key, request) = (key_of(request)?.to_owned(), request.clone());
        self.apart(async move |client| {
            let entry = Entry::read(&client, &key).await?;
            Ok(entry.differences(&request.fingerprint(&client.pipeline.config.digest_key)))
        })
        .await
    }

    /// Records the state of a booking that was made, or begun, without this log. Sends no request. Returns `false` and
    /// changes nothing if there is a record for its key already.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the request has no key, or one that is not allowed,
    /// and [`ErrorKind::State`](crate::ErrorKind::State) if the log cannot be read or written.
    pub async fn record(self, request: &BookRequest, state: BookingProgress) -> Result<bool> {
        let (key, request) = (key_of(request)?.to_owned(), request.clone());
        self.apart(async move |client| {
            let mut entry = Entry::read(&client, &key).await?;
            if entry.state().is_some() {
                return Ok(false);
            }
            match entry.write(state, request.fingerprint(&client.pipeline.config.digest_key)).await {
                // somebody else was faster
                Err(_) if entry.is_overtaken => Ok(false),
                written => written.map(|()| true),
            }
        })
        .await
    }

    /// Allows the key of a booking to be booked again, for example because the booking was cancelled. Does nothing
    /// unless it is booked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`](crate::ErrorKind::State) if the log cannot be read or written, or another process writes the record at the
    /// same time.
    pub async fn reopen(self, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.apart(async move |client| Entry::read(&client, &key).await?.reopen().await).await
    }

    /// In a task, since a caller that stops polling must keep neither the account locked nor a connection of the log.
    async fn apart<T, F>(self, work: impl FnOnce(Client) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        task::run(work(self.client.clone()), || task::stopped(Operation::ListBookings)).await
    }
}
