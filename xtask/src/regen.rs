//! Compares what would be generated with what is checked in, and saves it.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    effective::{self, Sources},
    generate::{self, DOCUMENT_MARK, File, MARK},
    replace::replace_all,
};

/// A difference between the output folder and what belongs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The file is not there yet.
    New(PathBuf),
    /// The file has other content; lines added and removed.
    Changed(PathBuf, usize, usize),
    /// Nothing generates the file any more.
    Stale(PathBuf),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New(path) => write!(f, "new      {}", path.display()),
            Self::Changed(path, added, removed) => write!(f, "changed  {} (+{added} -{removed} lines)", path.display()),
            Self::Stale(path) => write!(f, "stale    {}", path.display()),
        }
    }
}

/// The workspace's folder.
pub fn workspace_root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.parent().unwrap_or(manifest);
    // relative to the current folder, so that messages are short and the same everywhere
    match std::env::current_dir() {
        Ok(here) if here == root => PathBuf::new(),
        _ => root.to_owned(),
    }
}

/// Where the generated files are checked in.
pub fn default_output() -> PathBuf {
    workspace_root().join("crates/hb-bls-gen/src/generated")
}

/// Generates everything in memory.
pub fn generate(sources: &Sources) -> Result<Vec<File>> {
    generate::files(&effective::load(sources)?)
}

/// What differs between a folder and the files that belong there, sorted by path.
pub fn compare(dir: &Path, files: &[File]) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for file in files {
        let path = dir.join(file.name);
        match fs::read_to_string(&path) {
            Ok(text) if text == file.text => {}
            Ok(text) if !is_generated(&text) => bail!("{} is not generated; it would be overwritten", path.display()),
            Ok(text) => {
                let (added, removed) = line_difference(&text, &file.text);
                changes.push(Change::Changed(path, added, removed));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => changes.push(Change::New(path)),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
    changes.extend(stale(dir, files)?);
    changes.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(changes)
}

impl Change {
    fn path(&self) -> &Path {
        match self {
            Self::New(path) | Self::Changed(path, ..) | Self::Stale(path) => path,
        }
    }
}

/// Files that are marked as generated and that nothing generates any more.
fn stale(dir: &Path, files: &[File]) -> Result<Vec<Change>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot list {}", dir.display())),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", dir.display()))?.path();
        let belongs = files.iter().any(|file| path.file_name().is_some_and(|name| name == file.name));
        if !belongs && fs::read_to_string(&path).is_ok_and(|text| is_generated(&text)) {
            found.push(Change::Stale(path));
        }
    }
    Ok(found)
}

/// Whether a file is marked as generated.
fn is_generated(text: &str) -> bool {
    text.starts_with(MARK) || (text.starts_with('{') && text.contains(DOCUMENT_MARK))
}

/// Writes the files that differ and removes stale ones. Each is replaced as a whole, never half.
pub fn write(dir: &Path, files: &[File], changes: &[Change]) -> Result<()> {
    write_with(&[], dir, files, changes)
}

/// Does the same for other files as well.
pub fn write_with(others: &[(&Path, &str)], dir: &Path, files: &[File], changes: &[Change]) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let mut contents = others.to_vec();
    for change in changes.iter().filter(|change| !matches!(change, Change::Stale(_))) {
        let path = change.path();
        let file = files.iter().find(|file| path.file_name().is_some_and(|name| name == file.name));
        contents.extend(file.map(|file| (path, &*file.text)));
    }
    replace_all(&contents)?;
    for change in changes {
        if let Change::Stale(path) = change {
            fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// How many lines are in one text and not in the other, counted with repetition.
fn line_difference(old: &str, new: &str) -> (usize, usize) {
    let mut counts = std::collections::HashMap::<&str, isize>::new();
    new.lines().for_each(|line| *counts.entry(line).or_default() += 1);
    old.lines().for_each(|line| *counts.entry(line).or_default() -= 1);
    let sum = |sign: isize| counts.values().map(|count| (count * sign).max(0).unsigned_abs()).sum();
    (sum(1), sum(-1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_found_written_and_gone() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name, text: &str| File { name, text: format!("{MARK}\n{text}") };
        let files = [file("a.rs", "1\n2\n"), file("b.rs", "x\n")];
        fs::write(dir.path().join("a.rs"), file("a.rs", "1\n3\n3\n").text).unwrap();
        fs::write(dir.path().join("old.rs"), MARK).unwrap();
        let mine = format!("by hand, and about {MARK}");
        fs::write(dir.path().join("mine.rs"), &mine).unwrap();
        let changes = compare(dir.path(), &files).unwrap();
        let at = |name: &str| dir.path().join(name);
        assert_eq!(changes, [Change::Changed(at("a.rs"), 1, 2), Change::New(at("b.rs")), Change::Stale(at("old.rs"))]);
        write(dir.path(), &files, &changes).unwrap();
        assert_eq!(compare(dir.path(), &files).unwrap(), []);
        assert_eq!(fs::read_to_string(at("mine.rs")).unwrap(), mine);
        assert!(!at("old.rs").exists());
    }

    #[test]
    fn what_is_not_generated_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.rs"), "by hand").unwrap();
        let error = compare(dir.path(), &[File { name: "a.rs", text: MARK.to_owned() }]).unwrap_err();
        assert!(error.to_string().ends_with("a.rs is not generated; it would be overwritten"), "{error}");
    }
}
