//! One page of HTML that needs nothing beside it: no other file, no other host.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::Value;

use super::{Entry, ReportView, capitalised, marked_up, pretty, shortened};
use crate::{Level, Operation, one_line};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Longer values are cut.
const LONGEST: usize = 6000;
/// The number of operations that are named for a change.
const MOST: usize = 40;

/// Writes a page: the worst changes first, to be narrowed down by level, direction, operation and text.
pub fn write(view: &ReportView) -> String {
    let title = text(&format!("API drift: {}", view.summary()));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>API drift</h1>\n\
         <p class=\"names\"><span class=\"name old\">{}</span> <span aria-label=\"to\">→</span> <span class=\"name new\">{}</span></p>\n",
        text(&view.old),
        text(&view.new)
    );
    let operations = view.changes.iter().flat_map(|entry| &entry.change.operations);
    let operations: BTreeSet<&Operation> = operations.collect();
    let operations = Vec::from_iter(operations);
    filters(&mut page, view, &operations);
    page.push_str("</header>\n<main>\n");
    if view.changes.is_empty() {
        page.push_str("<p class=\"none\">Nothing has changed.</p>\n");
    }
    for level in Level::ALL {
        let entries: Vec<&Entry> = view.of_level(level).collect();
        section(&mut page, (&capitalised(level.name()), level.name(), true), &entries, &operations);
    }
    page.push_str("<p class=\"none\" id=\"nothing\" hidden>No change is left: widen the filters above.</p>\n");
    for (title, entries) in &view.others {
        section(&mut page, (&capitalised(title), "other", false), &Vec::from_iter(entries), &operations);
    }
    // writing to a string cannot fail
    for note in view.notes.iter().filter(|note| !note.entries.is_empty()) {
        let _ = writeln!(page, "<section class=\"notes\"><h2>{}</h2>\n<ul>", text(&capitalised(&note.title)));
        note.entries.iter().for_each(|entry| page.push_str(&format!("<li>{}</li>\n", text(entry))));
        page.push_str("</ul></section>\n");
    }
    let _ = writeln!(page, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>");
    page
}

/// Text of the documents, as it is shown.
fn text(text: &str) -> String {
    marked_up(&one_line(text))
}

fn filters(page: &mut String, view: &ReportView, operations: &[&Operation]) {
    page.push_str("<form id=\"filters\" role=\"search\">\n<fieldset class=\"levels\"><legend>Level</legend>\n");
    for level in Level::ALL {
        let count = view.of_level(level).count();
        let name = level.name();
        let _ = writeln!(
            page,
            "<label class=\"chip {name}\"><input type=\"checkbox\" name=\"level\" value=\"{name}\" checked> {name} <b>{count}</b></label>"
        );
    }
    page.push_str(
        "</fieldset>\n<label>Direction <select name=\"direction\"><option value=\"\">any</option>\
         <option value=\"request\">request</option><option value=\"response\">response</option>\
         <option value=\"both\">both</option></select></label>\n\
         <label>Operation <select name=\"operation\"><option value=\"\">any</option>",
    );
    for (number, operation) in operations.iter().enumerate() {
        let _ = write!(page, "<option value=\"{number}\">{}</option>", text(&operation.to_string()));
    }
    page.push_str("</select></label>\n<label>Text <input type=\"search\" name=\"text\" placeholder=\"rule, place, name\"></label>\n</form>\n");
}

fn section(
    page: &mut String,
    (title, class, is_open): (&str, &str, bool),
    entries: &[&Entry],
    operations: &[&Operation],
) {
    if entries.is_empty() {
        return;
    }
    let open = if is_open { " open" } else { "" };
    let _ = writeln!(
        page,
        "<details class=\"section {class}\"{open}><summary><h2>{} <span class=\"count\">{}</span></h2></summary>",
        text(title),
        entries.len()
    );
    entries.iter().for_each(|entry| article(page, entry, operations));
    page.push_str("</details>\n");
}

fn article(page: &mut String, entry: &Entry, all: &[&Operation]) {
    let change = &entry.change;
    let numbers = change.operations.iter().filter_map(|operation| all.binary_search(&operation).ok());
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    let _ = writeln!(
        page,
        "<article class=\"{level}\" id=\"{print}\" data-level=\"{level}\" data-direction=\"{direction}\" data-operations=\"{operations}\">\n\
         <h3>{sentence}</h3>\n<p class=\"facts\"><span class=\"chip {level}\">{level}</span> <code>{rule}</code> \
         <span>{direction}</span>{origin} <code class=\"place\">{place}</code> <a href=\"#{print}\">{print}</a></p>",
        level = change.level,
        print = change.fingerprint,
        direction = change.direction,
        operations = numbers.join(" "),
        sentence = text(&change.sentence),
        rule = change.rule,
        origin = entry.origin.iter().map(|origin| format!(" <span>{}</span>", text(origin))).collect::<String>(),
        place = text(&change.pointer),
    );
    if change.old.is_some() || change.new.is_some() {
        page.push_str("<div class=\"sides\">");
        side(page, "Old", &change.old, &change.new);
        side(page, "New", &change.new, &change.old);
        page.push_str("</div>\n");
    }
    let _ = writeln!(page, "<p class=\"meaning\">{}</p>", text(change.rule.meaning()));
    for (word, names) in entry.touches.iter().filter(|(_, names)| !names.is_empty()) {
        let names: Vec<String> = names.iter().map(|name| format!("<code>{}</code>", text(name))).collect();
        let _ = writeln!(page, "<p class=\"touches\">{}: {}</p>", text(word), names.join(", "));
    }
    let named = |operation: &Operation| text(&operation.to_string());
    match &change.operations[..] {
        [] => {}
        [operation] => _ = writeln!(page, "<p class=\"touches\">in {}</p>", named(operation)),
        operations => {
            let items = operations.iter().take(MOST).map(|operation| format!("<li>{}</li>", named(operation)));
            let more = operations.len().checked_sub(MOST).filter(|more| *more > 0);
            let more = more.map(|more| format!("<li>and {more} more</li>"));
            let items = items.chain(more).collect::<String>();
            let count = operations.len();
            let _ = writeln!(
                page,
                "<details class=\"operations\"><summary>in {count} operations</summary><ul>{items}</ul></details>"
            );
        }
    }
    page.push_str("</article>\n");
}

/// One of the values, with the lines marked that the other has not.
fn side(page: &mut String, title: &str, own: &Option<Value>, other: &Option<Value>) {
    let shown = |value: &Option<Value>| value.as_ref().map(|value| shortened(&pretty(value, ""), LONGEST));
    let _ = write!(page, "<figure class=\"side {}\"><figcaption>{title}</figcaption>", title.to_lowercase());
    match shown(own) {
        Some(own) => {
            // what is new or gone as a whole has no counterpart to differ from
            let other = shown(other).unwrap_or_else(|| own.clone());
            let others: BTreeSet<&str> = other.lines().map(bare).collect();
            page.push_str("<pre>");
            for line in own.lines() {
                let shown = marked_up(line);
                let _ = match others.contains(bare(line)) {
                    true => writeln!(page, "{shown}"),
                    false => writeln!(page, "<mark>{shown}</mark>"),
                };
            }
            page.push_str("</pre>");
        }
        None => page.push_str("<p>not there</p>"),
    }
    page.push_str("</figure>");
}

/// A line of JSON without the comma that others after it make.
fn bare(line: &str) -> &str {
    line.strip_suffix(',').unwrap_or(line)
}
