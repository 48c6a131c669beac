//! Secrets by name: in the keyring, or in files of mode 0600.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use hb_bls::Secret;
use serde::{Deserialize, Serialize};

use super::{
    Folder,
    keyring::{Keyring, System},
    private_file,
};
use crate::report::{Failure, Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretBackend {
    Keyring,
    /// In a file of mode 0600.
    File,
}

impl SecretBackend {
    pub fn name(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }

    pub fn other(self) -> Self {
        match self {
            Self::Keyring => Self::File,
            Self::File => Self::Keyring,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Vault {
    folder: PathBuf,
    keyring: Option<Arc<dyn Keyring>>,
}

impl Vault {
    pub fn new(folder: &Folder) -> Self {
        let keyring = folder.keyring.then(|| Arc::new(System) as Arc<dyn Keyring>);
        Self { folder: folder.join("secrets"), keyring }
    }

    /// Keeps a secret in the keyring if that works, else in a file; returns which.
    pub fn keep(&self, name: &str, secret: &Secret) -> Result<SecretBackend> {
        let keyring = self.keyring.as_ref().is_some_and(|keyring| {
            // a keyring that takes a secret and does not give it back is worse than none
            keyring.set(name, secret).is_ok()
                && keyring.get(name).is_ok_and(|kept| kept.is_some_and(|kept| kept.expose() == secret.expose()))
        });
        let keeping = if keyring { SecretBackend::Keyring } else { SecretBackend::File };
        if keyring {
            private_file::remove(&self.file(name))
                .with_context(|| format!("cannot remove {}", self.file(name).display()))?;
        } else {
            self.set(name, secret, keeping)?;
        }
        Ok(keeping)
    }

    pub fn set(&self, name: &str, secret: &Secret, keeping: SecretBackend) -> Result<()> {
        match keeping {
            SecretBackend::Keyring => self.keyring()?.set(name, secret).map_err(|error| locked(&error).into()),
            SecretBackend::File => {
                let file = self.file(name);
                private_file::write(&file, secret.expose()).with_context(|| format!("cannot write {}", file.display()))
            }
        }
    }

    pub fn get(&self, name: &str, keeping: SecretBackend) -> Result<Option<Secret>> {
        match keeping {
            SecretBackend::Keyring => self.keyring()?.get(name).map_err(|error| locked(&error).into()),
            SecretBackend::File => {
                let file = self.file(name);
                let text = private_file::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
                Ok(text.map(Secret::from))
            }
        }
    }

    pub fn delete(&self, name: &str, keeping: SecretBackend) -> Result<()> {
        match keeping {
            SecretBackend::Keyring => self.keyring()?.delete(name).map_err(|error| locked(&error).into()),
            SecretBackend::File => {
                let file = self.file(name);
                private_file::remove(&file).with_context(|| format!("cannot remove {}", file.display())).map(drop)
            }
        }
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
mod tests {
    use std::{collections::BTreeMap, sync::Mutex};

    use super::super::keyring::KeyringError;
    use super::*;

    /// A keyring that takes secrets, or does not.
    #[derive(Debug, Default)]
    struct Fake {
        refuses: bool,
        forgets: bool,
        kept: Mutex<BTreeMap<String, String>>,
    }

    impl Keyring for Fake {
        fn get(&self, name: &str) -> Result<Option<Secret>, KeyringError> {
            Ok(self.kept.lock().unwrap().get(name).map(|text| text.as_str().into()))
        }

        fn set(&self, name: &str, secret: &Secret) -> Result<(), KeyringError> {
            if self.refuses {
                return Err(KeyringError::Slow);
            }
            if !self.forgets {
                self.kept.lock().unwrap().insert(name.to_owned(), secret.expose().to_owned());
            }
            Ok(())
        }

        fn delete(&self, name: &str) -> Result<(), KeyringError> {
            self.kept.lock().unwrap().remove(name);
            Ok(())
        }
    }

    fn vault(folder: &tempfile::TempDir, fake: Fake) -> Vault {
        Vault { folder: folder.path().join("secrets"), keyring: Some(Arc::new(fake)) }
    }

    #[test]
    fn the_keyring_is_used_if_it_works_and_no_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(&folder, Fake::default());
        vault.set("key", &"old".into(), SecretBackend::File).unwrap();
        assert_eq!(vault.keep("key", &"sesame".into()).unwrap(), SecretBackend::Keyring);
        assert!(!vault.file("key").exists());
        assert_eq!(vault.get("key", SecretBackend::Keyring).unwrap().unwrap().expose(), "sesame");
        vault.delete("key", SecretBackend::Keyring).unwrap();
        assert!(vault.get("key", SecretBackend::Keyring).unwrap().is_none());
    }

    #[test]
    fn a_keyring_that_fails_or_forgets_gives_way_to_a_private_file() {
        for fake in [Fake { refuses: true, ..Fake::default() }, Fake { forgets: true, ..Fake::default() }] {
            let folder = tempfile::tempdir().unwrap();
            let vault = vault(&folder, fake);
            assert_eq!(vault.keep("key", &"sesame".into()).unwrap(), SecretBackend::File);
            assert_eq!(vault.get("key", SecretBackend::File).unwrap().unwrap().expose(), "sesame");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
                assert_eq!(mode(&vault.file("key")), 0o600);
                assert_eq!(mode(&vault.folder), 0o700);
            }
            vault.delete("key", SecretBackend::File).unwrap();
            assert!(vault.get("key", SecretBackend::File).unwrap().is_none());
        }
    }

    #[test]
    fn without_a_keyring_the_error_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault { folder: folder.path().to_owned(), keyring: None };
        assert_eq!(vault.keep("key", &"sesame".into()).unwrap(), SecretBackend::File);
        let message = vault.get("key", SecretBackend::Keyring).unwrap_err().to_string();
        assert!(message.contains("HB_BLS_CONFIG_DIR"), "{message}");
    }
}
