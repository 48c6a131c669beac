//! The source of the candidates: a file, or the standard input.

use std::{
    fmt, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use super::{account::Account, digest::digest};
use crate::{
    config::{Folder, make_folder},
    context::Context,
};

/// How the standard input is named on the command line.
const INPUT: &str = "-";

/// What was read, at once: the standard input is there only once.
pub struct Source {
    /// The file; nothing for the standard input.
    pub path: Option<PathBuf>,
    pub data: Vec<u8>,
}

impl Source {
    pub fn read(path: &Path) -> Result<Self> {
        if path == Path::new(INPUT) {
            let mut data = Vec::new();
            io::stdin().lock().read_to_end(&mut data).context("cannot read the standard input")?;
            return Ok(Self { path: None, data });
        }
        let data = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { path: Some(path.to_owned()), data })
    }

    /// Where progress is recorded unless a journal is named: beside the file. What comes by the standard input is known by its
    /// content.
    pub fn journal(&self, context: &Context) -> Result<PathBuf> {
        if let Some(path) = &self.path {
            let mut name = path.as_os_str().to_owned();
            name.push(".journal");
            return Ok(name.into());
        }
        let account = Account::of(context)?;
        let (base_url, client_id) = (account.base_url.trim_end_matches('/'), &account.hb_client_id);
        let name = digest([base_url.as_bytes(), client_id.as_bytes(), &self.data]);
        Ok(Folder::find()?.join("journals").join(format!("{name}.journal")))
    }

    /// Makes the folder of such a journal.
    pub fn make_room(&self, journal: &Path) -> Result<()> {
        let Some(folder) = journal.parent().filter(|_| self.path.is_none()) else { return Ok(()) };
        make_folder(folder).with_context(|| format!("cannot keep files in {}", folder.display()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => path.display().fmt(f),
            None => f.write_str("the standard input"),
        }
    }
}
