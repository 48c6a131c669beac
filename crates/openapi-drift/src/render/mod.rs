//! Reports as people and other programs read them: for a terminal, as Markdown, as JUnit XML, as annotations of a
//! GitHub workflow, as a page of HTML, and as an entry of a page of changes.
//!
//! Documents come from outside: what is quoted of them is escaped wherever it is shown.

mod changelog;
mod github;
mod html;
mod junit;
mod markdown;
mod text;

pub use changelog::{added as changelog, entry as changelog_entry};
pub use github::write as github;
pub use html::write as html;
pub use junit::write as junit;
pub use markdown::{code, write as markdown};
pub use text::write as text;

use serde_json::Value;

use crate::{
    Change, Level, Report,
    number::{holds_wide, wide},
};

/// A change, and what else is known of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// What changed.
    pub change: Change,
    /// Who says it, if that is known.
    pub origin: Option<String>,
    /// The file that it is about, for annotations; else that of the new document.
    pub file: Option<String>,
    /// What it touches: a word for it, and names.
    pub touches: Vec<(String, Vec<String>)>,
}

impl Note {
    /// Makes a note. The annotation has a title, and the file that it is about.
    #[must_use]
    pub fn new(title: impl Into<String>, annotation: (String, Option<String>), entries: Vec<String>) -> Self {
        Self { title: title.into(), annotation, entries }
    }
}

impl From<Change> for Entry {
    fn from(change: Change) -> Self {
        Self { change, origin: None, file: None, touches: Vec::new() }
    }
}

/// Something to report that is not a change.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Note {
    /// What the entries are.
    pub title: String,
    /// The title of an annotation, and the file that it is about.
    pub annotation: (String, Option<String>),
    /// One line each.
    pub entries: Vec<String>,
}

/// What is to be shown.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ReportView {
    /// What the old document is called.
    pub old: String,
    /// What the new document is called.
    pub new: String,
    /// The command that shows everything, for where there is no room for that.
    pub command: String,
    /// The changes, worst first.
    pub changes: Vec<Entry>,
    /// Changes that do not count, by why they do not.
    pub others: Vec<(String, Vec<Entry>)>,
    /// Other remarks.
    pub notes: Vec<Note>,
}

impl ReportView {
    /// What there is to show of a report.
    pub fn new(old: &str, new: &str, report: &Report) -> Self {
        let entries = |changes: &[Change]| changes.iter().cloned().map(Entry::from).collect::<Vec<_>>();
        let stale = report.stale_ignores.iter().map(|ignore| format!("{}: {}", ignore.fingerprint, ignore.reason));
        Self {
            old: old.to_owned(),
            new: new.to_owned(),
            command: "openapi-drift".to_owned(),
            changes: entries(&report.changes),
            others: vec![("ignored".to_owned(), entries(&report.ignored))],
            notes: vec![Note {
                title: "ignored, but no longer there: take it out of the ignore file".to_owned(),
                annotation: ("ignore file".to_owned(), None),
                entries: stale.collect(),
            }],
        }
    }

    /// The changes of a level.
    pub fn of_level(&self, level: Level) -> impl Iterator<Item = &Entry> {
        self.changes.iter().filter(move |entry| entry.change.level == level)
    }

    /// How many changes of each level there are, in words.
    pub fn summary(&self) -> String {
        if self.changes.is_empty() {
            return "no changes".to_owned();
        }
        Level::ALL.map(|level| format!("{} {level}", self.of_level(level).count())).join(", ")
    }
}

/// A value as JSON on one line, with numbers of any size as they are written.
fn json(value: &Value) -> String {
    if !holds_wide(value) {
        return value.to_string();
    }
    let list = |parts: Vec<String>| parts.join(",");
    match (wide(value), value) {
        (Some(number), _) => number.to_owned(),
        (None, Value::Object(members)) => {
            let pair = |(key, value): (&String, &Value)| format!("{}:{}", Value::from(key.as_str()), json(value));
            format!("{{{}}}", list(members.iter().map(pair).collect()))
        }
        (None, Value::Array(items)) => format!("[{}]", list(items.iter().map(json).collect())),
        (None, other) => other.to_string(),
    }
}

/// The same on as many lines as it has parts.
fn pretty(value: &Value, indent: &str) -> String {
    let inner = format!("{indent}  ");
    let lines = |open: char, parts: Vec<String>, close: char| {
        format!("{open}\n{inner}{}\n{indent}{close}", parts.join(&format!(",\n{inner}")))
    };
    match value {
        Value::Object(members) if wide(value).is_none() && !members.is_empty() => {
            let pair =
                |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), pretty(value, &inner));
            lines('{', members.iter().map(pair).collect(), '}')
        }
        Value::Array(items) if !items.is_empty() => {
            lines('[', items.iter().map(|item| pretty(item, &inner)).collect(), ']')
        }
        other => json(other),
    }
}

/// The beginning of a text.
fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Text for XML and HTML. What neither may hold is left out.
fn marked_up(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
