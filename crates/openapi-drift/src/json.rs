//! What documents are made of.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use serde_json::Value;

/// The members of an object; none of anything else.
pub fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// The items of a list; none of anything else.
pub fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// The items of a list, each once.
pub fn distinct(list: &Value) -> impl Iterator<Item = &Value> {
    let mut known = HashSet::new();
    items(Some(list)).filter(move |item| known.insert(item.to_string()))
}

/// The keys of either object, sorted.
pub fn joined<'a>(
    old: Option<&'a Value>,
    new: Option<&'a Value>,
) -> BTreeMap<&'a str, (Option<&'a Value>, Option<&'a Value>)> {
    let mut found = BTreeMap::<&str, (Option<&Value>, Option<&Value>)>::new();
    for (key, value) in members(old) {
        found.entry(key).or_default().0 = Some(value);
    }
    for (key, value) in members(new) {
        found.entry(key).or_default().1 = Some(value);
    }
    found
}

/// The text of a reference, of which any character may be written as a number.
pub fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]).1,
            None => (bytes.push(*first), rest = tail).1,
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}
