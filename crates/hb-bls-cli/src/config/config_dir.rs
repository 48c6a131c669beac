//! The configuration directory.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use etcetera::{AppStrategy as _, AppStrategyArgs, choose_app_strategy};

/// The folder named here holds everything, also what would go into the system's keyring.
const VARIABLE: &str = "HB_BLS_CONFIG_DIR";

#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    pub keyring: bool,
}

impl Folder {
    /// The platform's folder for configuration, unless HB_BLS_CONFIG_DIR names another.
    pub fn find() -> Result<Self> {
        if let Some(path) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            return Ok(Self { path: path.into(), keyring: false });
        }
        let names = AppStrategyArgs {
            top_level_domain: "uk.co".to_owned(),
            author: "hbcompliance".to_owned(),
            app_name: "hb-bls".to_owned(),
        };
        let strategy = choose_app_strategy(names)
            .with_context(|| format!("no home folder is known to keep the configuration in; set {VARIABLE}"))?;
        Ok(Self { path: strategy.config_dir(), keyring: true })
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }
}
