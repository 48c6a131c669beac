//! State of [`hb_bls`] that processes share in Redis: tokens, the locks of accounts, the rate limit, the log of bookings, and
//! which webhook events were handled.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use hb_bls::{Client, Credentials};
//! use hb_bls_redis::RedisState;
//!
//! let state = RedisState::connect("redis://localhost/").await?;
//! state.check().await?;
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
//! # Ok(())
//! # }
//! ```
//!
//! # The server
//!
//! Redis 5 or later, or a server that is compatible with it; it is tested with Redis 7.0. Each operation is one script or command on the keys of one slot, so it
//! works with a cluster. Time is the server's; the clocks of your machines do not matter.
//!
//! - **Memory.** Redis must not evict the keys. Set `maxmemory-policy` to `noeviction`; without the inbox, one of the
//!   policies `volatile-*` will do, too. [`RedisState::check`] and [`RedisInbox::check`] verify it.
//! - **Persistence.** Without it, or after a failover, the last writes are lost. For tokens, locks and the rate limit this does
//!   no lasting harm: a token is fetched again, fences grow nevertheless, the portal counts requests itself and books no
//!   hold twice. For the inbox it means that an event may be handled twice, and for the log of bookings that a candidate may be
//!   booked twice: with it, set `appendonly yes` and `appendfsync always`.
//!
//! # Features
//!
//! | feature | default | contents |
//! |---|---|---|
//! | `shared-state` | yes | tokens, the locks of accounts, the rate limit, the log of bookings; brings the client of `hb-bls` |
//! | `webhook` | yes | [`RedisInbox`]; on its own it needs no HTTP client |
//!
//! For TLS, enable a TLS feature of `redis` in your program, and give [`RedisState::new`] a connection.
//!
//! # Types of other crates
//!
//! The public API contains types or traits of these crates. A new major version of one of them is therefore adopted
//! only in a new major version of this crate.
//!
//! | crate | version | used for |
//! |---|---|---|
//! | `hb-bls` | 0.1.0 | the state that is shared |
//! | `redis` | 1.8 | connections |
#![cfg_attr(docsrs, feature(doc_cfg))]
// so that later versions may add fields and variants
#![deny(clippy::exhaustive_enums, clippy::exhaustive_structs)]

#[cfg(not(any(feature = "shared-state", feature = "webhook")))]
compile_error!("enable the feature `shared-state` or `webhook`, or both");

#[cfg(feature = "shared-state")]
mod booking_log;
mod eviction;
#[cfg(feature = "webhook")]
mod inbox;
mod state;
#[cfg(feature = "shared-state")]
mod store;

#[cfg(feature = "shared-state")]
pub use booking_log::RedisBookingLog;
#[cfg(feature = "webhook")]
pub use inbox::RedisInbox;
pub use state::RedisState;
#[cfg(feature = "shared-state")]
pub use store::RedisStore;

/// The example of the README is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
