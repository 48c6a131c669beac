//! Bookings and certificates.

mod certificate;
mod create;
mod query;
mod settle;

use hb_bls_gen::{BookingId, Operation};

pub use query::BookingQuery;

use super::resource;
use crate::{Result, model::Booking};

resource! {
    /// Bookings and certificates. From [`Client::bookings`](crate::Client::bookings).
    Bookings
}

impl Bookings<'_> {
    /// Asks for the account's bookings. API: `GET /bookings`.
    pub fn list(self) -> BookingQuery {
        BookingQuery { client: self.client.clone(), filters: query::Filters::default() }
    }

    /// One booking. API: `GET /bookings/{id}`.
    pub async fn get(self, id: BookingId) -> Result<Booking> {
        let call = self.client.call(Operation::GetBooking);
        call.read(|| call.raw.get_booking().id(id).send()).await
    }
}
