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
//! | `webhook` (default) | [`webhook`], which needs no HTTP client, TLS or async runtime |
//! | `portal_v1` | [`portal_v1`], what the older portal sends |
//! | `axum` | routers and an extractor for both, on axum 0.8 |
//! | `schemars` | JSON Schemas of the webhook events |
//! | `blocking` | [`blocking`]: the client for programs without an async runtime |
//! | `metrics` | metrics, through the crate [`metrics`](https://docs.rs/metrics) 0.24 |
//! | `testing` | [`testing`]: values of every model, events and deliveries, to test your own code with |
//! | `sandbox` | a client of `hb-bls-sandbox`, as `testing::client` |
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
//!
//! # Types of other crates
//!
//! These crates have types or traits in the public API, so this crate follows their new major versions in new major versions
//! only:
//!
//! | crate | version | where |
//! |---|---|---|
//! | `axum` | 0.8 | the routers and the extractor, with feature `axum` |
//! | `bytes` | 1 | certificates |
//! | `futures` | 0.3 | lists are streams |
//! | `hb-bls-gen` | 0.1.0 | ids, sets of values, [`Money`] and [`Secret`], all of them re-exported; all of it as `raw` |
//! | `hb-bls-sandbox` | 0.1.0 | `testing::client`, with feature `sandbox` |
//! | `http` | 1 | headers and statuses |
//! | `jiff` | 1 | dates and times; [`Date`] and [`Time`] are re-exported |
//! | `reqwest` | 0.13 | [`ClientBuilder::http`], to set up the HTTP client |
//! | `rust_decimal` | 1 | amounts; [`Decimal`] is re-exported |
//! | `schemars` | 1.2 | the JSON Schemas, with feature `schemars` |
//! | `serde` | 1 | models can be stored |
//! | `serde_json` | 1 | what [`portal_v1`] does not know |
//! | `tokio` | 1 | [`Bookings::write_certificate`] takes a writer |
//! | `tower-service` | 0.3 | every tower service is a [`Transport`] |
//! | `uuid` | 1 | the ids of events |
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "client")]
mod book;
#[cfg(any(feature = "client", feature = "webhook"))]
mod causes;
/// Which fields the builders of requests have been given, as types: what is needed to name a builder half-way.
#[cfg(feature = "client")]
pub mod builder {
    pub use crate::model::{booking_details_builder, webhook_request_builder, webhook_update_builder};
}
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
#[cfg(feature = "portal_v1")]
pub mod portal_v1;
#[cfg(feature = "client")]
mod resources;
#[cfg(feature = "client")]
mod response;
#[cfg(any(feature = "client", feature = "webhook"))]
pub mod state;
#[cfg(all(feature = "testing", any(feature = "client", feature = "webhook")))]
pub mod testing;
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
pub use client::{CallOptions, Client, ClientBuilder, DEFAULT_BASE_URL};
pub use clock::{Clock, SystemClock};
#[cfg(feature = "client")]
pub use credentials::Credentials;
#[cfg(feature = "client")]
pub use drift::{Drift, DriftKind};
#[cfg(feature = "client")]
pub use error::{Error, ErrorKind, Rejection, Result};
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
    Balances, BookingDetails, BookingDetailsBuilder, Course, CourseCredits, HoldDetails, Timeslot, TokenInfo,
    Transaction, Webhook, WebhookCreated, WebhookRequest, WebhookRequestBuilder, WebhookUpdate, WebhookUpdateBuilder,
};
#[cfg(any(feature = "client", feature = "webhook"))]
pub use model::{Booking, Candidate, CourseSummary, Trainer, VirtualMeeting};
#[cfg(feature = "client")]
pub use pipeline::RetryPolicy;
#[cfg(feature = "client")]
pub use resources::{
    Account, BookingQuery, Bookings, CourseQuery, Courses, CreateError, Items, Page, Pages, Position, TimeslotQuery,
    Timeslots, TransactionQuery, WebhookQuery, Webhooks,
};
#[cfg(feature = "client")]
pub use response::Response;
#[cfg(feature = "client")]
pub use transport::{Transport, TransportError, TransportFuture};

/// The examples of the README compile.
#[cfg(all(doctest, feature = "client", feature = "webhook"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
