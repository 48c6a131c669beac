//! The report for a comment on a pull request.
//!
//! Documents come from outside. What they contain is in code spans where it is quoted, and is escaped where it is part
//! of a sentence, so that it can neither become markup nor mention anybody.

use std::fmt::Write as _;

use super::{Entry, ReportView, capitalised, json, shortened};
use crate::{Level, one_line as plain};

/// GitHub takes 65,536 characters.
const LONGEST_REPORT: usize = 55_000;
const LONGEST_VALUE: usize = 300;

/// Writes the report for a comment on a pull request.
pub fn write(view: &ReportView) -> String {
    let mut text = format!("## API drift: {}\n\n", view.summary());
    let _ = writeln!(text, "From {} to {}.", code(&view.old), code(&view.new));
    for level in Level::ALL {
        let entries: Vec<&Entry> = view.of_level(level).collect();
        let title = format!("{} ({})", capitalised(level.name()), entries.len());
        section(&mut text, &title, &entries, level == Level::Breaking, &view.command);
    }
    for (title, entries) in &view.others {
        let title = format!("{} ({})", capitalised(title), entries.len());
        section(&mut text, &title, &Vec::from_iter(entries), false, &view.command);
    }
    view.notes.iter().for_each(|note| notes(&mut text, &capitalised(&note.title), &note.entries));
    text
}

fn section(text: &mut String, title: &str, items: &[&Entry], is_open: bool, command: &str) {
    if items.is_empty() {
        return;
    }
    let _ = match is_open {
        true => writeln!(text, "\n### {title}\n"),
        false => writeln!(text, "\n<details><summary>{title}</summary>\n"),
    };
    for (index, item) in items.iter().enumerate() {
        let entry = entry(item);
        if text.len() + entry.len() > LONGEST_REPORT {
            let _ = writeln!(text, "- and {} more: `{command}` shows them", items.len() - index);
            break;
        }
        text.push_str(&entry);
    }
    if !is_open {
        text.push_str("\n</details>\n");
    }
}

fn entry(item: &Entry) -> String {
    let change = &item.change;
    let origin = item.origin.iter().map(|origin| format!(", {origin}")).collect::<String>();
    let mut entry = format!("- **{}**\n", escaped(&shortened(&change.sentence, LONGEST_VALUE)));
    let _ = writeln!(entry, "  `{}` at {} ({}{origin})", change.rule, code(&change.pointer), change.direction);
    let value = |value: &serde_json::Value| code(&shortened(&json(value), LONGEST_VALUE));
    let text = match (&change.old, &change.new) {
        (None, None) => None,
        (Some(old), None) => Some(format!("was {}", value(old))),
        (None, Some(new)) => Some(format!("is {}", value(new))),
        (Some(old), Some(new)) => Some(format!("{} → {}", value(old), value(new))),
    };
    let list = |names: &[String]| names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
    let touched = item.touches.iter().filter(|(_, names)| !names.is_empty());
    let touched: Vec<String> = touched.map(|(word, names)| format!("{word}: {}", list(names))).collect();
    for line in text.into_iter().chain((!touched.is_empty()).then(|| capitalised(&touched.join("; ")))) {
        let _ = writeln!(entry, "  <br>{line}");
    }
    let _ = writeln!(entry, "  <br><sub>{}</sub>", change.fingerprint);
    entry
}

fn notes(text: &mut String, title: &str, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n<details><summary>{title} ({})</summary>\n", notes.len());
    for (index, note) in notes.iter().enumerate() {
        if text.len() > LONGEST_REPORT {
            let _ = writeln!(text, "- and {} more", notes.len() - index);
            break;
        }
        let _ = writeln!(text, "- {}", code(&shortened(note, LONGEST_VALUE)));
    }
    text.push_str("\n</details>\n");
}

/// A code span, whatever the text holds.
pub fn code(text: &str) -> String {
    let text = plain(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // a span strips one space at each end, and may not begin or end with a backtick
    let pad = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text that means itself. What GitHub would make links or mentions of is broken up by word joiners, which do not show.
pub fn escaped(text: &str) -> String {
    const JOINER: char = '\u{2060}';
    let mut escaped = String::with_capacity(text.len() * 2);
    let text = plain(text);
    let mut before = ' ';
    for c in text.chars() {
        if c.is_ascii_punctuation() && !"\"'(),/:;=?%^".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
        let begins_link = matches!(c, '@' | '#' | ':' | '-') || (c == 'w' && before == 'w');
        if begins_link {
            escaped.push(JOINER);
        }
        before = c;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser};

    use super::*;

    #[test]
    fn code_spans_hold_anything() {
        for text in ["a", "`", "``a`", " a ", "", "a\nb", "</details>", "`` ` ```", "\\"] {
            let span = code(text);
            let events: Vec<Event<'_>> = Parser::new(&span).collect();
            let held = events.iter().find_map(|event| match event {
                Event::Code(held) => Some(held.trim().to_owned()),
                _ => None,
            });
            assert_eq!(held.as_deref(), Some(text.replace('\n', " ").trim()), "{span:?}: {events:?}");
            assert_eq!(events.len(), 3, "{span:?}: {events:?}");
        }
    }

    #[test]
    fn text_means_itself() {
        let nasty = "<img src=x> **b** [l](http://x) ![i](y) # h @user #12 GH-12 http://a.example www.a.example a@b.example | ~~s~~ `c` \\ &amp; 1. _i_ --- \u{202e}x\n\n# h";
        let text = escaped(nasty);
        let events: Vec<Event<'_>> = Parser::new_ext(&text, Options::all()).collect();
        for event in &events {
            assert!(
                matches!(event, Event::Text(_) | Event::Start(pulldown_cmark::Tag::Paragraph) | Event::End(_)),
                "{event:?}"
            );
        }
        let text: String = events
            .iter()
            .filter_map(|event| match event {
                Event::Text(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect();
        assert_eq!(text.replace('\u{2060}', ""), plain(nasty));
        for link in ["@user", "#12", "GH-12", "://", "www."] {
            assert!(nasty.contains(link) && !text.contains(link), "{link} in {text}");
        }
    }
}
