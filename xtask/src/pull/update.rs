//! Puts a pulled document in its place, and follows it with what depends on it.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::overlay_fit::{self, Fit};
use crate::{
    document,
    effective::{self, Sources},
    overlay,
    regen::{self, Change},
};

/// The files that a pull is about.
#[derive(Debug, Clone)]
pub struct Files {
    /// The vendored document.
    pub document: PathBuf,
    /// The overlay.
    pub overlay: PathBuf,
    /// The folder of generated files.
    pub generated: PathBuf,
}

impl Files {
    /// Those of a workspace.
    pub fn of(root: &Path) -> Self {
        Self {
            document: root.join("spec/bls.openapi.json"),
            overlay: root.join("spec/bls.overlay.json"),
            generated: root.join("crates/hb-bls-gen/src/generated"),
        }
    }

    /// Document and overlay.
    pub fn sources(&self) -> Sources {
        Sources { document: self.document.clone(), overlay: Some(self.overlay.clone()) }
    }
}

/// What became of the generated files.
#[derive(Debug)]
pub enum Regenerated {
    /// These differed, and are written.
    Done(Vec<Change>),
    /// They are as they were, because a person must mend the overlay first. Says why.
    Not(String),
}

/// What an update did.
#[derive(Debug)]
pub struct Updated {
    /// Whether the document's meaning is new. Otherwise its file is as it was.
    pub changed: bool,
    /// How the overlay fits.
    pub fit: Fit,
    /// What became of the generated files.
    pub regenerated: Regenerated,
}

/// Writes the document, takes needless actions out of the overlay, and generates if the rest of it fits.
pub fn update(files: &Files, new: &Value) -> Result<Updated> {
    let old = document::read(&files.document)?.value;
    let overlay_text =
        fs::read_to_string(&files.overlay).with_context(|| format!("cannot read {}", files.overlay.display()))?;
    let overlay = overlay::parse(document::read(&files.overlay)?.value)?;
    let fit = overlay_fit::fit(&old, new, &overlay);
    let needless: Vec<usize> = fit.needless.iter().map(|misfit| misfit.index).collect();
    let pruned = overlay_fit::without(&overlay_text, &needless)
        .with_context(|| format!("cannot take actions out of {}", files.overlay.display()))?;

    let changed = old != *new;
    if changed {
        replace(&files.document, &effective::to_json(new))?;
    }
    if !needless.is_empty() {
        replace(&files.overlay, &pruned)?;
    }
    let regenerated = match fit.broken.len() {
        0 => match generate(files) {
            Ok(changes) => Regenerated::Done(changes),
            Err(error) => Regenerated::Not(format!("{error:#}")),
        },
        count => Regenerated::Not(format!("{count} overlay action(s) no longer apply")),
    };
    Ok(Updated { changed, fit, regenerated })
}

fn generate(files: &Files) -> Result<Vec<Change>> {
    let generated = regen::generate(&files.sources())?;
    let changes = regen::compare(&files.generated, &generated)?;
    regen::write(&files.generated, &generated, &changes)?;
    Ok(changes)
}

/// Replaces a file as a whole: whatever happens, there is the old content or the new.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    let unfinished = path.with_extension("unfinished");
    let write = || {
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
