use std::io;

use serde::{Deserialize, Serialize};

use super::{FileState, Leases, Seal};
use crate::state::{AccountKey, AccountLease, StateFuture, TokenSet, TokenStore};

/// Tokens in a folder, sealed. From [`FileState::token_store`].
#[derive(Debug, Clone)]
pub struct FileTokenStore {
    state: FileState,
    seal: Seal,
    leases: Leases,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    fence: u64,
    sealed: Option<Vec<u8>>,
}

impl FileTokenStore {
    pub(super) fn new(state: FileState, seal: Seal) -> Self {
        Self { leases: Leases::new(state.clone(), "renew"), state, seal }
    }
}

impl TokenStore for FileTokenStore {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        Box::pin(async move {
            let saved: Saved = self.state.record("tokens", account.as_str()).load().await?;
            let Some(sealed) = saved.sealed else { return Ok(None) };
            // what was sealed with another key is as good as gone
            let text = self.seal.open(account, saved.fence, &sealed);
            Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
        })
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        let (account, tokens, seal) = (account.clone(), tokens.cloned(), self.seal.clone());
        let record = self.state.record("tokens", account.as_str());
        Box::pin(async move {
            let save = move |saved: &mut Saved| {
                if fence < saved.fence {
                    return Ok(false);
                }
                let seal = |tokens: TokenSet| {
                    let text = serde_json::to_vec(&tokens)?;
                    seal.seal(&account, fence, &text).ok_or_else(|| io::Error::other("the tokens cannot be sealed"))
                };
                *saved = Saved { fence, sealed: tokens.map(seal).transpose()? };
                Ok(true)
            };
            record.change(save).await
        })
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        self.leases.acquire(account)
    }
}
