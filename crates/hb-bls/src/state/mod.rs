//! What several processes of one account may share: tokens, the right to book, and the quota.
//!
//! Each is a small trait with a default that keeps it in memory, for the clones of one client.

#[cfg(feature = "client")]
mod account;
#[cfg(feature = "client")]
mod account_lock;
mod error;
#[cfg(feature = "client")]
mod memory_rate_limiter;
#[cfg(feature = "client")]
mod rate_limiter;
#[cfg(feature = "client")]
mod tokens;

use std::pin::Pin;

#[cfg(feature = "client")]
pub use account::AccountKey;
#[cfg(feature = "client")]
pub use account_lock::{AccountLock, MemoryAccountLock};
pub use error::StateError;
#[cfg(feature = "client")]
pub use memory_rate_limiter::MemoryRateLimiter;
#[cfg(feature = "client")]
pub use rate_limiter::{Acquire, Permit, RateLimitHeaders, RateLimiter};
#[cfg(feature = "client")]
pub use tokens::{MemoryTokenStore, TokenSet, TokenStore};

/// What the methods of shared state return.
pub type StateFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StateError>> + Send + 'a>>;

/// Keeps something locked until it is dropped.
#[cfg(feature = "client")]
pub type Guard = Box<dyn Send + Sync>;
