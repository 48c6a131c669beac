//! The types that the client takes and returns.

#[cfg(feature = "client")]
mod account;
mod booking;
#[cfg(feature = "client")]
mod booking_details;
#[cfg(feature = "client")]
mod course;
mod course_summary;
#[cfg(feature = "client")]
mod redact;
#[cfg(feature = "schemars")]
pub(crate) mod schema;
#[cfg(feature = "client")]
mod timeslot;
#[cfg(feature = "client")]
mod webhook;

#[cfg(feature = "client")]
pub use account::{Balances, CourseCredits, TokenInfo, Transaction};
pub use booking::{Booking, Candidate, Trainer, VirtualMeeting};
#[cfg(feature = "client")]
pub use booking_details::{BookingDetails, BookingDetailsBuilder, booking_details_builder};
#[cfg(feature = "client")]
pub use course::Course;
pub use course_summary::CourseSummary;
#[cfg(feature = "client")]
pub use timeslot::{HoldDetails, Timeslot};
#[cfg(feature = "client")]
pub use webhook::{
    Webhook, WebhookCreated, WebhookRequest, WebhookRequestBuilder, WebhookUpdate, WebhookUpdateBuilder,
    webhook_request_builder, webhook_update_builder,
};

/// For serde: reads null as an empty list.
#[cfg(feature = "client")]
fn null_as_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    use serde::Deserialize as _;
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
