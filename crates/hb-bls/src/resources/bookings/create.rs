//! Booking a hold, exactly once.

use hb_bls_gen::Operation;

use super::{Bookings, settle};
use crate::{
    Error, Hold, Result,
    model::{Booking, BookingDetails},
};

impl Bookings<'_> {
    /// Books the timeslot of a hold, which is consumed by it. API: `POST /bookings`.
    ///
    /// It is booked once, or not at all: a hold can be consumed once, so an attempt whose answer was lost is repeated
    /// with the same hold. If that does not tell, the list of bookings does; to be sure that no attempt still under
    /// way is carried out later, the hold is then released.
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] with messages by field if the details are refused; the hold then remains.
    /// [`Error::Ambiguous`] if an answer was lost and the portal does not tell: it cannot be asked, or the hold is gone
    /// before its time and the booking is not listed. After any other error nothing was booked.
    pub async fn create(self, hold: &Hold, details: &BookingDetails) -> Result<Booking> {
        self.book(hold, details, false).await
    }

    /// Books the timeslot of a hold that an earlier run of a program may have booked already, without living to see
    /// the answer: finds that booking, or makes it. API: `POST /bookings`, and `GET /bookings` if that is refused.
    ///
    /// The hold is one that was kept before its booking was attempted, with its timeslot and expiry; see
    /// [`Hold::keep`] and [`Timeslots::adopt`](crate::Timeslots::adopt). The details must be the same.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create). After any but [`Error::Ambiguous`] nothing was booked, and the hold is gone.
    pub async fn resume(self, hold: &Hold, details: &BookingDetails) -> Result<Booking> {
        self.book(hold, details, true).await
    }

    async fn book(self, hold: &Hold, details: &BookingDetails, resumed: bool) -> Result<Booking> {
        let call = self.client.call(Operation::CreateBooking);
        let answer =
            call.read(|| call.raw.create_booking().body(details.to_request(hold.hold_hash.clone())).send()).await;
        let outcome = match answer {
            Err(error) if resumed || call.is_unsettled() => settle::settle(self, hold, details, error).await,
            answer => answer,
        };
        match &outcome {
            Ok(_) | Err(Error::Ambiguous { .. }) => hold.used(),
            Err(_) => {}
        }
        outcome
    }
}
