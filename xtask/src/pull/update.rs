//! Puts a pulled document in its place, and follows it with what depends on it. Everything is worked out before
//! anything is written.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::overlay_fit::{self, OverlayFit};
use crate::{
    document::{self, Document},
    effective::{self, Sources},
    generate::{self, File},
    overlay,
    regen::{self, Change},
    replace::replace_all,
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
    /// These differ.
    Done(Vec<Change>),
    /// They are as they were, because a person must fix the overlay first. Says why.
    Not(String),
}

/// What will be written, all of it worked out.
#[derive(Debug)]
pub struct Update {
    /// Whether the document's meaning is new. Otherwise its file stays as it is.
    pub changed: bool,
    /// How the overlay fits.
    pub fit: OverlayFit,
    /// The document as it will be.
    pub document: Document,
    /// The overlay as it will be.
    pub overlay: Document,
    texts: Vec<(PathBuf, String)>,
    generated: Vec<File>,
}

impl Update {
    /// Puts the document in its place, and takes needless actions out of the overlay.
    pub fn prepare(files: &Files, new: &Value) -> Result<Self> {
        let mut document = document::read(&files.document)?;
        let overlay_text =
            fs::read_to_string(&files.overlay).with_context(|| format!("cannot read {}", files.overlay.display()))?;
        let mut overlay = document::from_bytes(&files.overlay, overlay_text.as_bytes())?;
        let fit = overlay_fit::fit(&document.value, new, &overlay::parse(overlay.value.clone())?);
        let needless: Vec<usize> = fit.needless.iter().map(|entry| entry.index).collect();
        let pruned = overlay_fit::without(&overlay_text, &needless)
            .with_context(|| format!("cannot take actions out of {}", files.overlay.display()))?;

        let mut texts = Vec::new();
        let mut put = |document: &mut Document, text: String| -> Result<()> {
            *document = document::from_bytes(&document.path, text.as_bytes())?;
            texts.push((document.path.clone(), text));
            Ok(())
        };
        let changed = document.value != *new;
        if changed {
            put(&mut document, effective::to_json(new))?;
        }
        if !needless.is_empty() {
            put(&mut overlay, pruned)?;
        }
        Ok(Self { changed, fit, document, overlay, texts, generated: Vec::new() })
    }

    /// Generates, if the overlay fits.
    pub fn generate(&mut self, files: &Files) -> Regenerated {
        let generated = || -> Result<(Vec<File>, Vec<Change>)> {
            let generated = generate::files(&effective::join(self.document.clone(), Some(self.overlay.clone()))?)?;
            let changes = regen::compare(&files.generated, &generated)?;
            Ok((generated, changes))
        };
        match self.fit.broken.len() {
            0 => match generated() {
                Ok((generated, changes)) => {
                    self.generated = generated;
                    Regenerated::Done(changes)
                }
                Err(error) => Regenerated::Not(format!("{error:#}")),
            },
            count => Regenerated::Not(format!("{count} overlay action(s) no longer apply")),
        }
    }

    /// Writes what is new.
    pub fn write(&self, files: &Files, regenerated: &Regenerated) -> Result<()> {
        let texts: Vec<(&Path, &str)> = self.texts.iter().map(|(path, text)| (&**path, &**text)).collect();
        match regenerated {
            Regenerated::Done(changes) => regen::write_with(&texts, &files.generated, &self.generated, changes),
            Regenerated::Not(_) => replace_all(&texts),
        }
    }
}
