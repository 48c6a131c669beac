use serde::{Deserialize, Serialize};

use super::{Leases, Seal, SharedState, record};
use crate::state::{AccountKey, AccountLease, StateError, StateFuture, TokenSet, TokenStore};

/// Stores tokens, encrypted. From [`SharedState::token_store`].
#[derive(Debug, Clone)]
pub struct SharedTokenStore {
    state: SharedState,
    seal: Seal,
    leases: Leases,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    fence: u64,
    sealed: Option<Vec<u8>>,
}

impl SharedTokenStore {
    pub(super) fn new(state: SharedState, seal: Seal) -> Self {
        Self { leases: Leases::new(state.clone(), "renew"), state, seal }
    }

    fn seal(&self, account: &AccountKey, fence: u64, tokens: &TokenSet) -> Result<Vec<u8>, StateError> {
        let text = serde_json::to_vec(tokens).map_err(StateError::new)?;
        self.seal.seal(account, fence, &text).ok_or(StateError::of("the tokens cannot be encrypted"))
    }
}

fn key(account: &AccountKey) -> String {
    format!("tokens/{account}")
}

impl TokenStore for SharedTokenStore {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        Box::pin(async move {
            let saved: Saved = record::load(&*self.state.store, &key(account)).await?;
            let Some(sealed) = saved.sealed else { return Ok(None) };
            // without the key that they were encrypted with, they are of no use
            let text = self.seal.open(account, saved.fence, &sealed);
            Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
        })
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let sealed = tokens.map(|tokens| self.seal(account, fence, tokens)).transpose()?;
            let save = |saved: &mut Saved, _| {
                let in_time = fence >= saved.fence;
                if in_time {
                    *saved = Saved { fence, sealed: sealed.clone() };
                }
                Ok(in_time)
            };
            record::change(&*self.state.store, &key(account), save).await
        })
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        self.leases.acquire(account)
    }
}
