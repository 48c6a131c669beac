use serde::{Deserialize, Serialize};

use super::{Leases, SharedState, TokenCipher, record};
use crate::state::{AccountKey, AccountLease, StateError, StateFuture, TokenSet, TokenStore};

/// Stores tokens, encrypted. From [`SharedState::token_store`].
#[derive(Debug, Clone)]
pub struct SharedTokenStore {
    state: SharedState,
    cipher: TokenCipher,
    leases: Leases,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    fence: u64,
    // existing stores contain this name
    #[serde(rename = "sealed")]
    ciphertext: Option<Vec<u8>>,
}

impl SharedTokenStore {
    pub(super) fn new(state: SharedState, cipher: TokenCipher) -> Self {
        Self { leases: Leases::new(state.clone(), "renew"), state, cipher }
    }

    fn encrypt(&self, account: &AccountKey, fence: u64, tokens: &TokenSet) -> Result<Vec<u8>, StateError> {
        let text = serde_json::to_vec(tokens).map_err(StateError::new)?;
        self.cipher.encrypt(account, fence, &text).ok_or(StateError::of("the tokens cannot be encrypted"))
    }
}

fn key(account: &AccountKey) -> String {
    format!("tokens/{account}")
}

impl TokenStore for SharedTokenStore {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        Box::pin(async move {
            let saved: Saved = record::load(&*self.state.store, &key(account)).await?;
            let Some(ciphertext) = saved.ciphertext else { return Ok(None) };
            // without the key that they were encrypted with, they are of no use
            let text = self.cipher.decrypt(account, saved.fence, &ciphertext);
            Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
        })
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let ciphertext = tokens.map(|tokens| self.encrypt(account, fence, tokens)).transpose()?;
            let save = |saved: &mut Saved, _| {
                let in_time = fence >= saved.fence;
                if in_time {
                    *saved = Saved { fence, ciphertext: ciphertext.clone() };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_existing_stores_contain_are_read_and_written() {
        let stored = r#"{"fence":3,"sealed":[1,2,255]}"#;
        let saved: Saved = serde_json::from_str(stored).unwrap();
        assert_eq!((saved.fence, saved.ciphertext.as_deref()), (3, Some(&[1, 2, 255][..])));
        assert_eq!(serde_json::to_string(&saved).unwrap(), stored);
    }
}
