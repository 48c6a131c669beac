use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use hb_bls_gen::Secret;
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{Guard, StateFuture};

/// Where the tokens of an account are kept between processes.
///
/// The client asks the store only when it needs a token: with the store locked it reads what is there, and only
/// if that does not help it asks the portal, and saves. A store that fails is logged and done without.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// The tokens that were saved last.
    fn load(&self) -> StateFuture<'_, Option<TokenSet>>;
    /// Replaces them, or removes them.
    fn save<'a>(&'a self, tokens: Option<&'a TokenSet>) -> StateFuture<'a, ()>;
    /// Waits until nobody else has it locked. It has to be free again when the process ends.
    fn lock(&self) -> StateFuture<'_, Guard>;
}

/// An access token, what renews it, and when they lapse.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenSet {
    /// What requests are made with.
    pub access_token: Secret,
    /// What gets the next pair; it works once.
    pub refresh_token: Option<Secret>,
    /// When the access token lapses.
    pub access_expires_at: Timestamp,
    /// When the refresh token lapses.
    pub refresh_expires_at: Timestamp,
}

impl TokenSet {
    /// An access token without a refresh token.
    pub fn new(access_token: Secret, access_expires_at: Timestamp) -> Self {
        Self { access_token, refresh_token: None, access_expires_at, refresh_expires_at: access_expires_at }
    }

    /// Adds the refresh token.
    #[must_use]
    pub fn with_refresh(mut self, refresh_token: Secret, refresh_expires_at: Timestamp) -> Self {
        self.refresh_token = Some(refresh_token);
        self.refresh_expires_at = refresh_expires_at;
        self
    }
}

/// Keeps tokens in memory. Clones share them, so several clients of one account can.
#[derive(Debug, Clone, Default)]
pub struct MemoryTokenStore {
    tokens: Arc<RwLock<Option<TokenSet>>>,
    lock: Arc<Mutex<()>>,
}

impl TokenStore for MemoryTokenStore {
    fn load(&self) -> StateFuture<'_, Option<TokenSet>> {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move { Ok(tokens) })
    }

    fn save<'a>(&'a self, tokens: Option<&'a TokenSet>) -> StateFuture<'a, ()> {
        *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = tokens.cloned();
        Box::pin(async { Ok(()) })
    }

    fn lock(&self) -> StateFuture<'_, Guard> {
        let mutex = Arc::clone(&self.lock);
        Box::pin(async move { Ok(Box::new(mutex.lock_owned().await) as Guard) })
    }
}
