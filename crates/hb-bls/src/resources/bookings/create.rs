//! Booking a hold, exactly once.

use hb_bls_gen::Operation;
use jiff::Timestamp;

use super::{
    Bookings,
    settle::{self, Settled},
};
use crate::{
    Client, Hold, HoldDetails, Result,
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
    /// [details](Hold::keep) before, and [`resume`](Self::resume) with them to find out.
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`](crate::Error::Rejected) with messages by field if the details are refused; the hold then remains.
    /// [`Error::Ambiguous`](crate::Error::Ambiguous) if an answer was lost and the portal does not tell: it cannot be asked, or the hold is gone
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
    /// The booking is found whatever has become of it since, so check its `booking_status`: staff may have cancelled it.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create). After any but [`Error::Ambiguous`](crate::Error::Ambiguous) nothing was booked, and the hold is gone.
    pub async fn resume(self, hold: &Hold, details: &BookingDetails) -> Result<Booking> {
        self.book(hold, details, true).await
    }

    async fn book(self, hold: &Hold, details: &BookingDetails, resumed: bool) -> Result<Booking> {
        let (client, used) = (self.client.clone(), hold.used_flag());
        let (held, made_at, details) = (HoldDetails::clone(hold), hold.made_at(), details.clone());
        let work = async move {
            let outcome = book(&client, &held, made_at, &details, resumed).await;
            if outcome.is_over {
                used.set();
            }
            outcome.booking
        };
        task::run(work, || settle::unknown(hold, task::stopped(Operation::CreateBooking))).await
    }
}

/// What came of booking a hold.
struct Outcome {
    booking: Result<Booking>,
    /// Whether the hold is gone, or must be left alone: nothing is to be released.
    is_over: bool,
}

async fn book(
    client: &Client,
    hold: &HoldDetails,
    made_at: Option<Timestamp>,
    details: &BookingDetails,
    resumed: bool,
) -> Outcome {
    let call = client.call(Operation::CreateBooking);
    let answer = call.json(|raw| raw.create_booking().body(details.to_request(hold.hold_hash.clone())).request()).await;
    let (booking, is_over) = match answer {
        Err(error) if resumed || call.is_unsettled() => {
            tracing::debug!(kind = error.kind(), "looking whether the booking was made");
            match settle::settle(client, hold, made_at, details).await {
                Settled::Booked(booking) => (Ok(*booking), true),
                Settled::NotBooked => (Err(error), true),
                Settled::Unknown => (Err(settle::unknown(hold, error)), true),
            }
        }
        Err(error) => (Err(error), false),
        Ok(booking) => (Ok(booking), true),
    };
    if let Ok(booking) = &booking {
        client.memory.recent.made(&hold.hold_hash, booking.id, client.pipeline.clock().now());
    }
    Outcome { booking, is_over }
}
