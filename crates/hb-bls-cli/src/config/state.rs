//! State that simultaneous runs of the command share: tokens, the lock of an account, and the rate limit.

use std::{io, path::Path};

use anyhow::{Context as _, Result};
use hb_bls::{
    Credentials,
    state::{AccountKey, FileState, SharedTokenStore, StateError, TokenStore as _},
};

use super::{Folder, SecretBackend, Vault, private_file};

/// The shared state, if files can be made and locked in its folder.
pub fn open(folder: &Folder) -> Result<FileState> {
    let folder = folder.join("state");
    check(&folder).with_context(|| format!("cannot keep files in {}", folder.display()))?;
    Ok(FileState::new(folder))
}

fn check(folder: &Path) -> io::Result<()> {
    private_file::make_folder(folder)?;
    // leaves nothing behind
    tempfile::tempfile_in(folder)?.try_lock()?;
    Ok(())
}

/// The saved tokens of one account that one API key has obtained.
#[derive(Debug)]
pub struct SavedTokens {
    store: SharedTokenStore,
    account: AccountKey,
}

impl SavedTokens {
    pub fn new(state: &FileState, base_url: &str, credentials: &Credentials) -> Self {
        Self { store: state.token_store(credentials), account: AccountKey::new(base_url, credentials) }
    }

    pub async fn exist(&self) -> bool {
        self.store.load(&self.account).await.is_ok_and(|tokens| tokens.is_some())
    }

    pub async fn forget(&self) -> Result<(), StateError> {
        if self.exist().await {
            let lease = self.store.lock(&self.account).await?;
            self.store.save(&self.account, lease.fence(), None).await?;
        }
        Ok(())
    }

    /// Removes the tokens that earlier versions kept beside the API key. Nothing reads them any more.
    pub fn forget_those_of_earlier_versions(&self, vault: &Vault) {
        let name = format!("tokens.{}", &self.account.as_str()[..16]);
        for keeping in [SecretBackend::File, SecretBackend::Keyring] {
            drop(vault.delete(&name, keeping));
        }
        drop(private_file::remove(&vault.file(&format!("{name}.lock"))));
    }
}
