use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use super::{AccountKey, Guard, StateFuture, account_lock::Locks};
use hb_bls_gen::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where the tokens of accounts are kept between processes.
///
/// The client asks the store only when it needs a token: with the account locked it reads what is there, and only
/// if that does not help it asks the portal, and saves. A store that fails, or that takes longer than ten seconds, is
/// logged and done without. One store may serve the clients of any number of accounts, and must keep them apart.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// The tokens that were saved last for this account.
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>>;
    /// Replaces them, or removes them.
    fn save<'a>(&'a self, account: &'a AccountKey, tokens: Option<&'a TokenSet>) -> StateFuture<'a, ()>;
    /// Waits until nobody else has the account locked. It has to be free again when the process ends.
    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Guard>;
}

impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        (**self).load(account)
    }

    fn save<'a>(&'a self, account: &'a AccountKey, tokens: Option<&'a TokenSet>) -> StateFuture<'a, ()> {
        (**self).save(account, tokens)
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Guard> {
        (**self).lock(account)
    }
}

/// An access token, the refresh token that renews it, and when they expire. Stored by serde, the tokens are readable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenSet {
    /// The access token, with which requests are made.
    pub access_token: Secret,
    /// The refresh token, which obtains the next pair and works once.
    pub refresh_token: Option<Secret>,
    /// When the access token expires.
    pub access_expires_at: Timestamp,
    /// When the refresh token expires.
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

/// Keeps tokens in memory, of any number of accounts. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryTokenStore {
    tokens: Arc<RwLock<HashMap<AccountKey, TokenSet>>>,
    locks: Locks,
}

impl TokenStore for MemoryTokenStore {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner).get(account).cloned();
        Box::pin(async move { Ok(tokens) })
    }

    fn save<'a>(&'a self, account: &'a AccountKey, tokens: Option<&'a TokenSet>) -> StateFuture<'a, ()> {
        let mut all = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        match tokens {
            Some(tokens) => drop(all.insert(account.clone(), tokens.clone())),
            None => drop(all.remove(account)),
        }
        Box::pin(async { Ok(()) })
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Guard> {
        self.locks.lock(account)
    }
}
