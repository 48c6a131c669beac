//! The accounts that are known by name, in `config.toml`.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, value};

use super::{Folder, SecretBackend, private_file};
use crate::report::{Failure, Kind};

/// What is saved of an account. Its API key is kept in the [`Vault`](super::Vault).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub client_id: Option<String>,
    pub base_url: Option<String>,
    /// Where its API key is kept.
    pub kept_in: Option<SecretBackend>,
    /// What bookings have unless something else is said.
    #[serde(default)]
    pub defaults: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    lock: PathBuf,
}

impl Profiles {
    /// The file of a folder. It need not exist.
    pub fn new(folder: &Folder) -> Self {
        Self { path: folder.join("config.toml"), lock: folder.join("config.lock") }
    }

    pub fn get(&self, name: &str) -> Result<Option<Profile>> {
        Ok(self.all()?.remove(name))
    }

    pub fn all(&self) -> Result<BTreeMap<String, Profile>> {
        let Some(text) = private_file::read(&self.path).with_context(|| self.unreadable())? else {
            return Ok(BTreeMap::new());
        };
        let document: Document = toml_edit::de::from_str(&text).map_err(|error| {
            // the error's own text quotes the file, and somebody may have put a key there
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
            Failure::new(Kind::Usage, format!("{}: line {line}: {}", self.unreadable(), error.message()))
                .hint("mend the file, or remove it and run `hb-bls auth login`")
        })?;
        Ok(document.profiles)
    }

    /// Saves a profile, leaving the rest of the file as it is.
    pub fn set(&self, name: &str, profile: &Profile) -> Result<()> {
        self.edit(|profiles| {
            let mut table = Table::new();
            let fields = [
                ("client_id", profile.client_id.as_deref()),
                ("base_url", profile.base_url.as_deref()),
                ("kept_in", profile.kept_in.map(SecretBackend::name)),
            ];
            for (key, text) in fields.into_iter().filter_map(|(key, text)| Some((key, text?))) {
                table.insert(key, value(text));
            }
            if !profile.defaults.is_empty() {
                let defaults = profile.defaults.iter().map(|(key, text)| (key.as_str(), value(text.as_str())));
                table.insert("defaults", Item::Table(Table::from_iter(defaults)));
            }
            profiles.insert(name, Item::Table(table));
        })
    }

    pub fn remove(&self, name: &str) -> Result<()> {
        self.edit(|profiles| {
            profiles.remove(name);
        })
    }

    fn edit(&self, change: impl FnOnce(&mut Table)) -> Result<()> {
        let failed = || format!("cannot write {}", self.path.display());
        let _lock = private_file::lock(&self.lock, private_file::PATIENCE).with_context(failed)?;
        let text = private_file::read(&self.path).with_context(|| self.unreadable())?.unwrap_or_default();
        let mut document: DocumentMut = text.parse().map_err(|_| Failure::new(Kind::Usage, self.unreadable()))?;
        let profiles = document.entry("profiles").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        change(profiles.as_table_mut().with_context(|| self.unreadable())?);
        private_file::write(&self.path, &document.to_string()).with_context(failed)
    }

    fn unreadable(&self) -> String {
        format!("cannot read {}", self.path.display())
    }
}

/// Names are used in the names of files.
pub fn check_name(name: &str) -> Result<(), Failure> {
    let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    if (1..=64).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(Failure::new(Kind::Usage, "this is no name for a profile")
        .hint("use up to 64 letters, digits, `-` and `_` for --profile or HB_BLS_PROFILE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(folder: &tempfile::TempDir) -> Profiles {
        Profiles { path: folder.path().join("c/config.toml"), lock: folder.path().join("c/config.lock") }
    }

    #[test]
    fn a_profile_comes_back_and_what_others_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let profiles = profiles(&folder);
        assert_eq!(profiles.get("ada").unwrap(), None);
        let ada = Profile {
            client_id: Some("hb_1".into()),
            base_url: None,
            kept_in: Some(SecretBackend::File),
            ..Profile::default()
        };
        profiles.set("ada", &ada).unwrap();
        let text = std::fs::read_to_string(&profiles.path).unwrap();
        std::fs::write(&profiles.path, format!("# mine\n{text}")).unwrap();
        profiles.set("bea", &Profile::default()).unwrap();
        assert_eq!(profiles.get("ada").unwrap(), Some(ada));
        profiles.remove("bea").unwrap();
        assert_eq!(profiles.get("bea").unwrap(), None);
        assert!(profiles.get("ada").unwrap().is_some());
        assert!(std::fs::read_to_string(&profiles.path).unwrap().starts_with("# mine\n"));
    }

    #[test]
    fn a_wrong_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let profiles = profiles(&folder);
        profiles.set("ada", &Profile::default()).unwrap();
        for text in ["[profiles.ada]\nbase_ul = 'x'", "profiles = 7", "]"] {
            std::fs::write(&profiles.path, text).unwrap();
            let message = profiles.get("ada").unwrap_err().to_string();
            assert!(message.starts_with("cannot read ") && message.contains("config.toml"), "{message}");
        }
        assert!(profiles.set("ada", &Profile::default()).is_err());
        assert_eq!(std::fs::read_to_string(&profiles.path).unwrap(), "]");
    }

    #[test]
    fn names_stay_in_the_folder() {
        for name in ["default", "agency-2", "A_b"] {
            assert!(check_name(name).is_ok());
        }
        for name in ["", "../x", "a/b", "a b", ".", "é"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
