//! Webhook deliveries: verified, typed, and handled once.
//!
//! A [`Verifier`] checks that a delivery comes from the portal. An [`Event`] is what the delivery reports. The portal
//! may deliver an event several times, and an [`Inbox`] makes sure that you handle it once. With the feature `axum`,
//! [`axum::router`] does all of this:
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
//! // pass the raw body as it was received, not JSON that was parsed and serialised again
//! let delivery = verifier.verify_and_decode(headers, body)?;
//! println!("{} {}", delivery.event.event_type, delivery.event.event_id);
//! # Ok(())
//! # }
//! ```
//!
//! # Accept first, work later
//!
//! The portal gives up on an event 75 minutes after its first attempt, and a handler that is slower than the endpoint's timeout
//! causes more attempts. With the feature `event-queue`, a delivery is stored before it is answered, and handled later:
//!
//! | part | does |
//! |---|---|
//! | `axum::queue_router` | verifies deliveries, stores them in an `EventQueue`, and answers at once |
//! | `Worker` | handles what is stored: several at once, the events of each booking in order, again after a failure |
//! | `Reconciler` | reads the bookings again, and queues changes that no event has reported |
//!
//! The crates `hb-bls-postgres` and `hb-bls-sqlite` provide such queues; `MemoryEventQueue` is for tests.
//! `examples/agency` in the repository is a complete service.
//!
//! Bodies contain personal data. `EncryptedQueue` encrypts them, and they are removed 30 days after their events were handled,
//! unless you set another time.
//!
//! # Rotation of the secret
//!
//! After `POST /webhooks/{id}/rotate-secret`, the portal signs everything with the new secret at once, including
//! retries of older events. Configure both the new and the old secret. Deliveries that arrive before you have
//! configured the new one are refused, and the portal sends them again 15 minutes later.

#[cfg(feature = "axum")]
pub mod axum;
pub mod data;
mod envelope;
mod error;
mod event;
mod headers;
mod inbox;
#[cfg(feature = "event-queue")]
pub(crate) mod queue;
#[cfg(feature = "schemars")]
pub(crate) mod schema;
mod signature;
mod signer;
mod verifier;

pub use error::{NotAnEvent, SecretError, VerifyError};
pub use event::{Event, EventData};
pub use inbox::{ClaimOutcome, EventLease, Inbox, MemoryInbox, RETENTION};
#[cfg(feature = "event-queue")]
pub use queue::{
    Accepted, EncryptedQueue, EventFilter, EventQueue, EventState, KEEP_BODIES, KnownState, KnownStateChange,
    MemoryEventQueue, NewEvent, Origin, QueueStats, ReceivedEvent, StoredEvent, TakenEvent, UnknownNameError, Worker,
    WorkerBuilder,
};
#[cfg(all(feature = "client", feature = "event-queue"))]
pub use queue::{ReconcileError, ReconcileProgress, Reconciler, ReconcilerBuilder};
#[cfg(feature = "schemars")]
pub use schema::schemas;
pub use signer::Signer;
pub use verifier::{Delivery, Verified, Verifier, VerifierBuilder};
