//! Client for the Virtual BLS API of Healthier Business Group (beta), on which staffing agencies book remote
//! Basic Life Support training for candidates.
//!
//! ```no_run
//! # async fn example() -> Result<(), hb_bls::Error> {
//! use hb_bls::{BookRequest, BookingDetails, Client, Credentials, PayOption};
//!
//! let client = Client::builder().credentials(Credentials::new("my-client-id", "my-api-key")).build()?;
//! let courses = client.courses().list().await?;
//! let [course, ..] = &courses[..] else { return Ok(()) };
//! let details = BookingDetails::builder()
//!     .first_name("Amara").last_name("Okafor").email("amara.okafor@example.com").phone("+447700900123")
//!     .address("12 Harbour Street").city("Leeds").postcode("LS1 4AP").job_role("Registered Nurse")
//!     .pay_option(PayOption::Credits)
//!     .agency_contact_name("Jo Field").agency_contact_email("jo.field@agency.example")
//!     .build();
//! let booking = client.book(&BookRequest::earliest(course.id, details)).await?;
//! # let _ = booking;
//! # Ok(())
//! # }
//! ```
//!
//! # The beta
//!
//! Much of the API is not published, and all of it may change. Whatever an answer may lack is an [`Option`];
//! sets of values such as [`BookingStatus`] keep values they do not know; new fields are ignored.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `client` (default) | [`Client`] |
//! | `rustls` (default), `native-tls` | TLS for it |
//! | `webhook` (default) | [`webhook`] and [`portal_v1`], which need no HTTP client, TLS or async runtime |
//! | `axum` | routers and an extractor for them, on axum 0.8 |
//! | `schemars` | JSON Schemas of the webhook events |
//! | `raw` | the generated bindings, as `raw` |
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
mod book;
#[cfg(feature = "client")]
mod client;
mod clock;
#[cfg(feature = "client")]
mod credentials;
#[cfg(feature = "client")]
mod drift;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod hold;
#[cfg(any(feature = "client", feature = "webhook"))]
mod model;
#[cfg(feature = "client")]
mod pipeline;
#[cfg(feature = "webhook")]
pub mod portal_v1;
#[cfg(feature = "client")]
mod resources;
#[cfg(feature = "client")]
mod response;
#[cfg(feature = "client")]
pub mod state;
#[cfg(any(feature = "client", feature = "webhook"))]
mod text;
#[cfg(feature = "webhook")]
pub mod webhook;
#[cfg(any(feature = "client", feature = "webhook"))]
mod zone;

#[cfg(feature = "client")]
pub use book::BookRequest;
#[cfg(feature = "client")]
pub use client::{CallOptions, Client, ClientBuilder, DEFAULT_BASE_URL};
pub use clock::{Clock, SystemClock};
#[cfg(feature = "client")]
pub use credentials::Credentials;
#[cfg(feature = "client")]
pub use drift::{Drift, DriftKind};
#[cfg(feature = "client")]
pub use error::{Error, Rejection, Result};
/// Answers beside the document. It is for tools of this workspace, and changes as [`raw`] does.
#[cfg(feature = "raw")]
pub mod compare {
    pub use crate::drift::{
        compare::{Visitor, chain, walk},
        document,
    };
}

/// The generated bindings. They change whenever the API's document does.
#[cfg(feature = "raw")]
pub use hb_bls_gen as raw;
pub use hb_bls_gen::{
    Attendance, BookedBy, BookingId, BookingStatus, CourseId, Date, Decimal, EquipmentStatus, Money, PayOption,
    PayStatus, Secret, TrainerId, TrainingStatus, TransactionId, TransactionType, WebhookEventType, WebhookId,
};
#[cfg(feature = "client")]
pub use hold::Hold;
/// A time of day, in the United Kingdom throughout this API.
pub use jiff::civil::Time;
#[cfg(feature = "client")]
pub use model::{
    Balances, BookingDetails, Course, CourseCredits, HoldDetails, Timeslot, TokenInfo, Transaction, Webhook,
    WebhookCreated, WebhookRequest, WebhookUpdate,
};
#[cfg(any(feature = "client", feature = "webhook"))]
pub use model::{Booking, Candidate, CourseSummary, Trainer, VirtualMeeting};
#[cfg(feature = "client")]
pub use pipeline::RetryPolicy;
#[cfg(feature = "client")]
pub use resources::{
    Account, BookingQuery, Bookings, Courses, Items, Page, Pages, Position, TimeslotQuery, Timeslots, TransactionQuery,
    Webhooks,
};
#[cfg(feature = "client")]
pub use response::Response;

/// The examples of the README compile.
#[cfg(all(doctest, feature = "client", feature = "webhook"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
