//! The report after a pull, as text or as Markdown.

use std::fmt::Write as _;

use openapi_drift::{one_line as plain, render::code};
use serde_json::Value;

use super::overlay_fit::{ActionToChange, Finding, OverlayFit};

/// How reports are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal
    Text,
    /// For a pull request
    Markdown,
}

/// What the pull did to the overlay, and what is left to do. Empty if there is nothing to say.
pub fn overlay(fit: &OverlayFit, format: Format) -> String {
    let mut text = String::new();
    section(
        &mut text,
        format,
        "Overlay actions that must be mended",
        "They no longer apply. Mend the target or the update, or take the action out of spec/bls.overlay.json; then run `cargo xtask regen`.",
        fit.broken.iter().map(|broken| entry(broken, format)).collect(),
    );
    section(
        &mut text,
        format,
        "Assumptions that turned out otherwise",
        "The overlay still hides what is published. Take these parts out of it, unless the published value is known to be wrong.",
        fit.refuted.iter().map(finding).collect(),
    );
    section(
        &mut text,
        format,
        "Assumptions now published",
        "Taken out of the overlay: the document says the same without them.",
        fit.needless.iter().map(|entry| head(entry.index, &entry.action)).collect(),
    );
    section(
        &mut text,
        format,
        "Assumptions now published in part",
        "The document says these parts of the actions. Take them out, or a later change would hide behind them.",
        fit.confirmed.iter().map(finding).collect(),
    );
    text
}

/// Text from outside, without characters that control a terminal or are invisible.
pub fn printable(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// Text in a code block: names from the portal must not become Markdown of a pull request.
pub fn verbatim(text: &str) -> String {
    format!("```text\n{}\n```\n", text.trim_end().replace('`', "'"))
}

fn section(text: &mut String, format: Format, title: &str, what_to_do: &str, entries: Vec<String>) {
    if entries.is_empty() {
        return;
    }
    let (title, bullet) = match format {
        Format::Text => (format!("{title} ({})", entries.len()), "  "),
        Format::Markdown => (format!("### {title} ({})", entries.len()), "- "),
    };
    let gap = if format == Format::Markdown { "\n" } else { "" };
    // writing to a string cannot fail
    let _ = write!(text, "{title}\n{gap}{what_to_do}\n{gap}");
    for entry in entries {
        let _ = writeln!(text, "{bullet}{entry}");
    }
    text.push('\n');
}

fn head(index: usize, action: &crate::overlay::Action) -> String {
    let description = action.description.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("action {} on {}: {description}", index + 1, code(&action.target))
}

fn entry(entry: &ActionToChange, format: Format) -> String {
    let reason = entry.reason.to_string();
    // it may quote what is published
    let reason = match format {
        Format::Text => plain(&reason),
        Format::Markdown => code(&reason),
    };
    format!("{} -- {reason}", head(entry.index, &entry.action))
}

fn finding(finding: &Finding) -> String {
    let place = format!("action {}: {}", finding.index + 1, code(&finding.place));
    if finding.published == finding.assumed {
        format!("{place} is {}", short(&finding.published))
    } else {
        format!("{place} is published as {}, assumed as {}", short(&finding.published), short(&finding.assumed))
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(120) {
        Some((end, _)) => code(&format!("{}...", &text[..end])),
        None => code(&text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{overlay, pull::overlay_fit};

    fn fitted() -> OverlayFit {
        let action = |target: &str, update: Value| json!({"target": target, "description": "Assumed: so it is.", "update": update});
        let actions = json!([
            action("$.a", json!({"format": "uuid", "new": true, "own": 1})),
            action("$.gone", json!({"x": 1})),
            action("$.b", json!({"now": "`published`"})),
        ]);
        let overlay = json!({"overlay": "1.0.0", "info": {}, "actions": actions});
        let new = json!({"a": {"format": "date", "new": true}, "b": {"now": "`published`"}});
        overlay_fit::fit(&json!({"a": {}, "b": {}, "gone": {}}), &new, &overlay::parse(overlay).unwrap())
    }

    #[test]
    fn both_formats_say_what_to_do() {
        insta::assert_snapshot!(overlay(&fitted(), Format::Text), @r#"
        Overlay actions that must be mended (1)
        They no longer apply. Mend the target or the update, or take the action out of spec/bls.overlay.json; then run `cargo xtask regen`.
          action 2 on `$.gone`: Assumed: so it is. -- `$.gone` matches nothing: the document has moved on, so drop the action or mend its target

        Assumptions that turned out otherwise (1)
        The overlay still hides what is published. Take these parts out of it, unless the published value is known to be wrong.
          action 1: `/a/format` is published as `"date"`, assumed as `"uuid"`

        Assumptions now published (1)
        Taken out of the overlay: the document says the same without them.
          action 3 on `$.b`: Assumed: so it is.

        Assumptions now published in part (1)
        The document says these parts of the actions. Take them out, or a later change would hide behind them.
          action 1: `/a/new` is `true`
        "#);
        insta::assert_snapshot!(overlay(&fitted(), Format::Markdown), @r#"
        ### Overlay actions that must be mended (1)

        They no longer apply. Mend the target or the update, or take the action out of spec/bls.overlay.json; then run `cargo xtask regen`.

        - action 2 on `$.gone`: Assumed: so it is. -- `` `$.gone` matches nothing: the document has moved on, so drop the action or mend its target ``

        ### Assumptions that turned out otherwise (1)

        The overlay still hides what is published. Take these parts out of it, unless the published value is known to be wrong.

        - action 1: `/a/format` is published as `"date"`, assumed as `"uuid"`

        ### Assumptions now published (1)

        Taken out of the overlay: the document says the same without them.

        - action 3 on `$.b`: Assumed: so it is.

        ### Assumptions now published in part (1)

        The document says these parts of the actions. Take them out, or a later change would hide behind them.

        - action 1: `/a/new` is `true`
        "#);
    }

    #[test]
    fn names_in_a_reason_make_no_markup() {
        let nasty = "<img>\n# @user";
        let actions = json!([{"target": "$", "description": "d", "update": {"a": {nasty: {"b": {}}}}}]);
        let overlay = overlay::parse(json!({"overlay": "1.0.0", "info": {}, "actions": actions})).unwrap();
        let old = json!({"a": {nasty: {"b": {}}}});
        let new = json!({"a": {nasty: {"b": 1}}});
        let text = super::overlay(&overlay_fit::fit(&old, &new, &overlay), Format::Markdown);
        let line = text.lines().find(|line| line.contains("<img>")).unwrap();
        assert!(line.ends_with("-- `cannot merge an object into a plain value at /a/<img> # @user/b`"), "{text}");
    }

    #[test]
    fn what_is_quoted_stays_quoted() {
        assert_eq!(printable("a\u{1b}[31m\nb\u{202e}\n"), "a [31m\nb \n");
        assert_eq!(verbatim("GET /a\n```\n# title @ada\n"), "```text\nGET /a\n'''\n# title @ada\n```\n");
        assert_eq!(code("a`b\n# c"), "``a`b # c``");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(short(&"x".repeat(500).into()).len(), 120 + 3 + 2);
    }
}
