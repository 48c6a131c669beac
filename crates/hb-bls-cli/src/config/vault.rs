//! Secrets by name: in the keyring, or in files of mode 0600.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use hb_bls::Secret;
use serde::{Deserialize, Serialize};

use super::{
    Folder,
    keyring::{Keyring, System},
    private,
};
use crate::report::{Failure, Kind};

/// Where secrets are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keeping {
    /// In the system's keyring.
    Keyring,
    /// In a file of mode 0600.
    File,
}

impl Keeping {
    /// The word in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }

    /// The other place.
    pub fn other(self) -> Self {
        match self {
            Self::Keyring => Self::File,
            Self::File => Self::Keyring,
        }
    }
}

/// Keeps secrets.
#[derive(Debug, Clone)]
pub struct Vault {
    folder: PathBuf,
    keyring: Option<Arc<dyn Keyring>>,
}

impl Vault {
    /// The vault that belongs to a folder.
    pub fn new(folder: &Folder) -> Self {
        let keyring = folder.keyring.then(|| Arc::new(System) as Arc<dyn Keyring>);
        Self { folder: folder.join("secrets"), keyring }
    }

    /// Keeps a secret in the keyring if that works, else in a file; tells which.
    pub fn keep(&self, name: &str, secret: &Secret) -> Result<Keeping> {
        let keyring = self.keyring.as_ref().is_some_and(|keyring| {
            // a keyring that takes a secret and does not give it back is worse than none
            keyring.set(name, secret).is_ok()
                && keyring.get(name).is_ok_and(|kept| kept.is_some_and(|kept| kept.expose() == secret.expose()))
        });
        let keeping = if keyring { Keeping::Keyring } else { Keeping::File };
        if keyring {
            private::remove(&self.file(name))
                .with_context(|| format!("cannot remove {}", self.file(name).display()))?;
        } else {
            self.set(name, secret, keeping)?;
        }
        Ok(keeping)
    }

    /// Replaces a secret where it is kept.
    pub fn set(&self, name: &str, secret: &Secret, keeping: Keeping) -> Result<()> {
        match keeping {
            Keeping::Keyring => self.keyring()?.set(name, secret).map_err(|error| locked(&error).into()),
            Keeping::File => {
                let file = self.file(name);
                private::write(&file, secret.expose()).with_context(|| format!("cannot write {}", file.display()))
            }
        }
    }

    /// Reads a secret.
    pub fn get(&self, name: &str, keeping: Keeping) -> Result<Option<Secret>> {
        match keeping {
            Keeping::Keyring => self.keyring()?.get(name).map_err(|error| locked(&error).into()),
            Keeping::File => {
                let file = self.file(name);
                let text = private::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
                Ok(text.map(Secret::from))
            }
        }
    }

    /// Forgets a secret.
    pub fn delete(&self, name: &str, keeping: Keeping) -> Result<()> {
        match keeping {
            Keeping::Keyring => self.keyring()?.delete(name).map_err(|error| locked(&error).into()),
            Keeping::File => {
                let file = self.file(name);
                private::remove(&file).with_context(|| format!("cannot remove {}", file.display())).map(drop)
            }
        }
    }

    /// The file to lock while a secret of this name is changed.
    pub fn lock_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.lock"))
    }

    /// The file of a secret, if it is kept in one.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn keyring(&self) -> Result<&dyn Keyring> {
        self.keyring.as_deref().ok_or_else(|| {
            let message = "the profile keeps its secrets in the system's keyring, which HB_BLS_CONFIG_DIR rules out";
            Failure::new(Kind::Other, message).hint("run `hb-bls auth login` again").into()
        })
    }
}

fn locked(error: &super::keyring::KeyringError) -> Failure {
    Failure::new(Kind::Other, format!("cannot use the system's keyring: {error}"))
        .hint("unlock it, run `hb-bls auth login` again, or set HB_BLS_API_KEY")
}

#[cfg(test)]
mod tests;
