//! The report for a terminal.

use std::fmt::Write as _;

use super::{Entry, ReportView, json, shortened};
use crate::{Level, one_line as plain};

/// Longer values are cut; the JSON report has them whole.
const LONGEST: usize = 200;

/// Writes the report for a terminal.
pub fn write(view: &ReportView) -> String {
    let mut text = format!("{} -> {}: {}\n", plain(&view.old), plain(&view.new), view.summary());
    for level in Level::ALL {
        section(&mut text, level.name(), view.of_level(level));
    }
    for (title, entries) in &view.others {
        section(&mut text, title, entries.iter());
    }
    for note in view.notes.iter().filter(|note| !note.entries.is_empty()) {
        let _ = writeln!(text, "\n{} ({})", note.title, note.entries.len());
        note.entries.iter().for_each(|entry| text.push_str(&format!("  {}\n", plain(entry))));
    }
    text
}

fn section<'a>(text: &mut String, title: &str, entries: impl Iterator<Item = &'a Entry>) {
    let entries: Vec<&Entry> = entries.collect();
    if entries.is_empty() {
        return;
    }
    // writing to a string cannot fail
    let _ = writeln!(text, "\n{title} ({})", entries.len());
    for entry in entries {
        let change = &entry.change;
        let _ = writeln!(text, "\n  {}: {}", change.rule, plain(&change.sentence));
        let origin = entry.origin.iter().map(|origin| format!(", {origin}")).collect::<String>();
        let _ = writeln!(text, "    {} {} ({}{origin})", change.fingerprint, plain(&change.pointer), change.direction);
        if let Some(values) = values(entry) {
            let _ = writeln!(text, "    {values}");
        }
        for (word, names) in entry.touches.iter().filter(|(_, names)| !names.is_empty()) {
            let _ = writeln!(text, "    {word}: {}", plain(&names.join(", ")));
        }
    }
}

/// Old and new value, if the sentence is not likely to say them.
fn values(entry: &Entry) -> Option<String> {
    let short = |value: &Option<serde_json::Value>| value.as_ref().map(|value| shortened(&json(value), LONGEST));
    match (short(&entry.change.old), short(&entry.change.new)) {
        (None, None) => None,
        (Some(old), None) => Some(format!("was {}", plain(&old))),
        (None, Some(new)) => Some(format!("is {}", plain(&new))),
        (Some(old), Some(new)) => Some(format!("{} -> {}", plain(&old), plain(&new))),
    }
}
