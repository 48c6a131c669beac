//! Client for the Virtual BLS API of Healthier Business Group (beta). Staffing agencies use this API to book remote
//! Basic Life Support training for their candidates.
//!
//! Start with a [`Client`], which needs the client id and the API key of one account. Each area of the API is a method
//! of the client, such as [`Client::courses`] or [`Client::bookings`], and [`Client::book`] does all the steps of a
//! booking. The module [`webhook`] verifies the deliveries that the portal sends to you.
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
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | portal | the web service of Healthier Business Group that offers the API |
//! | hold | a timeslot that is reserved for an account for up to 30 minutes, until it is booked or released |
//! | kit | the training equipment that is posted to the candidate, who sends it back after the training |
//! | wallet | what an account has paid in advance: credits for one course, or a balance in pounds |
//! | window | one count of the rate limit, for all requests from one IP address |
//! | lease, fence | a lock that expires unless it is renewed, and a number that grows with each lease, so that a store can refuse the writes of an earlier owner |
//! | sister API | the portal's API for practical training, whose documentation supports some of our assumptions |
//!
//! # What you can rely on
//!
//! - **One token.** The client fetches an access token when it first needs one, renews it before it expires, and
//!   replaces it when the portal refuses it. Several processes can share it through a
//!   [`TokenStore`](state::TokenStore).
//! - **The rate limit.** By default, all clones of a client together send at most 60 requests per minute. Calls wait for
//!   their turn; see [`RateLimiter`](state::RateLimiter).
//! - **Timeouts.** By default, an attempt may take 30 seconds and a call five minutes; see [`ClientBuilder::timeout`].
//! - **Retries.** A failed request is sent again only where that cannot do anything twice; see [`RetryPolicy`].
//! - **Exactly one booking.** If a response is lost, the client finds out whether the booking was made. If it cannot,
//!   the call fails with [`ErrorKind::Ambiguous`]; after any other error of [`Client::book`] nothing was booked.
//! - **No secrets in logs.** No error, log event or `Debug` output shows a token, a secret, a body or a candidate's
//!   data.
//!
//! # The beta
//!
//! Much of the API is not published, and all of it may change. Every field that a response may lack is an [`Option`].
//! Enums such as [`BookingStatus`] keep values that they do not know, and unknown fields are ignored.
//!
//! # Requirements
//!
//! Async calls need a tokio runtime with timers and IO enabled. Programs without an async runtime can use [`blocking`]
//! instead. The client uses https, or plain http to a server on the same machine.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `client` (default) | [`Client`] |
//! | `rustls` (default), `native-tls` | TLS for the client |
//! | `rustls-no-provider` | TLS with rustls and the crypto provider that your program installs |
//! | `webhook` (default) | [`webhook`], which needs no HTTP client, TLS or async runtime |
//! | `event-queue` | `webhook::EventQueue`, a durable queue of events, with `Worker` and `Reconciler` |
//! | `portal_v1` | [`portal_v1`]: notifications of the older portal |
//! | `axum` | routers and an extractor for `webhook`, and a router for `portal_v1`, with axum 0.8 |
//! | `schemars` | JSON Schemas of the webhook events |
//! | `blocking` | [`blocking`]: the client for programs without an async runtime |
//! | `metrics` | metrics, through the crate [`metrics`](https://docs.rs/metrics) 0.24 |
//! | `testing` | [`testing`]: a value of every model, events and deliveries, to test your own code |
//! | `file-state` | `state::FileState`: tokens, the account lock and the rate limit, shared by the processes of one machine |
//! | `shared-state` | `state::SharedState`: the same, on a key-value store of your own |
//! | `conformance` | `state::conformance`: conformance tests for your own implementations of the `state` traits, `Inbox` and `EventQueue` |
//! | `sandbox` | `testing::client_builder`: a client of the local portal `hb-bls-sandbox` |
//! | `raw` | the generated bindings, as `raw` |
//!
//! # Observability
//!
//! Each call is a `tracing` span named `hb_bls`, at level `info`, which lasts as long as the call. Its fields follow
//! [OpenTelemetry's conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/) for HTTP clients:
//! `http.request.method`, `url.template`, `http.response.status_code`, `http.request.resend_count` and `error.type`.
//! Two more are `operation`, the `operationId`, and `wait_ms`, the time that the call has waited for the rate limit.
//!
//! Events at level `info` report retries, waits of more than five seconds, and new tokens. Events at level `debug` report
//! each response, and why there was none.
//!
//! The feature `metrics` adds these metrics:
//!
//! | metric | labels | what it measures |
//! |---|---|---|
//! | `hb_bls_calls_total` | `operation`, `outcome`: `ok` or the kind of error | calls that have ended |
//! | `hb_bls_call_duration_seconds` | `operation` | duration of calls, with all attempts and waits |
//! | `hb_bls_retries_total` | `operation`, `error`: the kind of error | retries |
//! | `hb_bls_rate_limit_wait_seconds` | | duration of each wait for the rate limit |
//! | `hb_bls_rate_limit_remaining` | | requests left in the quota, according to the latest response |
//! | `hb_bls_tokens_total` | `operation` | tokens that the portal has issued |
//! | `hb_bls_events_open` | | open events in the queue of a `Worker`, which measures it once a minute |
//! | `hb_bls_events_oldest_open_seconds` | | the age of the oldest of them, or 0 |
//! | `hb_bls_events_dead` | | dead events in that queue |
//!
//! Neither traces nor metrics contain tokens or personal data.
//!
//! # Types of other crates
//!
//! The public API contains types or traits of these crates. A new major version of one of them is therefore adopted
//! only in a new major version of this crate.
//!
//! | crate | version | used for |
//! |---|---|---|
//! | `axum` | 0.8 | the routers and the extractor, with feature `axum` |
//! | `bytes` | 1 | certificates |
//! | `futures` | 0.3 | lists, which are streams |
//! | `hb-bls-gen` | 0.1.0 | ids, enums, [`Money`] and [`Secret`], all re-exported; the whole crate as `raw` |
//! | `hb-bls-sandbox` | 0.1.0 | `testing::client_builder`, with feature `sandbox` |
//! | `http` | 1 | headers and status codes |
//! | `jiff` | 1 | dates and times; [`Date`] and [`Time`] are re-exported |
//! | `reqwest` | 0.13 | [`ClientBuilder::configure_http`], which configures the HTTP client, and [`Transport`] |
//! | `rust_decimal` | 1 | amounts; [`Decimal`] is re-exported |
//! | `schemars` | 1.2 | the JSON Schemas, with feature `schemars` |
//! | `serde` | 1 | storing models |
//! | `serde_json` | 1 | fields that [`portal_v1`] does not know |
//! | `tokio` | 1 | the writer of [`Bookings::write_certificate`] |
//! | `tower-service` | 0.3 | every tower service is a [`Transport`] |
//! | `uuid` | 1 | ids of events |
#![cfg_attr(docsrs, feature(doc_cfg))]
// so that later versions may add fields and variants
#![deny(clippy::exhaustive_enums, clippy::exhaustive_structs)]

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(feature = "client")]
mod book;
#[cfg(any(feature = "client", feature = "webhook"))]
mod error_chain;
/// Types that name a partly filled builder: they record which fields of a request have been set.
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
#[cfg(feature = "client")]
mod undocumented;
#[cfg(feature = "webhook")]
pub mod webhook;
#[cfg(any(feature = "client", feature = "webhook"))]
mod zone;

