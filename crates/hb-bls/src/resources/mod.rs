//! The operations, under the headings of the API's own pages.

mod account;
mod bookings;
mod courses;
mod lost_holds;
mod paging;
pub(crate) mod timeslots;
mod webhooks;

pub use account::{Account, TransactionQuery};
pub(crate) use bookings::RecentBookings;
pub use bookings::{BookingQuery, Bookings, CreateError};
pub use courses::{CourseQuery, Courses};
pub(crate) use lost_holds::LostHolds;
pub use paging::{Items, Page, Pages, Position};
pub use timeslots::{TimeslotQuery, Timeslots};
pub use webhooks::{WebhookQuery, Webhooks};

/// Defines a resource: a view of the client.
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
