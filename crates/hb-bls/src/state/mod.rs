//! What several processes of one account may share: tokens, the right to book, and the quota.
//!
//! Each is a small trait with a default that keeps it in memory, for the clones of one client.

mod account;
mod account_lock;
mod memory_rate_limiter;
mod rate_limiter;
mod tokens;

use std::{fmt, pin::Pin, sync::Arc};

pub use account::AccountKey;
pub use account_lock::{AccountLock, MemoryAccountLock};
pub use memory_rate_limiter::MemoryRateLimiter;
pub use rate_limiter::{Acquire, Permit, RateLimitHeaders, RateLimiter};
pub use tokens::{MemoryTokenStore, TokenSet, TokenStore};

/// What the methods of shared state return.
pub type StateFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StateError>> + Send + 'a>>;

/// Keeps something locked until it is dropped.
pub type Guard = Box<dyn Send + Sync>;

/// Why shared state cannot be reached.
#[derive(Clone)]
pub struct StateError(Arc<dyn std::error::Error + Send + Sync>);

impl StateError {
    /// Wraps the cause, or a text. It may be logged, so it must hold no token.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into().into())
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
