//! The client, and how it is built.

mod base_url;
mod builder;

use std::{fmt, sync::Arc};

pub use builder::ClientBuilder;

use crate::{
    Credentials,
    pipeline::Pipeline,
    resources::{Account, Bookings, Courses, Timeslots, Webhooks},
};

/// A client of the API for one account. Cheap to clone; clones share token and connections.
///
/// Needs a tokio runtime.
#[derive(Clone)]
pub struct Client {
    pub(crate) pipeline: Arc<Pipeline>,
}

impl Client {
    /// Starts to build a client for the account.
    pub fn builder(credentials: Credentials) -> ClientBuilder {
        ClientBuilder::new(credentials)
    }

    /// Balances.
    pub fn account(&self) -> Account<'_> {
        Account::new(self)
    }

    /// What can be booked.
    pub fn courses(&self) -> Courses<'_> {
        Courses::new(self)
    }

    /// When it can be booked, and holds.
    pub fn timeslots(&self) -> Timeslots<'_> {
        Timeslots::new(self)
    }

    /// Bookings and certificates.
    pub fn bookings(&self) -> Bookings<'_> {
        Bookings::new(self)
    }

    /// Endpoints that events are sent to.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks::new(self)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.pipeline.base_url()).finish_non_exhaustive()
    }
}
