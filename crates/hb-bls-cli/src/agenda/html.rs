//! The agenda as one HTML page that is fit to mail: it loads nothing, runs nothing and links to nothing.

use super::{item::Item, page::Page};
use crate::output::{sanitise, used_columns};

const STYLE: &str = "body{font:16px/1.4 sans-serif;margin:1em auto;max-width:60em;padding:0 1em}\
    table{border-collapse:collapse}th,td{padding:.25em .75em .25em 0;text-align:left;vertical-align:top;\
    border-bottom:1px solid #ccc}td.number,th.number{text-align:right}h2{font-size:1.1em;margin:1.5em 0 .5em}";

pub fn page(page: &Page) -> String {
    let title = escape(&format!("BLS trainings, {}", page.days()));
    let sections: String = page.sections().iter().map(|(title, items)| section(title, items)).collect();
    // the policy holds even if a mail program or a browser were to find something in it
    format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<h1>{title}</h1>\n<p>{}</p>\n{sections}<p>Times are UK times.</p>\n</body>\n</html>\n",
        escape(&page.summary())
    )
}

fn section(title: &str, items: &[Item]) -> String {
    let title = escape(title);
    if items.is_empty() {
        return format!("<h2>{title}</h2>\n");
    }
    let columns = used_columns(items);
    let cell = |tag: &str, right: bool, text: &str| {
        let class = if right { " class=\"number\"" } else { "" };
        format!("<{tag}{class}>{}</{tag}>", escape(text))
    };
    let row = |cells: String| format!("<tr>{cells}</tr>\n");
    let head = row(columns.iter().map(|column| cell("th", column.right, &capital(&column.heading()))).collect());
    let rows = items.iter().map(|item| {
        row(columns.iter().map(|column| cell("td", column.right, &column.shown(item))).collect::<String>())
    });
    format!("<h2>{title}</h2>\n<table>\n{head}{}</table>\n", rows.collect::<String>())
}

/// A heading of a table, which is in capitals, as other headings are.
fn capital(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let mut chars = lower.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Text in which nothing is markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in sanitise::line(text).chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(escape("<b a=\"x\">'&amp;"), "&lt;b a=&quot;x&quot;&gt;&#39;&amp;amp;");
        assert_eq!(escape("a\u{202e}b\nc"), "a\\u{202e}b c");
    }
}
