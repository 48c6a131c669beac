//! The changes, with what users of `hb-bls` need to know about each.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use openapi_drift::{
    Change, Ignore, Level, Options,
    render::{Entry, Note, ReportView},
};
use serde::Serialize;
use serde_json::Value;

use super::{
    affected_types, facade,
    origin::{self, Origin},
    sources::{self, State},
};

/// A change and what it touches.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
    /// Whether the portal or an assumption of ours changed. Unknown where two documents were compared as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The facade's methods.
    pub facade: Vec<String>,
    /// The raw crate's types and request builders, with the field if it is about one.
    pub raw: Vec<String>,
}

/// What differs between two states of `spec/`, or between two documents.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// What the old state is called.
    pub old: String,
    /// What the new state is called.
    pub new: String,
    /// What changes for users, worst first.
    pub changes: Vec<Item>,
    /// What is published differently and changes nothing for users, since we had assumed it or say it otherwise.
    pub without_effect: Vec<Item>,
    /// Overlay actions that do not fit the new document, or did not fit the old one.
    pub unfit_assumptions: Vec<String>,
    /// Changes that the ignore file takes out.
    pub ignored: Vec<Item>,
    /// Entries of the ignore file that no change has any more.
    pub stale_ignores: Vec<Ignore>,
}

impl Report {
    /// The level of the worst change.
    pub fn worst(&self) -> Option<Level> {
        self.changes.iter().map(|item| item.change.level).min()
    }

    /// What is to be shown of it.
    pub fn view(&self) -> ReportView {
        let entries = |items: &[Item]| items.iter().map(Item::entry).collect::<Vec<_>>();
        let stale = self.stale_ignores.iter().map(|ignore| format!("{}: {}", ignore.fingerprint, ignore.reason));
        let unfit = ("overlay".to_owned(), Some(sources::OVERLAY.to_owned()));
        let mut view = ReportView::default();
        view.old.clone_from(&self.old);
        view.new.clone_from(&self.new);
        "cargo xtask drift".clone_into(&mut view.command);
        view.changes = entries(&self.changes);
        view.others = vec![
            ("published, and nothing changes for users".to_owned(), entries(&self.without_effect)),
            ("ignored".to_owned(), entries(&self.ignored)),
        ];
        view.notes = vec![
            Note::new("overlay actions that do not fit", unfit, self.unfit_assumptions.clone()),
            Note::new(
                "ignored, but no longer there: take it out of the ignore file",
                ("ignore file".to_owned(), None),
                stale.collect(),
            ),
        ];
        view
    }
}

impl Item {
    fn entry(&self) -> Entry {
        let file = self.origin.map(|origin| match origin {
            Origin::Published => sources::DOCUMENT.to_owned(),
            Origin::Assumed => sources::OVERLAY.to_owned(),
        });
        let touches = [("facade", &self.facade), ("raw", &self.raw)];
        let mut entry = Entry::from(self.change.clone());
        entry.origin = self.origin.map(|origin| origin.to_string());
        entry.file = file;
        entry.touches = touches.map(|(word, names)| (word.to_owned(), names.clone())).into();
        entry
    }
}

/// Compares two documents, without asking what is published and what is assumed.
pub fn documents(names: (&str, &str), old: &Value, new: &Value, options: &Options) -> Result<Report> {
    // what no operation leads to may be what events are made of
    let mut delivered = facade::events(old);
    delivered.append(&mut facade::events(new));
    let options = options.clone().delivered(delivered);
    let found = openapi_drift::compare(old, new, &options)
        .with_context(|| format!("cannot compare {} with {}", names.0, names.1))?;
    let touched = AffectedItems::new(old, new);
    let items = |changes: Vec<Change>| changes.into_iter().map(|change| touched.item(change, None)).collect();
    Ok(Report {
        old: names.0.to_owned(),
        new: names.1.to_owned(),
        changes: items(found.changes),
        ignored: items(found.ignored),
        stale_ignores: found.stale_ignores,
        ..Report::default()
    })
}

/// Compares two states: the effective documents, since users see those, and the published ones, to find out where
/// a change comes from.
pub fn states(old: &State, new: &State, options: &Options) -> Result<Report> {
    let mut report = documents((&old.name, &new.name), &old.effective, &new.effective, options)?;
    let mut delivered = facade::events(&old.published);
    delivered.append(&mut facade::events(&new.published));
    let options = options.clone().ignores(vec![]).delivered(delivered);
    let published = openapi_drift::compare(&old.published, &new.published, &options)
        .context("cannot compare what is published")?
        .changes;
    for item in report.changes.iter_mut().chain(&mut report.ignored) {
        item.origin = Some(origin::of(&item.change, &published));
    }
    let all: Vec<&Change> = report.changes.iter().chain(&report.ignored).map(|item| &item.change).collect();
    let silent = published.into_iter().filter(|change| !origin::shows(change, &all));
    let touched = AffectedItems::new(&old.published, &new.published);
    report.without_effect = silent.map(|change| touched.item(change, Some(Origin::Published))).collect();
    report.unfit_assumptions = new.unfit.clone();
    report.unfit_assumptions.extend(old.unfit.iter().filter(|note| !new.unfit.contains(note)).cloned());
    Ok(report)
}

/// Finds what changes touch.
struct AffectedItems<'a> {
    old: &'a Value,
    new: &'a Value,
    events: BTreeSet<String>,
}

impl<'a> AffectedItems<'a> {
    fn new(old: &'a Value, new: &'a Value) -> Self {
        let mut events = facade::events(old);
        events.append(&mut facade::events(new));
        Self { old, new, events }
    }

    fn item(&self, change: Change, origin: Option<Origin>) -> Item {
        let document = if change.new_pointer.is_some() { self.new } else { self.old };
        let raw = affected_types::raw(document, &change);
        let facade = facade::touched(&change, &self.events);
        Item { change, origin, facade, raw }
    }
}
