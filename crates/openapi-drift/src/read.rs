//! Reads documents.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;

use crate::{
    error::Error,
    number::{Decimal, is_exact, wide_value},
};

/// Reads JSON or YAML; the first character shows which it is. `name` is for messages.
///
/// A number that a 64-bit integer or floating-point number does not hold exactly is kept as it is written, as an object
/// with the key that `serde_json` has for such numbers. [`compare`](crate::compare) takes it for the number it is.
///
/// # Errors
///
/// [`Error`] if it is neither valid JSON nor valid YAML, or has a number whose digits cannot be kept.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Value, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let starts_as_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if starts_as_json {
        let json = |error: serde_json::Error| Error::Json { name: name.to_owned(), reason: error.to_string() };
        return serde_json::from_slice(&widened(bytes)).map_err(json);
    }
    let yaml = |reason: String| Error::Yaml { name: name.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|error| yaml(error.to_string()))?;
    // `no` is Norway, as in YAML 1.2; as deep as JSON may be
    let options = serde_saphyr::options! { strict_booleans: true, budget: serde_saphyr::budget! { max_depth: 128 } };
    let mut document = serde_saphyr::from_str_with_options(text, options).map_err(|error| yaml(error.to_string()))?;
    restore(name, text, &mut document)?;
    Ok(document)
}

/// The JSON text with each number that would be rounded as the object that stands for it.
fn widened(bytes: &[u8]) -> Cow<'_, [u8]> {
    let (mut out, mut done, mut at) = (Vec::new(), 0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_text(bytes, at),
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..].iter().take_while(|byte| is_of_number(**byte)).count();
                let word = std::str::from_utf8(&bytes[at..at + length]).unwrap_or_default();
                if length > SHORT && Decimal::parse(word).is_some() && !is_exact(word) {
                    out.extend_from_slice(&bytes[done..at]);
                    out.extend_from_slice(wide_value(word).to_string().as_bytes());
                    done = at + length;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    if done == 0 {
        return Cow::Borrowed(bytes);
    }
    out.extend_from_slice(&bytes[done..]);
    Cow::Owned(out)
}

/// Numbers as short as this are read exactly, except those with an exponent.
const SHORT: usize = 4;

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || b"+-.eE".contains(&byte)
}

/// Where a text ends that starts with a quotation mark.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// Puts numbers of a YAML document that have been rounded back as they are written. What a rounded number was is found
/// among the words of the text; if that could be two things, the document is refused.
fn restore(name: &str, text: &str, document: &mut Value) -> Result<(), Error> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c)));
    let numbers =
        words.filter(|word| word.len() > SHORT && word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)));
    let mut rounded = BTreeMap::<u64, BTreeSet<&str>>::new();
    for word in numbers.clone().filter(|word| Decimal::parse(word).is_some() && !is_exact(word)) {
        if let Ok(number) = word.parse::<f64>() {
            rounded.entry(number.to_bits()).or_default().insert(word);
        }
    }
    if rounded.is_empty() {
        return Ok(());
    }
    // the same number may also be written in a way that is exact
    for word in numbers.filter(|word| is_exact(word)) {
        if let Some(known) = word.parse::<f64>().ok().and_then(|number| rounded.get_mut(&number.to_bits())) {
            known.insert(word);
        }
    }
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        let bits = value.as_f64().filter(|_| value.is_f64()).map(f64::to_bits);
        match bits.and_then(|bits| rounded.get(&bits)).map(Vec::from_iter) {
            Some(words) if words.len() == 1 => *value = wide_value(words[0].trim_start_matches('+')),
            Some(words) => {
                let number = words.into_iter().copied().collect::<Vec<_>>().join(" or ");
                return Err(Error::Number { name: name.to_owned(), number });
            }
            None => match value {
                Value::Object(members) => open.extend(members.values_mut()),
                Value::Array(items) => open.extend(items),
                _ => {}
            },
        }
    }
    Ok(())
}

/// Whether a document is of an OpenAPI version that can be compared.
pub(crate) fn check_version(which: &'static str, document: &Value) -> Result<(), Error> {
    let version = document.get("openapi").and_then(Value::as_str).ok_or(Error::NoVersion { which })?;
    match version.split('.').collect::<Vec<_>>()[..] {
        ["3", "0" | "1", ..] => Ok(()),
        _ => Err(Error::Version { which, version: version.to_owned() }),
    }
}
