//! JUnit XML, which most services that run tests can show: a rule that has found something is a test that fails.

use std::fmt::Write as _;

use super::{ReportView, json, marked_up, shortened};
use crate::{Level, one_line};

/// Longer values are cut.
const LONGEST: usize = 2000;
/// The number of operations that are named for a change.
const MOST: usize = 40;

/// Writes JUnit XML. Breaking and risky changes are failures; others pass, with their description.
pub fn write(view: &ReportView) -> String {
    let is_failure = |level: Level| level <= Level::Risky;
    let failures = view.changes.iter().filter(|entry| is_failure(entry.change.level)).count();
    let tests = view.changes.len().max(1);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"");
    let name = marked_up(&one_line(&format!("API drift from {} to {}", view.old, view.new)));
    // writing to a string cannot fail
    let _ = writeln!(text, "<testsuites name=\"openapi-drift\" {counts}>\n<testsuite name=\"{name}\" {counts}>");
    for entry in &view.changes {
        let change = &entry.change;
        let operation = change.operations.first().map_or_else(|| "document".to_owned(), ToString::to_string);
        let case = format!("{}: {}", change.rule, change.pointer);
        let _ = write!(
            text,
            "<testcase classname=\"{}\" name=\"{}\">",
            marked_up(&one_line(&operation)),
            marked_up(&one_line(&case))
        );
        let value = |value: &Option<serde_json::Value>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), |value| shortened(&json(value), LONGEST))
        };
        let operations =
            change.operations.iter().take(MOST).map(|operation| format!("\nin {operation}")).collect::<String>();
        let details =
            format!("was {}\nis {}{operations}\n{}", value(&change.old), value(&change.new), change.fingerprint);
        let _ = match is_failure(change.level) {
            true => writeln!(
                text,
                "<failure type=\"{}\" message=\"{}\">{}</failure></testcase>",
                change.level,
                marked_up(&change.sentence),
                marked_up(&details)
            ),
            false => writeln!(
                text,
                "<system-out>{}: {}\n{}</system-out></testcase>",
                change.level,
                marked_up(&change.sentence),
                marked_up(&details)
            ),
        };
    }
    if view.changes.is_empty() {
        text.push_str("<testcase classname=\"document\" name=\"no changes\"/>\n");
    }
    text + "</testsuite>\n</testsuites>\n"
}
