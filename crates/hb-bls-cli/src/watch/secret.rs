//! The secret that deliveries are signed with.

use anyhow::{Context as _, Result};
use hb_bls::{Secret, webhook::Signer};
use uuid::Uuid;

use crate::{
    config::{Folder, SecretBackend, Vault, private_file},
    environment::variable,
    report::{Failure, Kind},
};

const VARIABLE: &str = "HB_BLS_WEBHOOK_SECRET";

/// That of the environment, or else one of the account, which is made once and kept.
pub fn find(account: &str, folder: &Folder) -> Result<Secret> {
    if let Some(secret) = variable(VARIABLE).map(Secret::from) {
        Signer::new(secret.clone()).map_err(|error| Failure::new(Kind::Usage, format!("{VARIABLE}: {error}")))?;
        return Ok(secret);
    }
    let vault = Vault::new(folder);
    let name = format!("watch.{account}");
    let file = vault.file(&name);
    // or two that start at once would each sign with one of its own
    let _lock = private_file::lock(&file.with_extension("lock"), private_file::PATIENCE)
        .with_context(|| format!("cannot lock {}", file.display()))?;
    if let Some(secret) = vault.get(&name, SecretBackend::File)? {
        return Ok(secret);
    }
    let secret = Secret::from(format!("whsec_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()));
    vault.set(&name, &secret, SecretBackend::File)?;
    Ok(secret)
}
