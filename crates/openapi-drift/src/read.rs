//! Reads documents.

use serde_json::Value;

use crate::{
    error::Error,
    side::{items, members},
};

/// Reads JSON or YAML, told apart by the first character. `name` is for messages.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Value, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let starts_as_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let document = if starts_as_json {
        let json = |error: serde_json::Error| Error::Json { name: name.to_owned(), reason: error.to_string() };
        serde_json::from_slice(bytes).map_err(json)?
    } else {
        let yaml = |reason: String| Error::Yaml { name: name.to_owned(), reason };
        let text = std::str::from_utf8(bytes).map_err(|error| yaml(error.to_string()))?;
        // `no` is Norway, as in YAML 1.2; as deep as JSON may be
        let options =
            serde_saphyr::options! { strict_booleans: true, budget: serde_saphyr::budget! { max_depth: 128 } };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| yaml(error.to_string()))?
    };
    match rounded(&document, bytes) {
        Some(number) => Err(Error::Number { name: name.to_owned(), number }),
        None => Ok(document),
    }
}

/// An integer that is too large for 64 bits, and so was read as another one.
fn rounded(document: &Value, bytes: &[u8]) -> Option<String> {
    let (mut large, mut open) = (Vec::new(), vec![document]);
    while let Some(value) = open.pop() {
        large.extend(value.as_f64().filter(|number| value.is_f64() && number.abs() >= 9e18));
        open.extend(members(Some(value)).map(|(_, member)| member).chain(items(Some(value))));
    }
    if large.is_empty() {
        return None;
    }
    let is_whole = |word: &&str| word.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
    let is_rounded = |word: &&str| word.parse().is_ok_and(|number| large.contains(&number));
    let words = bytes.split(|byte| !(byte.is_ascii_alphanumeric() || b"+-.".contains(byte)));
    let mut numbers = words.filter_map(|word| std::str::from_utf8(word).ok()).filter(is_whole).filter(is_rounded);
    numbers.find(|word| word.parse::<u64>().is_err() && word.parse::<i64>().is_err()).map(str::to_owned)
}

/// Whether a document is of an OpenAPI version that can be compared.
pub(crate) fn check_version(which: &'static str, document: &Value) -> Result<(), Error> {
    let version = document.get("openapi").and_then(Value::as_str).ok_or(Error::NoVersion { which })?;
    match version.split('.').collect::<Vec<_>>()[..] {
        ["3", "0" | "1", ..] => Ok(()),
        _ => Err(Error::Version { which, version: version.to_owned() }),
    }
}
