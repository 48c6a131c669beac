//! State of [`hb_bls`] that processes share in PostgreSQL: tokens, the locks of accounts, the rate limit, the log of
//! bookings, which webhook events were handled, and the queue of webhook events.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use hb_bls::{Client, Credentials};
//! use hb_bls_postgres::PostgresState;
//!
//! let state = PostgresState::connect("postgres://agency@localhost/agency")?;
//! state.migrate().await?;
//! let credentials = Credentials::new("client-id", "api-key");
//! let client = Client::builder()
//!     .token_store(state.token_store(&credentials))
//!     .account_lock(state.account_lock())
//!     .booking_log(state.booking_log())
//!     // processes with the same outgoing IP address share a window
//!     .rate_limiter(state.rate_limiter("london", 60))
//!     .credentials(credentials)
//!     .build()?;
//! let inbox = state.inbox(); // for hb_bls::webhook::axum::router
//! let queue = state.event_queue(); // for hb_bls::webhook::axum::queue_router, Worker and Reconciler
//! # Ok(())
//! # }
//! ```
//!
//! # The server
//!
//! PostgreSQL 11 or later; it is tested with 15. The connection must lead to the primary server. Each statement is a
//! transaction of its own, without prepared statements, advisory locks or other state of a session, so it works through a
//! pooler in transaction mode, such as PgBouncer. Time is the server's; the clocks of your machines do not matter.
//!
//! If the server stops responding, each operation fails after 10 seconds, including the wait for a connection, and
//! [`PostgresState::migrate`] after a minute. It is then unknown whether the operation was done. Its connection is
//! closed, also if you drop the operation before its response. Two things have no such limit: `done_in`, whose
//! transaction is yours (a [`Worker`](hb_bls::webhook::Worker) limits its handlers), and listening, besides which
//! workers poll.
//!
//! Tokens, locks and the rate limit are written with `synchronous_commit` off, since a crash of the server may lose the
//! latest without harm: tokens are fetched again, and fences grow nevertheless. Bookings and events are written as the
//! server is configured.
//!
//! # Webhook events
//!
//! [`PostgresInbox`] records which events were handled, for handlers that the portal may wait for. [`PostgresEventQueue`] stores
//! the events themselves, for workers, and its `done_in` makes the end of an event part of a transaction of yours.
//!
//! | table | contents | personal data | kept |
//! |---|---|---|---|
//! | `events` | events that were accepted | in `body`, which [`EncryptedQueue`](hb_bls::webhook::EncryptedQueue) encrypts, and in `why`, if errors of your handler contain any | 30 days after they were done or removed; dead events until somebody retries or removes them |
//! | `booking_notes` | what is known of each booking, and the account that it belongs to, once a reconciler has read it | none: ids, states and times | forever |
//! | `skipped_notes` | which bookings an account cannot see, and what was known of them | none: ids, states and times | forever |
//! | `inbox` | ids of events | none | 80 minutes |
//!
//! # Features
//!
//! | feature | default | contents |
//! |---|---|---|
//! | `shared-state` | yes | tokens, the locks of accounts, the rate limit, the log of bookings; brings the client of `hb-bls` |
//! | `webhook` | yes | [`PostgresInbox`]; on its own it needs no HTTP client |
//! | `event-queue` | yes | [`PostgresEventQueue`]; on its own it needs no HTTP client |
//! | `tokio-postgres` | yes | connections of `tokio-postgres`, pooled by `deadpool-postgres` |
//! | `sqlx` | no | connections of `sqlx` 0.9, which needs Rust 1.94 |
//!
//! # Types of other crates
//!
//! The public API contains types or traits of these crates. A new major version of one of them is therefore adopted
//! only in a new major version of this crate.
//!
//! | crate | version | used for |
//! |---|---|---|
//! | `deadpool-postgres` | 0.14.2 | [`PostgresState::new`], with feature `tokio-postgres` |
//! | `hb-bls` | 0.1.0 | the state that is shared |
//! | `sqlx` | 0.9 | [`PostgresState::from_sqlx`] and `PostgresEventQueue::done_in_sqlx`, with feature `sqlx` |
//! | `tokio-postgres` | 0.7.18 | `PostgresEventQueue::done_in`, with feature `tokio-postgres` |
#![cfg_attr(docsrs, feature(doc_cfg))]
// so that later versions may add fields and variants
#![deny(clippy::exhaustive_enums, clippy::exhaustive_structs)]

#[cfg(not(any(feature = "shared-state", feature = "webhook")))]
compile_error!("enable the feature `shared-state` or `webhook`, or both");
#[cfg(not(any(feature = "tokio-postgres", feature = "sqlx")))]
compile_error!("enable the feature `tokio-postgres` or `sqlx`, or both");

#[cfg(feature = "shared-state")]
mod booking_log;
mod driver;
#[cfg(feature = "event-queue")]
mod event_queue;
#[cfg(any(feature = "shared-state", feature = "event-queue"))]
mod hex;
#[cfg(feature = "webhook")]
mod inbox;
mod state;
#[cfg(feature = "shared-state")]
mod store;

#[cfg(feature = "shared-state")]
pub use booking_log::PostgresBookingLog;
#[cfg(feature = "event-queue")]
pub use event_queue::PostgresEventQueue;
#[cfg(feature = "webhook")]
pub use inbox::PostgresInbox;
pub use state::PostgresState;
#[cfg(feature = "shared-state")]
pub use store::PostgresStore;

/// The example of the README is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
