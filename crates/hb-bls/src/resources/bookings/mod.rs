//! Bookings and certificates.

pub(crate) mod booking_log;
mod certificate;
mod create;
mod evidence;
mod query;
mod recent;
mod settle;

use hb_bls_gen::{BookingId, Operation};

pub(super) use certificate::not_ready;
pub use create::CreateError;
pub(crate) use evidence::Candidate;
pub use query::BookingQuery;
pub(crate) use recent::RecentBookings;
pub(crate) use settle::{SettleOutcome, settle, unknown};

use super::resource;
use crate::{Result, model::Booking};

resource! {
    /// Bookings and their certificates. From [`Client::bookings`](crate::Client::bookings).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let client = hb_bls::testing::client_builder(&sandbox).build()?;
    /// # let details = hb_bls::testing::booking_details();
    /// # let request = hb_bls::BookRequest::earliest(hb_bls::CourseId::new(1), details);
    /// # let booking = client.book(&request).await?;
    /// use futures::TryStreamExt as _;
    /// use hb_bls::BookingStatus;
    ///
    /// let mut booked = client.bookings().list().status(BookingStatus::Booked).items();
    /// while let Some(booking) = booked.try_next().await? {
    ///     println!("{} starts {:?}", booking.id, booking.start_date);
    /// }
    /// # sandbox.complete(booking.id.get()).await?;
    /// # sandbox.return_kit(booking.id.get()).await?;
    /// let pdf = client.bookings().certificate(booking.id).await?;
    /// # assert!(pdf.starts_with(b"%PDF"));
    /// # Ok(())
    /// # }
    /// ```
    Bookings
}

impl Bookings<'_> {
    /// Lists the account's bookings. API: `GET /bookings`.
    pub fn list(self) -> BookingQuery {
        BookingQuery { client: self.client.clone(), filters: query::Filters::default() }
    }

    /// Returns one booking. API: `GET /bookings/{id}`.
    ///
    /// # Errors
    ///
    /// The [kinds of every call](crate::ErrorKind#kinds-of-every-call), and
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the account has no such booking.
    pub async fn get(self, id: BookingId) -> Result<Booking> {
        self.client.json(Operation::GetBooking, move |raw| raw.get_booking().id(id).request()).await
    }
}
