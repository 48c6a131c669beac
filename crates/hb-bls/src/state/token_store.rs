use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{AccountKey, AccountLease, StateFuture, account_lock::Locks};
use hb_bls_gen::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Stores the tokens of accounts, so that processes can share them.
///
/// The client uses the store only when it needs a token. It locks the account and loads the stored tokens; if those cannot
/// be used, it requests new ones from the portal and saves them. If the store fails or takes longer than ten seconds, the
/// client logs that and continues without it. The contract, which `hb_bls::state::conformance` checks:
///
/// - One store may serve the clients of any number of accounts, and keeps them apart.
/// - `load` returns exactly what was saved last.
/// - A lock is a lease with a fence, like that of [`AccountLock`](super::AccountLock), but a separate one: tokens are also
///   needed while a booking has the account locked. It expires after [`LEASE`](super::LEASE) if it is not renewed. Its note
///   is not used.
/// - A process that was suspended must not overwrite newer tokens of another process: `save` refuses a fence that is lower
///   than that of the last save. A store may be stricter and refuse every fence but the latest.
///
/// The expiry of tokens is by the clock of the process that obtained them. A process whose clock differs renews them too
/// early, or is refused by the portal and renews them then. Either is harmless.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// Loads the tokens that were saved last for this account. Tokens that cannot be read count as absent.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails. The client then continues without it.
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>>;

    /// Replaces the tokens, or removes them. The fence is that of the lock under which they were obtained. Returns `false`
    /// and changes nothing if a later fence has saved already.
    ///
    /// If the future is dropped, the tokens are either saved completely or not at all.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails. The tokens may have been saved nevertheless.
    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool>;

    /// Waits until no other owner has the account locked, and locks it.
    ///
    /// Dropping the future leaves the queue. A lease that was granted by then is given back, at the latest when it expires.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails. A lease that it may have granted expires.
    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease>;
}

impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        (**self).load(account)
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        (**self).save(account, fence, tokens)
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        (**self).lock(account)
    }
}

/// An access token, the refresh token that renews it, and when both expire. Serialised with serde, the tokens are readable.
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

/// Keeps the tokens of any number of accounts in memory. Clones share them. A lock does not expire here, since it cannot
/// outlive the process.
#[derive(Debug, Clone, Default)]
pub struct MemoryTokenStore {
    saved: Arc<Mutex<HashMap<AccountKey, Saved>>>,
    locks: Locks,
}

#[derive(Debug, Default)]
struct Saved {
    fence: u64,
    tokens: Option<TokenSet>,
}

impl MemoryTokenStore {
    fn saved(&self) -> MutexGuard<'_, HashMap<AccountKey, Saved>> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryTokenStore {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        let tokens = self.saved().get(account).and_then(|saved| saved.tokens.clone());
        Box::pin(async move { Ok(tokens) })
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        let mut all = self.saved();
        let saved = all.entry(account.clone()).or_default();
        let in_time = fence >= saved.fence;
        if in_time {
            *saved = Saved { fence, tokens: tokens.cloned() };
        }
        Box::pin(async move { Ok(in_time) })
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        self.locks.acquire(account)
    }
}
