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
    vault.set("key", &"old".into(), Keeping::File).unwrap();
    assert_eq!(vault.keep("key", &"sesame".into()).unwrap(), Keeping::Keyring);
    assert!(!vault.file("key").exists());
    assert_eq!(vault.get("key", Keeping::Keyring).unwrap().unwrap().expose(), "sesame");
    vault.delete("key", Keeping::Keyring).unwrap();
    assert!(vault.get("key", Keeping::Keyring).unwrap().is_none());
}

#[test]
fn a_keyring_that_fails_or_forgets_gives_way_to_a_private_file() {
    for fake in [Fake { refuses: true, ..Fake::default() }, Fake { forgets: true, ..Fake::default() }] {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(&folder, fake);
        assert_eq!(vault.keep("key", &"sesame".into()).unwrap(), Keeping::File);
        assert_eq!(vault.get("key", Keeping::File).unwrap().unwrap().expose(), "sesame");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&vault.file("key")), 0o600);
            assert_eq!(mode(&vault.folder), 0o700);
        }
        vault.delete("key", Keeping::File).unwrap();
        assert!(vault.get("key", Keeping::File).unwrap().is_none());
    }
}

#[test]
fn without_a_keyring_the_error_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault { folder: folder.path().to_owned(), keyring: None };
    assert_eq!(vault.keep("key", &"sesame".into()).unwrap(), Keeping::File);
    let message = vault.get("key", Keeping::Keyring).unwrap_err().to_string();
    assert!(message.contains("HB_BLS_CONFIG_DIR"), "{message}");
}
