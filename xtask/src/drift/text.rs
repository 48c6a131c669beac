//! The report for a terminal.

use std::fmt::Write as _;

use openapi_drift::{Level, one_line as plain};

use super::report::{Item, Report};

/// Longer values are cut; the JSON report has them whole.
const LONGEST: usize = 200;

pub fn write(report: &Report) -> String {
    let mut text = format!("{} -> {}: {}\n", report.old, report.new, report.summary());
    for level in Level::ALL {
        section(&mut text, level.name(), report.of_level(level));
    }
    section(&mut text, "published, and nothing changes for users", report.without_effect.iter());
    section(&mut text, "ignored", report.ignored.iter());
    list(&mut text, "overlay actions that do not fit", &report.unfit_assumptions);
    let stale: Vec<String> =
        report.stale_ignores.iter().map(|ignore| format!("{}: {}", ignore.fingerprint, ignore.reason)).collect();
    list(&mut text, "ignored, but no longer there: take it out of the ignore file", &stale);
    text
}

fn section<'a>(text: &mut String, title: &str, items: impl Iterator<Item = &'a Item>) {
    let items: Vec<&Item> = items.collect();
    if items.is_empty() {
        return;
    }
    // writing to a string cannot fail
    let _ = writeln!(text, "\n{title} ({})", items.len());
    for item in items {
        let change = &item.change;
        let _ = writeln!(text, "\n  {}: {}", change.rule, plain(&change.sentence));
        let origin = item.origin.map(|origin| format!(", {origin}")).unwrap_or_default();
        let _ = writeln!(text, "    {} {} ({}{origin})", change.fingerprint, plain(&change.pointer), change.direction);
        if let Some(values) = values(item) {
            let _ = writeln!(text, "    {values}");
        }
        for (word, names) in [("facade", &item.facade), ("raw", &item.raw)] {
            if !names.is_empty() {
                let _ = writeln!(text, "    {word}: {}", plain(&names.join(", ")));
            }
        }
    }
}

fn list(text: &mut String, title: &str, entries: &[String]) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title} ({})", entries.len());
    entries.iter().for_each(|entry| text.push_str(&format!("  {}\n", plain(entry))));
}

/// Old and new value, if the sentence is not likely to say them.
fn values(item: &Item) -> Option<String> {
    let short = |value: &Option<serde_json::Value>| value.as_ref().map(|value| shortened(&value.to_string(), LONGEST));
    match (short(&item.change.old), short(&item.change.new)) {
        (None, None) => None,
        (Some(old), None) => Some(format!("was {}", plain(&old))),
        (None, Some(new)) => Some(format!("is {}", plain(&new))),
        (Some(old), Some(new)) => Some(format!("{} -> {}", plain(&old), plain(&new))),
    }
}

/// The beginning of a text.
pub fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
