//! Text from elsewhere, made harmless to a terminal.

use std::borrow::Cow;

/// What a terminal would obey, or what changes the order of what is read.
pub(super) fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// For text on one line: harmful characters are shown as `\u{1b}`.
pub fn line(text: &str) -> Cow<'_, str> {
    replace(text, is_harmful)
}

/// Keeps the lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    replace(text, |char| char != '\n' && is_harmful(char))
}

fn replace(text: &str, harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match char {
            '\n' | '\t' if harmful(char) => out.push(' '),
            _ if harmful(char) => out.extend(char.escape_unicode()),
            _ => out.push(char),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        assert_eq!(line("Ada \u{1b}[31m\u{9b}2J\u{7f}\r"), "Ada \\u{1b}[31m\\u{9b}2J\\u{7f}\\u{d}");
        assert_eq!(line("two\nlines\tand"), "two lines and");
        assert_eq!(lines("two\nlines"), "two\nlines");
        assert_eq!(line("evil\u{202e}fdp"), "evil\\u{202e}fdp");
        assert!(matches!(line("Ștefan Łukasz 李"), Cow::Borrowed(_)));
    }
}
