//! Regular expressions, as far as their meaning is plain.

/// What every text matches.
const EVERYTHING: [&str; 9] = ["", "^", "$", ".*", "^.*", ".*$", "[\\s\\S]*", "^[\\s\\S]*$", "(?s).*"];

/// Whether every text matches.
pub fn is_everything(pattern: &str) -> bool {
    EVERYTHING.contains(&pattern)
}

/// The literal text of a pattern, and whether it must be at the start and at the end.
fn literal(pattern: &str) -> Option<(&str, bool, bool)> {
    let (text, starts) = pattern.strip_prefix('^').map_or((pattern, false), |rest| (rest, true));
    let (text, ends) = text.strip_suffix('$').map_or((text, false), |rest| (rest, true));
    let is_plain = |c: char| !"\\.+*?()[]{}|^$".contains(c);
    text.chars().all(is_plain).then_some((text, starts, ends))
}

/// Whether a text matches; none if that takes a real matcher.
pub fn matches(pattern: &str, text: &str) -> Option<bool> {
    if is_everything(pattern) {
        return Some(true);
    }
    let (part, starts, ends) = literal(pattern)?;
    Some(match (starts, ends) {
        (true, true) => text == part,
        (true, false) => text.starts_with(part),
        (false, true) => text.ends_with(part),
        (false, false) => text.contains(part),
    })
}

/// A text that matches, if one is plain to see.
pub fn example(pattern: &str) -> Option<&str> {
    if is_everything(pattern) { Some("") } else { literal(pattern).map(|(text, ..)| text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_patterns_are_understood_and_no_others() {
        assert_eq!(matches("^x", "xy"), Some(true));
        assert_eq!(matches("^x$", "xy"), Some(false));
        assert_eq!(matches("y$", "xy"), Some(true));
        assert_eq!(matches("z", "xy"), Some(false));
        assert_eq!(matches(".*", "xy"), Some(true));
        assert_eq!(matches("^[a-z]+$", "xy"), None);
        assert_eq!(matches("a.c", "abc"), None);
        assert_eq!(matches("a\\$", "a$"), None);
        assert_eq!(example("^ab$"), Some("ab"));
        assert_eq!(example("a+"), None);
        assert!(!is_everything("^.*$"), "a line break is no match");
    }
}
