//! JSON that is safe to print on a terminal.

use std::{fmt::Write as _, io};

use serde::Serialize;

use super::sanitise::is_harmful;

pub fn line(value: &impl Serialize) -> io::Result<String> {
    Ok(escaped(&serde_json::to_string(value)?))
}

pub fn pretty(value: &impl Serialize) -> io::Result<String> {
    Ok(escaped(&serde_json::to_string_pretty(value)?))
}

/// Escapes what JSON allows in strings and a terminal obeys. Line breaks stand between values only.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for char in json.chars() {
        if char != '\n' && is_harmful(char) {
            // all of them have four digits, and writing to a string does not fail
            let _ = write!(out, "\\u{:04x}", u32::from(char));
        } else {
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn nothing_is_left_for_a_terminal_to_obey_and_nothing_is_lost() {
        let value = json!({ "name": "a\u{1b}[2J\u{9b}31m\u{7f}\u{202e}é\n", "list": [1, { "x": [] }] });
        for text in [line(&value).unwrap(), pretty(&value).unwrap()] {
            assert!(!text.chars().any(|char| char != '\n' && is_harmful(char)), "{text:?}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
        assert_eq!(pretty(&value).unwrap().lines().count(), 9);
        assert_eq!(line(&value).unwrap().lines().count(), 1);
    }
}
