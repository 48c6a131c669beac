//! A page of API changes, the newest first, that grows by an entry for each comparison.

use std::fmt::Write as _;

use super::{Entry, ReportView, capitalised, code, markdown::escaped};
use crate::Level;

const TITLE: &str = "# API changes\n";

/// The entry of a day: all changes except cosmetic ones. `None` if there are no changes.
pub fn entry(view: &ReportView, date: &str) -> Option<String> {
    let mut text = format!("## {}\n\n{}.\n", plain_date(date), capitalised(&view.summary()));
    for level in [Level::Breaking, Level::Risky, Level::Compatible] {
        let entries: Vec<&Entry> = view.of_level(level).collect();
        if entries.is_empty() {
            continue;
        }
        // writing to a string cannot fail
        let _ = writeln!(text, "\n### {}\n", capitalised(level.name()));
        for entry in entries {
            let change = &entry.change;
            let _ =
                writeln!(text, "- {} ({}, {})", escaped(&change.sentence), code(change.rule.id()), change.fingerprint);
        }
    }
    (!view.changes.is_empty()).then_some(text)
}

/// The date without what is Markdown.
fn plain_date(date: &str) -> String {
    date.chars().filter(|c| c.is_alphanumeric() || " -.:/".contains(*c)).collect()
}

/// The page with an entry put before all others. An entry of the same title is replaced, so that a comparison may be
/// run again.
pub fn added(page: &str, entry: &str) -> String {
    let title = entry.lines().next().unwrap_or_default();
    let (head, rest) = match page.find("\n## ") {
        Some(start) => page.split_at(start + 1),
        None if page.trim().is_empty() => (TITLE, ""),
        None => (page, ""),
    };
    let same = rest.strip_prefix(title).filter(|after| after.starts_with('\n'));
    let rest = same.map_or(rest, |after| after.find("\n## ").map_or("", |next| &after[next + 1..]));
    let gap = if rest.is_empty() { "" } else { "\n" };
    format!("{}\n\n{entry}{gap}{rest}", head.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_entry_is_first_and_a_day_has_one() {
        let first = added("", "## 2026-06-05\n\nOne.\n");
        assert_eq!(first, "# API changes\n\n## 2026-06-05\n\nOne.\n");
        let second = added(&first, "## 2026-06-12\n\nTwo.\n");
        assert_eq!(second, "# API changes\n\n## 2026-06-12\n\nTwo.\n\n## 2026-06-05\n\nOne.\n");
        assert_eq!(added(&second, "## 2026-06-12\n\nAgain.\n"), second.replace("Two", "Again"));
        let own = added("# Ours\n\nSaid by us.\n", "## 2026-06-05\n\nOne.\n");
        assert_eq!(own, "# Ours\n\nSaid by us.\n\n## 2026-06-05\n\nOne.\n");
    }
}
