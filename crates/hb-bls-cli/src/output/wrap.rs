//! Text that fits a terminal's width. No word is cut: an id, a secret or a URL that is too long stays in one piece.

/// The width to fit into; nothing where no terminal is.
pub fn width() -> Option<u16> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0)
}

/// The same where errors and notes go.
pub fn width_of_errors() -> Option<u16> {
    terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| width.0)
}

/// How many columns it takes, without the colour.
pub fn columns(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().chars().count()
}

/// Puts as many words into each line as there is room for. A list may be broken after a comma, too.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if columns(line) + columns(word.trim_end()) <= room => line.push_str(word),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Each with what separates it from the next.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ').flat_map(|word| {
        let end = if word.contains("://") { '\0' } else { ',' };
        word.split_inclusive(end)
    })
}

/// Breaks the lines that are too long. What follows is set in a little.
pub fn lines(text: &str, width: Option<u16>) -> String {
    let Some(width) = width.map(usize::from) else { return text.to_owned() };
    let fitted = text.split('\n').map(|line| {
        if columns(line) <= width {
            return line.to_owned();
        }
        let words = line.trim_start();
        let indent = " ".repeat(line.len() - words.len());
        let rest = format!("\n{indent}  ");
        let room = width.saturating_sub(indent.len() + 2);
        indent + &wrap(words, room).join(&rest)
    });
    fitted.collect::<Vec<_>>().join("\n")
}

/// The lines of a value beside a name of this many columns, or below it if a word has no room there; and whether they
/// are beside it.
pub fn beside(name: usize, value: &str, width: Option<u16>) -> (bool, Vec<String>) {
    let Some(width) = width.map(usize::from) else { return (true, vec![value.to_owned()]) };
    let longest = words(value).map(|word| columns(word.trim_end())).max().unwrap_or_default();
    let room = width.saturating_sub(name);
    if longest <= room {
        return (true, wrap(value, room));
    }
    let indent = if longest + 2 <= width { "  " } else { "" };
    let lines = wrap(value, width.saturating_sub(indent.len()));
    (false, lines.into_iter().map(|line| format!("{indent}{line}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        let text = "error: what is too long is broken\n  and set in as it was, too";
        assert_eq!(lines(text, Some(20)), "error: what is too\n  long is broken\n  and set in as it\n    was, too");
        assert_eq!(lines(text, None), text);
        assert_eq!(lines("\u{1b}[1merror\u{1b}[0m: ok", Some(9)), "\u{1b}[1merror\u{1b}[0m: ok");
        assert_eq!(
            lines("see https://a.example/of/that/length or not", Some(12)),
            "see\n  https://a.example/of/that/length\n  or not"
        );
    }

    #[test]
    fn a_value_stands_beside_its_name_or_below_it() {
        assert_eq!(beside(6, "one two three", Some(14)), (true, vec!["one two".to_owned(), "three".to_owned()]));
        assert_eq!(beside(6, "1234567890", Some(14)), (false, vec!["  1234567890".to_owned()]));
        assert_eq!(beside(6, "1234567890123", Some(13)), (false, vec!["1234567890123".to_owned()]));
        assert_eq!(beside(6, "12345678901234567", Some(13)), (false, vec!["12345678901234567".to_owned()]));
        assert_eq!(beside(2, "one,two,three", Some(10)), (true, vec!["one,two,".to_owned(), "three".to_owned()]));
        let url = "https://a.example/?a=1,2";
        assert_eq!(beside(2, url, Some(10)), (false, vec![url.to_owned()]));
        assert_eq!(beside(6, "as it is", None), (true, vec!["as it is".to_owned()]));
    }
}
