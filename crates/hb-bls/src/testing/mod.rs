//! Values to test your own code: every model, every event, deliveries, and a client of a local portal.
//!
//! Every field of these values is set, and the values fit together: one candidate, one course, and one booking whose
//! training is over. Models are `#[non_exhaustive]`, since later versions may add fields, but you can change each of
//! their fields:
//!
//! ```
//! use hb_bls::{Booking, BookingStatus, testing};
//!
//! fn is_off(booking: &Booking) -> bool {
//!     booking.booking_status == Some(BookingStatus::Cancelled)
//! }
//!
//! let mut booking = testing::booking();
//! assert!(!is_off(&booking));
//! booking.booking_status = Some(BookingStatus::Cancelled);
//! assert!(is_off(&booking));
//! ```
//!
//! To test a receiver of webhooks, use [`delivery`] for its handler, or [`signed_request`] to include the verification.
//! To test code that calls the portal, use a local portal: with the feature `sandbox`, `client_builder` builds a client of it. To
//! make an error, use its kind: `hb_bls::Error::from(hb_bls::ErrorKind::Timeout)`. `rejected`, `conflict` and `rate_limited`
//! make those that have details.

mod booking;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "webhook")]
mod webhook;

pub use booking::{booking, candidate, course_summary, trainer, virtual_meeting};
#[cfg(feature = "client")]
pub use client::{
    balances, booking_details, course, course_credits, hold_details, timeslot, token_info, transaction, webhook,
    webhook_created, webhook_request, webhook_update,
};
#[cfg(feature = "client")]
pub use error::{conflict, rate_limited, rejected};
#[cfg(feature = "sandbox")]
pub use sandbox::client_builder;
#[cfg(feature = "event-queue")]
pub use webhook::received_event;
#[cfg(feature = "webhook")]
pub use webhook::{delivery, equipment_late, event, event_with, rescheduled, signed_request, webhook_test};
