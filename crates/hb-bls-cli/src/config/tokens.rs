//! Tokens kept from one run to the next, so that each need not get its own.

use std::{io, time::Duration};

use anyhow::Result;
use hb_bls::{
    Secret,
    state::{Guard, StateError, StateFuture, TokenSet, TokenStore},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Folder, Keeping, Vault, private};
use crate::output::Output;

/// The tokens of one account with one key at one address. Kept where the key is kept; one process at a time renews
/// them.
#[derive(Debug, Clone)]
pub struct KeptTokens {
    vault: Vault,
    keeping: Keeping,
    name: String,
    /// How long another process may have the lock, and whom to tell of one that has it longer.
    patience: Duration,
    output: Option<Output>,
}

/// What is written.
#[derive(Serialize, Deserialize)]
struct Kept {
    access_token: Secret,
    access_expires_at: Timestamp,
    refresh_token: Option<Secret>,
    refresh_expires_at: Timestamp,
}

impl KeptTokens {
    /// For these credentials. Other credentials have other tokens, so none vouches for a key that it was not got with.
    pub fn new(folder: &Folder, keeping: Keeping, base_url: &str, client_id: &str, api_key: &Secret) -> Self {
        let mut hash = Sha256::new();
        for part in [base_url.trim_end_matches('/'), client_id, api_key.expose()] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let digits: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let name = format!("tokens.{digits}");
        Self { vault: Vault::new(folder), keeping, name, patience: private::PATIENCE, output: None }
    }

    /// For a command that is to end in time: half of it is left for what the token is needed for.
    #[must_use]
    pub fn within(self, timeout: Option<Duration>, output: Output) -> Self {
        let patience = timeout.map_or(self.patience, |timeout| self.patience.min(timeout / 2));
        Self { patience, output: Some(output), ..self }
    }

    /// Whether there are tokens.
    pub fn exist(&self) -> bool {
        self.read().is_ok_and(|tokens| tokens.is_some())
    }

    /// Forgets them.
    pub fn forget(&self) -> Result<()> {
        self.vault.delete(&self.name, self.keeping)
    }

    fn read(&self) -> Result<Option<TokenSet>> {
        let Some(text) = self.vault.get(&self.name, self.keeping)? else { return Ok(None) };
        // what cannot be read is as good as gone: there will be others
        let Ok(kept) = serde_json::from_str::<Kept>(text.expose()) else { return Ok(None) };
        let tokens = TokenSet::new(kept.access_token, kept.access_expires_at);
        Ok(Some(match kept.refresh_token {
            Some(refresh_token) => tokens.with_refresh(refresh_token, kept.refresh_expires_at),
            None => tokens,
        }))
    }

    fn write(&self, tokens: Option<&TokenSet>) -> Result<()> {
        let Some(tokens) = tokens else { return self.forget() };
        let kept = Kept {
            access_token: tokens.access_token.clone(),
            access_expires_at: tokens.access_expires_at,
            refresh_token: tokens.refresh_token.clone(),
            refresh_expires_at: tokens.refresh_expires_at,
        };
        self.vault.set(&self.name, &serde_json::to_string(&kept)?.into(), self.keeping)
    }

    /// Does what may wait, for a file or for another process, on a thread of its own: a call that is given up must not
    /// keep the command from ending.
    fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> StateFuture<'static, T> {
        let this = self.clone();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || sender.send(work(&this)));
        Box::pin(async move {
            let outcome = receiver.await.map_err(|_| StateError::new("the thread has failed"))?;
            outcome.map_err(|error| StateError::new(format!("{error:#}")))
        })
    }
}

/// The same credentials, kept in the same place.
impl PartialEq for KeptTokens {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.keeping) == (&other.name, other.keeping)
    }
}

impl TokenStore for KeptTokens {
    fn load(&self) -> StateFuture<'_, Option<TokenSet>> {
        self.apart(Self::read)
    }

    fn save<'a>(&'a self, tokens: Option<&'a TokenSet>) -> StateFuture<'a, ()> {
        let tokens = tokens.cloned();
        self.apart(move |this| this.write(tokens.as_ref()))
    }

    fn lock(&self) -> StateFuture<'_, Guard> {
        self.apart(|this| {
            let locked = private::lock(&this.vault.lock_file(&this.name), this.patience);
            if let (Err(error), Some(output)) = (&locked, this.output)
                && error.kind() == io::ErrorKind::TimedOut
            {
                // two at once cost a request more, and no more
                output.notice(&format!("{error}; going on without the lock"));
            }
            Ok(Box::new(locked?) as Guard)
        })
    }
}
