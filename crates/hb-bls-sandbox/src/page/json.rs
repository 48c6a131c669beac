//! JSON for people: indented, with each token in an element of its own.

use askama::filters::HtmlSafe;
use serde_json::Value;

/// Escaped HTML.
#[derive(Debug)]
pub(super) struct Pretty(String);

impl std::fmt::Display for Pretty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Pretty {}

/// The text as JSON, or as it is.
pub(super) fn pretty(text: &str) -> Pretty {
    let mut out = String::new();
    match serde_json::from_str::<Value>(text) {
        Ok(value) => write(&value, 0, &mut out),
        Err(_) => escape(text, &mut out),
    }
    Pretty(out)
}

fn write(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let items = fields.iter().map(|(name, value)| (Some(name), value));
            list(('{', '}'), items, depth, out);
        }
        Value::Array(items) if !items.is_empty() => list(('[', ']'), items.iter().map(|item| (None, item)), depth, out),
        Value::String(_) => token("s", &value.to_string(), out),
        Value::Number(_) => token("n", &value.to_string(), out),
        Value::Bool(_) | Value::Null => token("k", &value.to_string(), out),
        Value::Object(_) | Value::Array(_) => out.push_str(&value.to_string()),
    }
}

fn list<'a>(
    (open, close): (char, char),
    items: impl ExactSizeIterator<Item = (Option<&'a String>, &'a Value)>,
    depth: usize,
    out: &mut String,
) {
    let last = items.len() - 1;
    out.push(open);
    for (at, (name, value)) in items.enumerate() {
        line(depth + 1, out);
        if let Some(name) = name {
            token("f", &Value::from(name.as_str()).to_string(), out);
            out.push_str(": ");
        }
        write(value, depth + 1, out);
        if at < last {
            out.push(',');
        }
    }
    line(depth, out);
    out.push(close);
}

fn line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

fn token(class: &str, text: &str, out: &mut String) {
    out.push_str("<span class=\"j-");
    out.push_str(class);
    out.push_str("\">");
    escape(text, out);
    out.push_str("</span>");
}

pub(super) fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_and_every_text_escaped() {
        let text = r#"{"<b>":["</span><script>",1,null],"e":{}}"#;
        let html = pretty(text).to_string();
        assert!(!html.contains("<b>") && !html.contains("<script>"), "{html}");
        let plain = html.replace("<span class=\"j-f\">", "").replace("</span>", "");
        assert!(plain.starts_with("{\n  &quot;&lt;b&gt;&quot;: [\n    "), "{plain}");
        assert_eq!(pretty("a<b").to_string(), "a&lt;b");
    }
}
