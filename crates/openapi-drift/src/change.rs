//! A change that a comparison finds.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{level::Level, rules::Rule, settings::Ignore};

/// Which way the data goes that a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Direction {
    /// What the client sends. Also what it replies to a webhook.
    Request,
    /// What the client reads: responses, and what webhooks deliver.
    Response,
    /// The call as a whole, or the document.
    Both,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Both => "both",
        })
    }
}

/// An operation that a change touches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct Operation {
    /// The `operationId`: the new one if it changed.
    pub id: Option<String>,
    /// The HTTP method, in upper case.
    pub method: String,
    /// The path template: the new one if it changed. For a webhook, its name and where it is sent.
    pub path: String,
    /// The webhook's or callback's name, if it is one that the client receives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, method, path, webhook } = self;
        match (id, webhook) {
            (Some(id), Some(webhook)) => write!(f, "webhook {webhook} of {id} ({method} {path})"),
            (None, Some(webhook)) => write!(f, "webhook {webhook} ({method} {path})"),
            (Some(id), None) => write!(f, "{id} ({method} {path})"),
            (None, None) => write!(f, "{method} {path}"),
        }
    }
}

/// One difference of meaning.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// What kind of change it is.
    pub rule: Rule,
    /// The rule's level, or the one that [`Options`](crate::Options) gives it.
    pub level: Level,
    /// Which way the data goes.
    pub direction: Direction,
    /// The operations it touches, sorted. None if it touches the document, or a schema that no operation refers to.
    pub operations: Vec<Operation>,
    /// JSON pointer into the new document, or into the old one if the place is gone.
    pub pointer: String,
    /// JSON pointer into the old document, unless the place is new.
    pub old_pointer: Option<String>,
    /// JSON pointer into the new document, unless the place is gone.
    pub new_pointer: Option<String>,
    /// What was there.
    pub old: Option<Value>,
    /// What is there.
    pub new: Option<Value>,
    /// One sentence for a person. It may quote the documents: escape it for where it is shown.
    pub sentence: String,
    /// Identifies the change in later runs, even if its place in a list moves: 16 hex digits.
    pub fingerprint: String,
}

impl Change {
    /// Makes a change of this rule at a place that both documents have, with the rule's own level, for tests of what shows
    /// changes. Set the other fields afterwards.
    #[must_use]
    pub fn new(rule: Rule, pointer: impl Into<String>) -> Self {
        let pointer = pointer.into();
        Self {
            rule,
            level: rule.level(),
            direction: Direction::Both,
            operations: Vec::new(),
            old_pointer: Some(pointer.clone()),
            new_pointer: Some(pointer.clone()),
            pointer,
            old: None,
            new: None,
            sentence: String::new(),
            fingerprint: String::new(),
        }
    }
}

/// Everything a comparison found.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The changes, worst first, then by pointer.
    pub changes: Vec<Change>,
    /// The changes that the ignore list took out.
    pub ignored: Vec<Change>,
    /// Entries of the ignore list that no change has any more.
    pub stale_ignores: Vec<Ignore>,
}

impl Report {
    /// The changes of a level.
    pub fn of_level(&self, level: Level) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.level == level)
    }

    /// The level of the worst change.
    pub fn worst(&self) -> Option<Level> {
        self.changes.iter().map(|change| change.level).min()
    }

    /// Whether nothing changed but what is ignored.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
