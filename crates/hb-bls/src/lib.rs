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
//! | `rustls-no-provider` | TLS for it by rustls, with the crypto provider that your program installs |
//! | `webhook` (default) | [`webhook`] and [`portal_v1`], which need no HTTP client, TLS or async runtime |
//! | `axum` | routers and an extractor for them, on axum 0.8 |
//! | `schemars` | JSON Schemas of the webhook events |
//! | `metrics` | metrics, through the crate [`metrics`](https://docs.rs/metrics) |
//! | `raw` | the generated bindings, as `raw` |
//!
//! # Observability
//!
//! Each call is a `tracing` span `hb_bls` at `info` that lasts as long as the call, with the names of
//! [OpenTelemetry's conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/) for HTTP clients:
//! `http.request.method`, `url.template`, `http.response.status_code`, `http.request.resend_count`, `error.type`; and
//! `operation`, the `operationId`, and `wait_ms`, how long it has waited for the rate limit. Events at `info` tell of
//! attempts that are repeated, of waits over five seconds, and of new tokens.
//!
//! With the feature `metrics` there are:
//!
//! | metric | labels | what |
//! |---|---|---|
//! | `hb_bls_calls_total` | `operation`, `outcome`: `ok` or the kind of error | calls that have ended |
//! | `hb_bls_call_duration_seconds` | `operation` | how long they took, with all attempts and waits |
//! | `hb_bls_retries_total` | `operation`, `error` | attempts that were repeated, by why |
//! | `hb_bls_rate_limit_wait_seconds` | | how long calls waited for the rate limit, each wait |
//! | `hb_bls_rate_limit_remaining` | | requests left of the quota, by the latest answer |
//! | `hb_bls_tokens_total` | `operation` | tokens that the portal has issued |
//!
//! Neither holds tokens or anything personal.
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
#[cfg(feature = "client")]
mod transport;
#[cfg(feature = "webhook")]
pub mod webhook;
#[cfg(any(feature = "client", feature = "webhook"))]
mod zone;

#[cfg(feature = "client")]
pub use book::BookRequest;
#[cfg(feature = "client")]
pub use client::{CallOptions, Client, ClientBuilder};
pub use clock::{Clock, SystemClock};
#[cfg(feature = "client")]
pub use credentials::Credentials;
#[cfg(feature = "client")]
pub use drift::{Drift, DriftKind};
#[cfg(feature = "client")]
pub use error::{Error, Rejection, Result};
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
#[cfg(feature = "client")]
pub use transport::{Transport, TransportError, TransportFuture};

/// The examples of the README compile.
#[cfg(all(doctest, feature = "client", feature = "webhook"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
