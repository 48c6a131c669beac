//! Webhook deliveries: verified, typed and handled once.
//!
//! A [`Verifier`] believes nobody but the portal, an [`Event`] is what it told, an [`Inbox`] sees to it that an event
//! that is delivered several times is handled once. With feature `axum`, [`axum::router`] does all of it:
//!
//! ```
//! # #[cfg(feature = "axum")]
//! # fn router(secret: &str) -> Result<axum::Router, hb_bls::webhook::SecretError> {
//! use hb_bls::webhook::{self, EventData, MemoryInbox, Verifier};
//!
//! let verifier = Verifier::new(secret)?;
//! let router = webhook::axum::router(verifier, MemoryInbox::new(), |delivery: webhook::Delivery| async move {
//!     if let EventData::BookingCreated(booking) = &delivery.event.data {
//!         println!("booking {} is confirmed", booking.id);
//!     }
//!     Ok::<(), std::convert::Infallible>(()) // after an error the portal tries again
//! });
//! # Ok(router)
//! # }
//! ```
//!
//! With any other framework:
//!
//! ```
//! use hb_bls::webhook::Verifier;
//!
//! # fn handle(headers: &http::HeaderMap, body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::builder().secret("whsec_new_0123456789").secret("whsec_old_0123456789").build()?;
//! let delivery = verifier.receive(headers, body)?; // the body as it came, not parsed and written again
//! println!("{} {}", delivery.event.event_type, delivery.event.event_id);
//! # Ok(())
//! # }
//! ```
//!
//! # Rotation
//!
//! `POST /webhooks/{id}/rotate-secret` makes the new secret count at once, for retries of older events too. Configure
//! both, the new and the old one; deliveries that arrive before the new one is configured are refused, and the portal
//! sends them again 15 minutes later.

#[cfg(feature = "axum")]
pub mod axum;
pub mod data;
mod envelope;
mod error;
mod event;
mod headers;
mod inbox;
#[cfg(feature = "schemars")]
pub(crate) mod schema;
mod signature;
mod signer;
mod verifier;

pub use error::{NotAnEvent, SecretError, VerifyError};
pub use event::{Event, EventData};
pub use inbox::{Claim, Inbox, Lease, MemoryInbox, RETENTION};
#[cfg(feature = "schemars")]
pub use schema::schemas;
pub use signer::Signer;
pub use verifier::{Delivery, Verified, Verifier, VerifierBuilder};
