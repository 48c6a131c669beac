//! Values to test your own code with: each model complete, each event, deliveries, and a client of a local portal.
//!
//! Every field of a fixture is set, and they belong together: one candidate, one course, one booking whose training is over.
//! Models cannot be written out, since later versions may add fields to them, but all of their fields can be changed:
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
//! A receiver of webhooks is tested with [`delivery`], or with all that goes before it by [`signed_request`]. What calls the
//! portal is tested against a local one: with feature `sandbox`, `client` makes a client of it. An error is made of its
//! kind: `hb_bls::Error::from(hb_bls::ErrorKind::Timeout)`.

mod booking;
#[cfg(feature = "client")]
mod client;
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
#[cfg(feature = "sandbox")]
pub use sandbox::client;
#[cfg(feature = "webhook")]
pub use webhook::{delivery, equipment_late, event, event_with, rescheduled, signed_request, webhook_test};
