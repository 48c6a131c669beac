//! The operations, each like the one of the async client.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use jiff::civil::Time;

use super::{BookingQuery, Client, CourseQuery, TimeslotQuery, TransactionQuery, WebhookQuery};
use crate::{
    Balances, BookRequest, Booking, BookingDetails, BookingId, CourseId, CreateError, Date, Hold, HoldDetails,
    KeyedBooking, Result, Secret, TokenInfo, Webhook, WebhookCreated, WebhookId, WebhookRequest, WebhookUpdate,
    state::BookingProgress,
};

/// Defines a resource whose methods wait for those of the async client.
macro_rules! resource {
    (
        $(#[$doc:meta])* $name:ident from $get:ident;
        $(fn $method:ident($($argument:ident: $type:ty),*) -> $output:ty;)*
        $(list $list:ident($($filter:ident: $of:ty),*) -> $query:ident;)*
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a>(pub(super) &'a Client);

        impl $name<'_> {
            $(
                #[doc = concat!("Blocking version of [`", stringify!($name), "::", stringify!($method), "`](crate::", stringify!($name), "::", stringify!($method), ").")]
                ///
                /// # Errors
                ///
                #[doc = concat!("Those of [`", stringify!($name), "::", stringify!($method), "`](crate::", stringify!($name), "::", stringify!($method), ").")]
                pub fn $method(self, $($argument: $type),*) -> Result<$output> {
                    self.0.wait(self.0.client.$get().$method($($argument),*))?
                }
            )*
            $(
                #[doc = concat!("Blocking version of [`", stringify!($name), "::", stringify!($list), "`](crate::", stringify!($name), "::", stringify!($list), ").")]
                pub fn $list(self, $($filter: $of),*) -> $query {
                    $query::new(self.0, self.0.client.$get().$list($($filter),*))
                }
            )*
        }
    };
}

resource! {
    /// The account: balances, transactions and the access token. From [`Client::account`].
    Account from account;
    fn balances() -> Balances;
    fn booking_url() -> Option<String>;
    fn token_info() -> TokenInfo;
    fn revoke_token() -> ();
    list transactions() -> TransactionQuery;
}

resource! {
    /// The courses that can be booked. From [`Client::courses`].
    Courses from courses;
    list list() -> CourseQuery;
}

resource! {
    /// The timeslots of courses, and holds. From [`Client::timeslots`].
    Timeslots from timeslots;
    fn release(hold_hash: &str) -> ();
    list list(course_id: CourseId) -> TimeslotQuery;
}

resource! {
    /// Bookings and their certificates. From [`Client::bookings`].
    Bookings from bookings;
    fn get(id: BookingId) -> Booking;
    fn certificate(id: BookingId) -> Bytes;
    fn save_certificate(id: BookingId, path: impl AsRef<Path>) -> ();
    fn wait_for_certificate(id: BookingId, limit: Duration) -> Bytes;
    list list() -> BookingQuery;
}

resource! {
    /// Webhook endpoints, to which the portal sends events. From [`Client::webhooks`].
    Webhooks from webhooks;
    fn create(request: &WebhookRequest) -> WebhookCreated;
    fn get(id: WebhookId) -> Webhook;
    fn update(id: WebhookId, update: &WebhookUpdate) -> Webhook;
    fn delete(id: WebhookId) -> ();
    fn rotate_secret(id: WebhookId) -> Secret;
    fn test(id: WebhookId) -> ();
    list list() -> WebhookQuery;
}

resource! {
    /// Bookings that were made, or requested, with an idempotency key. From [`Client::keyed_bookings`].
    KeyedBookings from keyed_bookings;
    fn get(key: &str) -> Option<KeyedBooking>;
    fn key_of(booking_id: BookingId) -> Option<String>;
    fn unfinished() -> Vec<KeyedBooking>;
    fn settle(key: &str) -> Option<KeyedBooking>;
    fn settle_all() -> Vec<KeyedBooking>;
    fn differences(request: &BookRequest) -> Vec<String>;
    fn record(request: &BookRequest, state: BookingProgress) -> bool;
    fn reopen(key: &str) -> ();
}

impl Timeslots<'_> {
    /// Blocking version of [`Timeslots::hold`](crate::Timeslots::hold).
    ///
    /// # Errors
    ///
    /// Those of [`Timeslots::hold`](crate::Timeslots::hold).
    pub fn hold(self, course_id: CourseId, date: Date, time: Time) -> Result<Hold> {
        let hold = self.0.wait(self.0.client.timeslots().hold(course_id, date, time))??;
        Ok(hold.kept_by(self.0.runtime.clone()))
    }

    /// Blocking version of [`Timeslots::adopt`](crate::Timeslots::adopt).
    pub fn adopt(self, hold: HoldDetails) -> Hold {
        self.0.client.timeslots().adopt(hold)
    }
}

impl Bookings<'_> {
    /// Blocking version of [`Bookings::create`](crate::Bookings::create).
    ///
    /// # Errors
    ///
    /// Those of [`Bookings::create`](crate::Bookings::create).
    pub fn create(self, hold: Hold, details: &BookingDetails) -> Result<Booking, CreateError> {
        match self.0.runtime.usable() {
            Ok(runtime) => runtime.block_on(self.0.client.bookings().create(hold, details)),
            Err(error) => Err(CreateError { error, hold: Some(Box::new(hold)) }),
        }
    }

    /// Blocking version of [`Bookings::resume`](crate::Bookings::resume).
    ///
    /// # Errors
    ///
    /// Those of [`Bookings::resume`](crate::Bookings::resume).
    pub fn resume(self, hold: Hold, details: &BookingDetails) -> Result<Booking, CreateError> {
        match self.0.runtime.usable() {
            Ok(runtime) => runtime.block_on(self.0.client.bookings().resume(hold, details)),
            Err(error) => Err(CreateError { error, hold: Some(Box::new(hold)) }),
        }
    }
}
