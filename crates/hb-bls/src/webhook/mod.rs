//! Verification of webhook deliveries, so that nobody but the portal can make an event.
//!
//! ```
//! use hb_bls::webhook::Verifier;
//!
//! # fn handle(headers: &http::HeaderMap, body: &[u8]) -> Result<(), hb_bls::webhook::VerifyError> {
//! let verifier = Verifier::new("whsec_test_0123456789")?;
//! let delivery = verifier.verify(headers, body)?; // the body as it came, not parsed and written again
//! println!("{} {}", delivery.event.event_type, delivery.event.event_id);
//! # Ok(())
//! # }
//! ```

mod event;
mod headers;
mod signature;
mod verifier;

pub use event::Event;
pub use verifier::{Delivery, Verifier, VerifyError};
