//! Booking a hold, exactly once.

use std::fmt;

use hb_bls_gen::Operation;
use jiff::Timestamp;

use super::{
    Bookings,
    settle::{self, Settled},
};
use crate::{
    Client, Error, Hold, HoldDetails, Result,
    model::{Booking, BookingDetails},
    pipeline::task,
};

impl Bookings<'_> {
    /// Books the timeslot of a hold, which is consumed by it. API: `POST /bookings`.
    ///
    /// It is booked once, or not at all: a hold can be consumed once, so an attempt whose answer was lost is repeated
    /// with the same hold. If that does not tell, the list of bookings does; to be sure that no attempt still under
    /// way is carried out later, the hold is then released. A booking that is found that way may have been moved or
    /// cancelled by staff meanwhile: its status says so.
    ///
    /// If this future is dropped while the request is under way, the booking may be made all the same. Keep the hold's
    /// [details](Hold::details) before, and [`resume`](Self::resume) with them to find out.
    ///
    /// # Errors
    ///
    /// A [`CreateError`], which gives the hold back unless it is gone. It becomes an [`Error`] by `?`.
    ///
    /// [`ErrorKind::Rejected`](crate::ErrorKind::Rejected) with messages by field if the details are refused; the hold
    /// then remains, to be booked with others. [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous) if an answer was
    /// lost and the portal does not tell: it cannot be asked, or the hold is gone before its time and the booking is not
    /// listed. After any other error nothing was booked.
    pub async fn create(self, hold: Hold, details: &BookingDetails) -> Result<Booking, CreateError> {
        self.book(hold, details, false).await
    }

    /// Books the timeslot of a hold that an earlier run of a program may have booked already, without living to see
    /// the answer: finds that booking, or makes it. API: `POST /bookings`, and `GET /bookings` if that is refused.
    ///
    /// The hold is one that was kept before its booking was attempted, with its timeslot and expiry; see
    /// [`Hold::keep`] and [`Timeslots::adopt`](crate::Timeslots::adopt). The details must be the same.
    ///
    /// The booking is found whatever has become of it since, so check its `booking_status`: staff may have cancelled it.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create). After any but [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous) nothing was
    /// booked, and the hold is gone.
    pub async fn resume(self, hold: Hold, details: &BookingDetails) -> Result<Booking, CreateError> {
        self.book(hold, details, true).await
    }

    async fn book(self, hold: Hold, details: &BookingDetails, resumed: bool) -> Result<Booking, CreateError> {
        let (client, used) = (self.client.clone(), hold.used_flag());
        let (held, made_at, details) = (hold.details().clone(), hold.made_at(), details.clone());
        let work = async move {
            let outcome = book(&client, &held, made_at, &details, resumed).await;
            if !matches!(outcome, Err((_, HoldIs::There))) {
                used.set();
            }
            Ok(outcome)
        };
        let stopped = || settle::unknown(hold.details(), task::stopped(Operation::CreateBooking));
        match task::run(work, stopped).await {
            Ok(Ok(booking)) => Ok(booking),
            Ok(Err((error, HoldIs::Gone))) => Err(CreateError { error, hold: None }),
            Ok(Err((error, HoldIs::There | HoldIs::Unknown))) | Err(error) => {
                Err(CreateError { error, hold: Some(Box::new(hold)) })
            }
        }
    }
}

/// Why a hold was not booked, with the hold, if it may still be there. From [`Bookings::create`] and
/// [`Bookings::resume`].
///
/// In a function that returns [`Error`], `?` does without the hold, which is then released in the background like any
/// other that is dropped. To try again with it:
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
    /// What went wrong.
    pub error: Error,
    /// The hold, unless it is gone for certain. After [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous) it may be, and
    /// it is not released when it is dropped: it can be given to [`Bookings::resume`], now or later from what
    /// [`Hold::keep`] leaves.
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

/// What has become of a hold that was not booked.
enum HoldIs {
    There,
    /// To be left alone: it may have been booked.
    Unknown,
    Gone,
}

async fn book(
    client: &Client,
    hold: &HoldDetails,
    made_at: Option<Timestamp>,
    details: &BookingDetails,
    resumed: bool,
) -> Result<Booking, (Error, HoldIs)> {
    let call = client.call(Operation::CreateBooking);
    let answer = call.json(|raw| raw.create_booking().body(details.to_request(hold.hold_hash.clone())).request()).await;
    let booking: Booking = match answer {
        Ok(booking) => booking,
        Err(error) if resumed || call.is_unsettled() => {
            tracing::debug!(kind = error.kind().as_str(), "looking whether the booking was made");
            match settle::settle(client, hold, made_at, details).await {
                Settled::Booked(booking) => *booking,
                Settled::NotBooked => return Err((error, HoldIs::Gone)),
                Settled::Unknown => return Err((settle::unknown(hold, error), HoldIs::Unknown)),
            }
        }
        Err(error) => return Err((error, HoldIs::There)),
    };
    client.memory.recent.made(&hold.hold_hash, booking.id, client.pipeline.clock().now());
    Ok(booking)
}
