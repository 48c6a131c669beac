//! State that several processes can share: tokens, the lock of an account, the rate limit, and the log of bookings.
//!
//! Each is a small trait. By default a client keeps the state in memory and shares it with its clones.
//!
//! To share the state between processes, choose where it is kept, and pass the stores to
//! [`ClientBuilder::token_store`](crate::ClientBuilder::token_store), `account_lock`, `rate_limiter` and `booking_log`:
//!
//! | processes | state |
//! |---|---|
//! | on one machine | `FileState`, a folder, with the feature `file-state` |
//! | on several machines | the crate `hb-bls-postgres` or `hb-bls-redis` |
//! | with another database | `SharedState` on a `KeyValueStore` of your own, with the feature `shared-state` |

#[cfg(any(feature = "client", feature = "event-queue"))]
mod account_key;
#[cfg(feature = "client")]
mod account_lock;
#[cfg(feature = "client")]
mod booking_log;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
#[cfg(feature = "file-state")]
mod file;
#[cfg(feature = "client")]
mod fingerprint;
#[cfg(feature = "client")]
mod hex;
#[cfg(feature = "shared-state")]
mod key_value;
#[cfg(feature = "client")]
mod lease;
#[cfg(feature = "client")]
mod memory_rate_limiter;
#[cfg(feature = "client")]
mod quota;
#[cfg(feature = "client")]
mod rate_limiter;
#[cfg(feature = "shared-state")]
mod shared;
#[cfg(feature = "client")]
mod token_store;

use std::pin::Pin;

#[cfg(any(feature = "client", feature = "event-queue"))]
pub use account_key::AccountKey;
#[cfg(feature = "client")]
pub use account_lock::{AccountLock, MemoryAccountLock};
#[cfg(feature = "client")]
pub use booking_log::{BookingLog, BookingProgress, BookingRecord, LoggedBooking, MemoryBookingLog};
pub use error::StateError;
#[cfg(feature = "file-state")]
pub use file::{FileBookingLog, FileState, FileStore};
#[cfg(feature = "client")]
pub(crate) use fingerprint::{DigestKey, Fingerprint, normalized};
#[cfg(feature = "shared-state")]
pub use key_value::{KeyValueStore, Stored};
#[cfg(feature = "client")]
pub use lease::{AccountLease, LEASE, LeaseKeeper};
#[cfg(feature = "client")]
pub use memory_rate_limiter::MemoryRateLimiter;
#[cfg(feature = "client")]
pub use rate_limiter::{AcquireOutcome, PERMIT_LIFETIME, Permit, RateLimitHeaders, RateLimiter};
#[cfg(feature = "shared-state")]
pub use shared::{SharedAccountLock, SharedRateLimiter, SharedState, SharedTokenStore};
#[cfg(feature = "client")]
pub use token_store::{MemoryTokenStore, TokenSet, TokenStore};

/// The future that the methods of these traits return.
pub type StateFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StateError>> + Send + 'a>>;
