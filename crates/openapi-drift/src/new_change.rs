//! Makes a change for the report: its places, its fingerprint, and text that is safe to show.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    change::{Change, Direction},
    rules::Rule,
    side::{BothSides, Side},
};

/// A change of what is at a place of the documents.
pub fn change<'a>(
    (old_side, new_side): (&Side<'a>, &Side<'a>),
    rule: Rule,
    direction: Direction,
    (old_at, new_at): BothSides<'a>,
    (old, new): (Option<Value>, Option<Value>),
    sentence: &str,
) -> Change {
    let old_at = old_at.filter(|value| old_side.holds(value));
    let new_at = new_at.filter(|value| new_side.holds(value));
    let lasting =
        (old_at.map(|value| old_side.lasting_pointer(value)), new_at.map(|value| new_side.lasting_pointer(value)));
    let fingerprint = fingerprint(rule, direction, &lasting, old.as_ref(), new.as_ref());
    let old_pointer = old_at.map(|value| old_side.pointer(value));
    let new_pointer = new_at.map(|value| new_side.pointer(value));
    let pointer = new_pointer.clone().or_else(|| old_pointer.clone()).unwrap_or_default();
    let (level, operations, sentence) = (rule.level(), Vec::new(), one_line(sentence));
    Change { rule, level, direction, operations, pointer, old_pointer, new_pointer, old, new, sentence, fingerprint }
}

fn fingerprint(
    rule: Rule,
    direction: Direction,
    places: &(Option<String>, Option<String>),
    old: Option<&Value>,
    new: Option<&Value>,
) -> String {
    let text = serde_json::json!([rule.id(), direction, places.0, places.1, old, new]).to_string();
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The text without characters that break lines, control a terminal or are invisible: names may contain anything.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect()
}

/// Line separators, and marks that change the direction of text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