#[cfg(feature = "client")]
pub use book::{BookRequest, KeyedBooking, KeyedBookings};
#[cfg(feature = "client")]
pub use client::{CallOptions, Client, ClientBuilder, DEFAULT_BASE_URL};
pub use clock::{Clock, SystemClock};
#[cfg(feature = "client")]
pub use credentials::Credentials;
#[cfg(feature = "client")]
pub use error::{Error, ErrorKind, Rejection, Result};
#[cfg(feature = "client")]
pub use undocumented::{Undocumented, UndocumentedKind};
/// Compares responses with the document. It is meant for tools of this workspace, and changes like [`raw`].
#[cfg(feature = "raw")]
pub mod compare {
    pub use crate::undocumented::{
        compare::{Visitor, chain, visit},
        document,
    };
}

/// The generated bindings. They change whenever the API's document changes.
#[cfg(feature = "raw")]
pub use hb_bls_gen as raw;
pub use hb_bls_gen::{
    Attendance, BookedBy, BookingId, BookingStatus, CourseId, Date, Decimal, EquipmentStatus, Money, PayOption,
    PayStatus, Secret, TrainerId, TrainingStatus, TransactionId, TransactionType, WebhookEventType, WebhookId,
};
#[cfg(feature = "client")]
pub use hold::Hold;
/// A time of day. Throughout this API it is UK local time.
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

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "client", feature = "webhook"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
