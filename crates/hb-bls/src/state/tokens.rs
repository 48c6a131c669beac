use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{AccountKey, AccountLease, StateFuture, account_lock::Locks};
use hb_bls_gen::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where the tokens of accounts are kept between processes.
///
/// The client asks the store only when it needs a token: with the account locked it reads what is there, and only
/// if that does not help it asks the portal, and saves. A store that fails, or that takes longer than ten seconds, is
/// logged and done without. The contract, which `hb_bls::state::conformance` checks:
///
/// - One store may serve the clients of any number of accounts, and keeps them apart.
/// - What was saved last is what is loaded, whole.
/// - A lock is a lease with a fence, as that of [`AccountLock`](super::AccountLock), but not the same one: tokens are
///   needed while the account is booked for. It lapses after [`LEASE`](super::LEASE) if it is not renewed. Its note is
///   not used.
/// - A process that stood still must not replace the pair that somebody else has got since: nothing is saved under an
///   earlier fence than that of the last save. A store may go further, and refuse what is not under the last grant.
///
/// When tokens expire is told by the clock of whoever got them. Where another's clock differs, it renews them early or is
/// refused and renews them then, so nothing is decided by it.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// The tokens that were saved last for this account. What cannot be read is as good as gone.
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>>;

    /// Replaces them, or removes them, under the fence of the lock that they were obtained under. `false`, without
    /// effect, if that has come too late.
    ///
    /// Dropping the future may leave it undone or done, but never by half.
    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool>;

    /// Waits until nobody else has the account locked.
    ///
    /// Dropping the future leaves the queue. What was granted by then is given back, at the latest by lapsing.
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

/// Keeps tokens in memory, of any number of accounts. Clones share them. A lock does not lapse here, since none outlives
/// the process.
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
