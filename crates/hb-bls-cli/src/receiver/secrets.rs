//! Signing secrets that the user gives.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use hb_bls::Secret;

#[derive(clap::Args)]
pub struct SecretArgs {
    /// A signing secret, for tests only, since the list of processes shows it; otherwise use --secret-file
    ///
    /// May be given several times, as the old and the new one while they change.
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    /// A file with signing secrets, each on a line of its own
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl SecretArgs {
    /// All of them, those of the command line first.
    pub fn read(&self) -> Result<Vec<Secret>> {
        let mut secrets: Vec<Secret> = self.secrets.iter().map(|text| Secret::from(text.as_str())).collect();
        if let Some(path) = &self.secret_file {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let before = secrets.len();
            secrets.extend(lines.map(Secret::from));
            ensure!(secrets.len() > before, "{} holds no signing secret: write one on each line", path.display());
        }
        Ok(secrets)
    }
}
