//! Books a hold, exactly once.

use std::fmt;

use hb_bls_gen::Operation;
use jiff::Timestamp;

use super::{
    Bookings,
    evidence::Candidate,
    settle::{self, SettleOutcome},
};
use crate::{
    Client, Error, Hold, HoldDetails, Result,
    model::{Booking, BookingDetails},
    pipeline::task,
};

impl Bookings<'_> {
    /// Books the timeslot of a hold, and consumes the hold. API: `POST /bookings`.
    ///
    /// To find, hold and book a timeslot in one call, use [`Client::book`](crate::Client::book).
    ///
    /// The timeslot is booked once or not at all. A hold can be consumed only once, so an attempt whose response was
    /// lost is repeated with the same hold. If it is still not known whether the booking was made, the client releases
    /// the hold, so that no attempt can be carried out later, and looks in the list of bookings. A booking that is
    /// found in the list may have been moved or cancelled by staff in the meantime, so check its status.
    ///
    /// If this future is dropped while the request is in flight, the booking may still be made. Store the hold's
    /// [details](Hold::details) first; [`resume`](Self::resume) can then find out.
    ///
    /// # Errors
    ///
    /// A [`CreateError`], which returns the hold unless it is gone. `?` converts it to an [`Error`].
    ///
    /// [`ErrorKind::Rejected`](crate::ErrorKind::Rejected), with messages by field, if the portal rejects the details;
    /// the hold remains and can be booked with other details. [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous) if
    /// a response was lost and the client cannot find out what happened, because the portal does not respond, or the
    /// hold is gone early and the booking is not in the list. After any other error nothing was booked.
    pub async fn create(self, hold: Hold, details: &BookingDetails) -> Result<Booking, CreateError> {
        self.book(hold, details, false).await
    }

    /// Books the timeslot of a hold that an earlier run of the program may already have booked. It finds that booking
    /// or makes it. API: `POST /bookings`, and `GET /bookings` if the portal refuses the booking.
    ///
    /// The hold must be one that was kept before it was booked, with its timeslot and expiry; see [`Hold::keep`] and
    /// [`Timeslots::adopt`](crate::Timeslots::adopt). The details must be the same.
    ///
    /// The booking is found even if staff have changed it since. Check its `booking_status`: it may have been
    /// cancelled.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create). After any error except [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous),
    /// nothing was booked, and the hold is gone.
    pub async fn resume(self, hold: Hold, details: &BookingDetails) -> Result<Booking, CreateError> {
        self.book(hold, details, true).await
    }

    async fn book(self, hold: Hold, details: &BookingDetails, resumed: bool) -> Result<Booking, CreateError> {
        let (client, used) = (self.client.clone(), hold.used_flag());
        let (held, made_at, details) = (hold.details().clone(), hold.made_at(), details.clone());
        let work = async move {
            let outcome = book(&client, &held, made_at, &details, resumed).await;
            if !matches!(outcome, Err((_, HoldAfterFailure::There))) {
                used.set();
            }
            Ok(outcome)
        };
        let stopped = || settle::unknown(hold.details(), task::stopped(Operation::CreateBooking));
        match task::run(work, stopped).await {
            Ok(Ok(booking)) => Ok(booking),
            Ok(Err((error, HoldAfterFailure::Gone))) => Err(CreateError { error, hold: None }),
            Ok(Err((error, HoldAfterFailure::There | HoldAfterFailure::Unknown))) | Err(error) => {
                Err(CreateError { error, hold: Some(Box::new(hold)) })
            }
        }
    }
}

/// The error of [`Bookings::create`] and [`Bookings::resume`], with the hold if it may still exist.
///
/// In a function that returns [`Error`], `?` drops the hold, which is then released in the background. To try again
/// with the hold:
///
/// ```
/// # use hb_bls::{Booking, BookingDetails, Client, Error, Hold};
/// async fn book(client: &Client, hold: Hold, details: &BookingDetails) -> Result<Booking, Error> {
///     let refused = match client.bookings().create(hold, details).await {
///         Ok(booking) => return Ok(booking),
///         Err(refused) => refused,
///     };
///     let fields = refused.error.rejection().map(|rejection| rejection.fields());
///     let is_the_address = fields.is_some_and(|fields| fields.contains_key("agency_email"));
///     match (refused.error, refused.hold) {
///         (_, Some(hold)) if is_the_address => {
///             let mut details = details.clone();
///             details.agency_email = None;
///             Ok(client.bookings().create(*hold, &details).await?)
///         }
///         (error, _) => Err(error),
///     }
/// }
/// # let _ = book;
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct CreateError {
    /// The error.
    pub error: Error,
    /// The hold, unless it is certainly gone. After [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous) it may be
    /// gone, and it is not released when it is dropped. Pass it to [`Bookings::resume`], now or later: [`Hold::keep`]
    /// returns the details to store.
    pub hold: Option<Box<Hold>>,
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for CreateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl From<CreateError> for Error {
    fn from(error: CreateError) -> Self {
        error.error
    }
}

/// What happened to a hold whose booking failed.
enum HoldAfterFailure {
    There,
    /// It may have been booked, so it must not be released.
    Unknown,
    Gone,
}

async fn book(
    client: &Client,
    hold: &HoldDetails,
    made_at: Option<Timestamp>,
    details: &BookingDetails,
    resumed: bool,
) -> Result<Booking, (Error, HoldAfterFailure)> {
    let call = client.call(Operation::CreateBooking);
    let answer = call.json(|raw| raw.create_booking().body(details.to_request(hold.hold_hash.clone())).request()).await;
    let booking: Booking = match answer {
        Ok(booking) => booking,
        Err(error) if resumed || call.earlier_may_have_executed() => {
            tracing::debug!(kind = error.kind().as_str(), "checking whether the booking was made");
            match settle::settle(client, hold, made_at, Candidate::Known(details)).await {
                SettleOutcome::Booked(booking) => *booking,
                SettleOutcome::NotBooked => return Err((error, HoldAfterFailure::Gone)),
                SettleOutcome::Unknown => return Err((settle::unknown(hold, error), HoldAfterFailure::Unknown)),
            }
        }
        Err(error) => return Err((error, HoldAfterFailure::There)),
    };
    client.memory.recent.made(&hold.hold_hash, booking.id, client.pipeline.clock().now());
    Ok(booking)
}
