//! The two states of `spec/`, from git and from the work tree.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;

use crate::{document, effective, lower, overlay};

/// Where the published document is.
pub const DOCUMENT: &str = "spec/bls.openapi.json";
/// Where the overlay is.
pub const OVERLAY: &str = "spec/bls.overlay.json";

/// What is published, and what that is with the overlay applied.
#[derive(Debug)]
pub struct State {
    /// What it is called.
    pub name: String,
    /// The document as it is published.
    pub published: Value,
    /// The effective document.
    pub effective: Value,
    /// Overlay actions that do not fit.
    pub unfit: Vec<String>,
}

/// The folder of the repository that the command runs in.
pub fn repository() -> Result<PathBuf> {
    let top = git(Path::new("."), &["rev-parse", "--show-toplevel"])
        .context("--base needs a git repository; without one, compare two files with --old and --new")?;
    Ok(PathBuf::from(String::from_utf8_lossy(&top).trim_end_matches(['\r', '\n'])))
}

/// What a commit says.
pub fn committed(root: &Path, reference: &str) -> Result<State> {
    let commit =
        git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")])
            .map_err(|_| {
                anyhow!("{reference:?} is no commit of this repository; in a shallow clone, fetch it first")
            })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let read = |path: &str| -> Result<Option<document::Document>> {
        let listed = git(root, &["ls-tree", "--name-only", &commit, "--", path])?;
        if listed.is_empty() {
            return Ok(None);
        }
        let bytes = git(root, &["show", &format!("{commit}:{path}")])?;
        Ok(Some(document::from_bytes(&PathBuf::from(format!("{reference}:{path}")), &bytes)?))
    };
    let published = read(DOCUMENT)?.with_context(|| format!("{reference} has no {DOCUMENT}"))?;
    state(reference, published, read(OVERLAY)?)
}

/// What the work tree says.
pub fn work_tree(root: &Path) -> Result<State> {
    let overlay = root.join(OVERLAY);
    let overlay = overlay.exists().then(|| document::read(&overlay)).transpose()?;
    state("work tree", document::read(&root.join(DOCUMENT))?, overlay)
}

/// A document with as much of an overlay as fits it.
pub fn state(name: &str, published: document::Document, overlay: Option<document::Document>) -> Result<State> {
    let path = published.path.display().to_string();
    let version = document::version(&published)?;
    let mut published = published.value;
    // in the same places as in the effective document, so that both have the same pointers
    lower::place_items(&mut published).with_context(|| path.clone())?;
    let mut value = match version {
        (3, 1) => {
            lower::to_3_0(published.clone()).with_context(|| format!("cannot bring {path} down to OpenAPI 3.0"))?
        }
        _ => published.clone(),
    };
    let mut unfit = Vec::new();
    if let Some(overlay) = overlay {
        let path = overlay.path.display().to_string();
        let actions = overlay::parse(overlay.value).with_context(|| path)?.actions;
        for (index, action) in actions.iter().enumerate() {
            // an overlay need not fit a document that has just been pulled, and then the report is needed most
            let mut tried = value.clone();
            match overlay::apply_action(&mut tried, action) {
                Ok(()) => value = tried,
                Err(reason) => {
                    unfit.push(format!("overlay action {} on {}: {reason}", index + 1, action.target));
                }
            }
        }
    }
    effective::drop_ref_siblings(&mut value);
    let unfit = unfit.into_iter().map(|note| format!("{name}: {note}")).collect();
    Ok(State { name: name.to_owned(), published, effective: value, unfit })
}

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().context("cannot run git")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.first().unwrap_or(&""), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}

/// Reads a document that is named on the command line.
pub fn file(path: &Path) -> Result<Value> {
    let read = document::read(path)?;
    document::version(&read)?;
    Ok(read.value)
}
