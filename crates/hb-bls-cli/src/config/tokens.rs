//! Tokens kept from one run to the next, so that each need not get its own.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use hb_bls::{
    Credentials, Secret,
    state::{AccountKey, AccountLease, LeaseKeeper, StateError, StateFuture, TokenSet, TokenStore},
};
use serde::{Deserialize, Serialize};

use super::{Folder, Keeping, Vault, private};
use crate::output::Output;

/// The tokens of one account with one key at one address. Kept where the key is kept; one process at a time renews
/// them.
#[derive(Debug, Clone)]
pub struct KeptTokens {
    vault: Vault,
    keeping: Keeping,
    account: AccountKey,
    /// How long to wait for another process's lock, and where to say that it took longer.
    patience: Duration,
    output: Option<Output>,
}

/// Tokens, and the fence of the lock under which they were got.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    fence: u64,
    #[serde(flatten)]
    tokens: TokenSet,
}

/// The name under which an account's tokens are kept. The beginning of its key is enough to distinguish accounts.
fn name(account: &AccountKey) -> String {
    format!("tokens.{}", &account.as_str()[..16])
}

impl KeptTokens {
    /// For these credentials. Other credentials have other tokens, so that a token is never used with a key that did not
    /// obtain it.
    pub fn new(folder: &Folder, keeping: Keeping, base_url: &str, client_id: &str, api_key: &Secret) -> Self {
        let account = AccountKey::new(base_url, &Credentials::new(client_id, api_key.clone()));
        Self { vault: Vault::new(folder), keeping, account, patience: private::PATIENCE, output: None }
    }

    /// For a command that is to end in time: half of it is left for what the token is needed for.
    #[must_use]
    pub fn within(self, timeout: Option<Duration>, output: Output) -> Self {
        let patience = timeout.map_or(self.patience, |timeout| self.patience.min(timeout / 2));
        Self { patience, output: Some(output), ..self }
    }

    pub fn exist(&self) -> bool {
        self.read(&self.account).is_ok_and(|tokens| tokens.is_some())
    }

    pub fn forget(&self) -> Result<()> {
        self.vault.delete(&name(&self.account), self.keeping)
    }

    fn read(&self, account: &AccountKey) -> Result<Option<Kept>> {
        let Some(text) = self.vault.get(&name(account), self.keeping)? else { return Ok(None) };
        // tokens that cannot be read are fetched anew
        Ok(serde_json::from_str(text.expose()).ok())
    }

    fn write(&self, account: &AccountKey, tokens: Option<&Kept>) -> Result<()> {
        let Some(tokens) = tokens else { return self.vault.delete(&name(account), self.keeping) };
        self.vault.set(&name(account), &serde_json::to_string(tokens)?.into(), self.keeping)
    }

    /// Runs work that may wait for a file or another process on a thread of its own, so that a call that is given up does
    /// not keep the command from ending.
    fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> StateFuture<'static, T> {
        let this = self.clone();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || sender.send(work(&this)));
        Box::pin(async move {
            let outcome = receiver.await.map_err(|_| StateError::new("the thread has failed"))?;
            outcome.map_err(StateError::new)
        })
    }
}

/// The same credentials, kept in the same place.
impl PartialEq for KeptTokens {
    fn eq(&self, other: &Self) -> bool {
        (&self.account, self.keeping) == (&other.account, other.keeping)
    }
}

impl TokenStore for KeptTokens {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        let account = account.clone();
        self.apart(move |this| Ok(this.read(&account)?.map(|kept| kept.tokens)))
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        let (account, tokens) = (account.clone(), tokens.cloned());
        self.apart(move |this| {
            if this.read(&account)?.is_some_and(|kept| kept.fence > fence) {
                return Ok(false);
            }
            this.write(&account, tokens.map(|tokens| Kept { fence, tokens }).as_ref()).map(|()| true)
        })
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        let account = account.clone();
        self.apart(move |this| {
            let locked = private::lock(&this.vault.lock_file(&name(&account)), this.patience);
            if let (Err(error), Some(output)) = (&locked, this.output)
                && error.kind() == io::ErrorKind::TimedOut
            {
                // two processes that renew at once cost one more request
                output.notice(&format!("{error}; going on without the lock"));
            }
            let mut file = locked?;
            let fence = grants(&mut file)?.saturating_add(1);
            file.rewind()?;
            file.write_all(&fence.to_be_bytes())?;
            // the system gives the lock of a process that ends to the next, so the lease does not lapse
            Ok(AccountLease::lasting(fence, None, Locked(Mutex::new(Some(file)))))
        })
    }
}

/// How often the lock was granted, which the lock file says.
fn grants(file: &mut File) -> io::Result<u64> {
    let mut number = [0; 8];
    match file.read_exact(&mut number) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        outcome => outcome.map(|()| u64::from_be_bytes(number)),
    }
}

/// A lock file that is locked until it is closed.
#[derive(Debug)]
struct Locked(Mutex<Option<File>>);

impl LeaseKeeper for Locked {
    fn renew(&self) -> StateFuture<'_, bool> {
        Box::pin(async { Ok(true) })
    }

    fn set_note<'a>(&'a self, _: Option<&'a str>) -> StateFuture<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    fn release(&self) -> StateFuture<'_, ()> {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        Box::pin(async { Ok(()) })
    }
}
