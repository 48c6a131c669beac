//! Bookings and certificates.

mod certificate;
mod create;
mod evidence;
mod query;
mod recent;
mod settle;

use hb_bls_gen::{BookingId, Operation};

pub use query::BookingQuery;
pub(crate) use recent::RecentBookings;

use super::resource;
use crate::{Result, model::Booking};

resource! {
    /// Bookings and certificates. From [`Client::bookings`](crate::Client::bookings).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let key = sandbox.credentials();
    /// # let credentials = hb_bls::Credentials::new(&key.hb_client_id, key.api_key.as_str());
    /// # let client = hb_bls::Client::builder().credentials(credentials).base_url(sandbox.base_url()).build()?;
    /// # let details = hb_bls::BookingDetails::builder()
    /// #     .first_name("Amara").last_name("Okafor").email("amara@example.com").phone("+447700900123")
    /// #     .address("12 Harbour Street").city("Leeds").postcode("LS1 4AP").job_role("Nurse")
    /// #     .pay_option(hb_bls::PayOption::Credits)
    /// #     .agency_contact_name("Jo Field").agency_contact_email("jo@agency.example")
    /// #     .build();
    /// # let request = hb_bls::BookRequest::earliest(1.into(), details);
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
    /// Asks for the account's bookings. API: `GET /bookings`.
    pub fn list(self) -> BookingQuery {
        BookingQuery { client: self.client.clone(), filters: query::Filters::default() }
    }

    /// One booking. API: `GET /bookings/{id}`.
    pub async fn get(self, id: BookingId) -> Result<Booking> {
        self.client.json(Operation::GetBooking, move |raw| raw.get_booking().id(id).request()).await
    }
}
