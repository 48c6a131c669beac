//! The next version of `hb-bls-gen` after a change of the document.
//!
//! What users compile against decides: code is generated from both states, and the public items are compared as a
//! compiler would. Where these stay, it counts what calls and responses do.

use std::{collections::BTreeMap, fmt, fs, path::Path};

use anyhow::{Context as _, Result};
use openapi_drift::Level;

use super::{report::Report, sources::State};
use crate::{effective::Effective, generate, public_items::public_items, regen};

/// Longer lists are cut.
const MOST: usize = 40;

/// How far a version must move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Nothing that is generated changes.
    None,
    /// What is generated changes, and nobody can tell by using it.
    Patch,
    /// There is more, or something is done otherwise.
    Minor,
    /// Code that compiled may no longer compile.
    Major,
}

/// A step, and what asks for it.
#[derive(Debug)]
pub struct Bump {
    /// How far the version must move.
    pub step: Step,
    /// What asks for it: the worst only.
    pub reasons: Vec<String>,
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Step::None => writeln!(f, "none: nothing that is generated changes")?,
            Step::Patch => writeln!(f, "patch: what is generated changes, and nothing that users call or read")?,
            Step::Minor => writeln!(f, "minor: code that compiles goes on compiling")?,
            Step::Major => {
                writeln!(f, "major (while the version is 0.x: minor): code that compiles may no longer do so")?
            }
        }
        self.reasons.iter().take(MOST).try_for_each(|reason| writeln!(f, "  {reason}"))?;
        match self.reasons.len().checked_sub(MOST) {
            Some(more @ 1..) => writeln!(f, "  and {more} more"),
            _ => Ok(()),
        }
    }
}

/// The step that leads from one state to the other.
pub fn of(old: &State, new: &State, report: &Report) -> Result<Bump> {
    let (was, is) = (generated(old)?, generated(new)?);
    let mut found = compared(&was.items, &is.items);
    if was.files != is.files {
        found.push((Step::Patch, "generated files differ".to_owned()));
        for item in report.changes.iter().filter(|item| item.change.level <= Level::Risky) {
            found.push((Step::Minor, format!("{}: {}", item.change.rule, item.change.sentence)));
        }
    }
    let step = found.iter().map(|(step, _)| *step).max().unwrap_or(Step::None);
    let reasons = found.into_iter().filter(|(own, _)| *own == step).map(|(_, reason)| reason).collect();
    Ok(Bump { step, reasons })
}

struct Generated {
    files: BTreeMap<&'static str, String>,
    items: BTreeMap<String, String>,
}

/// The public items of the raw crate as a state makes it.
fn generated(state: &State) -> Result<Generated> {
    let mut value = state.effective.clone();
    value["openapi"] = "3.0.3".into();
    let effective = Effective { value, inputs: Vec::new() };
    let files = generate::files(&effective).with_context(|| format!("cannot generate code of {}", state.name))?;
    let crate_src = regen::workspace_root().join("crates/hb-bls-gen/src");
    let copy = tempfile::tempdir().context("cannot make a temporary folder")?;
    copied(&crate_src, copy.path())?;
    for file in &files {
        let path = copy.path().join("generated").join(file.name);
        fs::write(&path, &file.text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let items = public_items(copy.path())?;
    Ok(Generated { files: files.into_iter().map(|file| (file.name, file.text)).collect(), items })
}

fn copied(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copied(&entry.path(), &target)?,
            false => _ = fs::copy(entry.path(), target)?,
        }
    }
    Ok(())
}

/// An item's own lines below its head, by module and head.
type Items<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a str>>;

fn items(modules: &BTreeMap<String, String>) -> Items<'_> {
    let mut found = Items::new();
    for (module, text) in modules {
        let mut head = "";
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix("    ") {
                Some(below) => found.entry((module, head)).or_default().push(below),
                None => {
                    head = line;
                    found.entry((module, head)).or_default();
                }
            }
        }
    }
    found
}

fn compared(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<(Step, String)> {
    let (old, new) = (items(old), items(new));
    let mut found = Vec::new();
    for (key @ (module, head), before) in &old {
        let Some(after) = new.get(key) else {
            found.push((Step::Major, format!("gone: {head} (in {module})")));
            continue;
        };
        let gone = before.iter().filter(|line| !after.contains(line));
        found.extend(gone.map(|line| (Step::Major, format!("gone: {line} (of {head})"))));
        for line in after.iter().filter(|line| !before.contains(line)) {
            // one more field or variant, where all may be listed
            let is_open =
                head.contains("(non-exhaustive)") || !(head.starts_with("struct ") || head.starts_with("enum "));
            let is_extra =
                ["fn ", "impl ", "derive"].iter().any(|start| line.starts_with(start)) || line.contains("fn ");
            let step = if is_open || is_extra { Step::Minor } else { Step::Major };
            found.push((step, format!("new: {line} (of {head})")));
        }
    }
    for (module, head) in new.keys().filter(|key| !old.contains_key(*key)) {
        found.push((Step::Minor, format!("new: {head} (in {module})")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(old: &str, new: &str) -> Step {
        let modules = |text: &str| BTreeMap::from([("types".to_owned(), text.to_owned())]);
        compared(&modules(old), &modules(new)).into_iter().map(|(step, _)| step).max().unwrap_or(Step::None)
    }

    #[test]
    fn what_may_no_longer_compile_is_major() {
        let booking = "struct Booking\n    id: i64\n    impl Clone\n";
        assert_eq!(step(booking, booking), Step::None);
        assert_eq!(step(booking, "struct Booking\n    id: String\n    impl Clone\n"), Step::Major);
        assert_eq!(step(booking, "struct Booking\n    id: i64\n    seat: i64\n    impl Clone\n"), Step::Major);
        assert_eq!(step(booking, ""), Step::Major);
        let open = "enum State (non-exhaustive)\n    Sent\n";
        assert_eq!(step(open, "enum State (non-exhaustive)\n    Lost\n    Sent\n"), Step::Minor);
        assert_eq!(step(booking, "struct Booking\n    id: i64\n    impl Clone\n    impl Copy\n"), Step::Minor);
        assert_eq!(step(booking, &format!("{booking}struct Seat\n")), Step::Minor);
    }
}
