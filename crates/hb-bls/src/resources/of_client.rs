//! The client's methods that return the groups of operations.

use super::{Account, Bookings, Courses, Timeslots, Webhooks};
use crate::Client;

impl Client {
    /// The account: balances, transactions and the access token.
    pub fn account(&self) -> Account<'_> {
        Account::new(self)
    }

    /// The courses that can be booked.
    pub fn courses(&self) -> Courses<'_> {
        Courses::new(self)
    }

    /// The timeslots of courses, and holds.
    pub fn timeslots(&self) -> Timeslots<'_> {
        Timeslots::new(self)
    }

    /// Bookings and their certificates.
    pub fn bookings(&self) -> Bookings<'_> {
        Bookings::new(self)
    }

    /// Webhook endpoints, to which the portal sends events.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks::new(self)
    }
}
