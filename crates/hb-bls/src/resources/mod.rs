//! The operations, grouped as in the API's documentation.

mod account;
mod bookings;
mod courses;
mod lost_holds;
mod of_client;
mod paging;
mod pending_hold;
pub(crate) mod timeslots;
mod webhooks;

use hb_bls_gen::Operation;

pub use account::{Account, TransactionQuery};
pub use bookings::{BookingQuery, Bookings, CreateError};
pub(crate) use bookings::{Candidate, RecentBookings, SettleOutcome, booking_log, settle, unknown};
pub use courses::{CourseQuery, Courses};
pub(crate) use lost_holds::{LockNote, LostHolds, SlotRequest};
pub use paging::{Items, Page, Pages, Position};
pub use timeslots::{TimeslotQuery, Timeslots};
pub use webhooks::{WebhookQuery, Webhooks};

use crate::Error;

/// Whether an operation can be carried out twice without harm.
pub(crate) fn is_repeatable(operation: Operation) -> bool {
    match operation {
        Operation::DownloadCertificate
        | Operation::GetBooking
        | Operation::GetBookingUrl
        | Operation::GetCredits
        | Operation::GetTokenInfo
        | Operation::GetWebhook
        | Operation::ListBookings
        | Operation::ListCourses
        | Operation::ListTimeslots
        | Operation::ListTransactions
        | Operation::ListWebhooks
        | Operation::CreateToken
        | Operation::UpdateWebhook
        | Operation::DeleteWebhook
        | Operation::ReleaseTimeslotHold => true,
        // a hold can be consumed once, and an account can have one: the second response shows what happened
        Operation::CreateBooking | Operation::HoldTimeslot => true,
        // they would make another endpoint, secret or delivery that nobody knows of; a refresh token works only once
        Operation::CreateWebhook
        | Operation::RotateWebhookSecret
        | Operation::TestWebhook
        | Operation::RefreshToken
        | Operation::RevokeToken => false,
    }
}

/// Applies what an operation's documentation says about an error beyond its status.
pub(crate) fn interpret(operation: Operation, error: Error) -> Error {
    match operation {
        Operation::DownloadCertificate => bookings::not_ready(error),
        _ => error,
    }
}

/// Defines a resource, which is a view of the client.
macro_rules! resource {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a> {
            client: &'a crate::Client,
        }

        impl<'a> $name<'a> {
            pub(crate) fn new(client: &'a crate::Client) -> Self {
                Self { client }
            }
        }
    };
}
use resource;
