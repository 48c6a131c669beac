//! Reads documents.

use serde_json::Value;

use crate::error::Error;

/// Reads JSON or YAML, told apart by the first character. `name` is for messages.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Value, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let starts_as_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if starts_as_json {
        let json = |error: serde_json::Error| Error::Json { name: name.to_owned(), reason: error.to_string() };
        return serde_json::from_slice(bytes).map_err(json);
    }
    let yaml = |reason: String| Error::Yaml { name: name.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|error| yaml(error.to_string()))?;
    // `no` is Norway, as in YAML 1.2; as deep as JSON may be
    let options = serde_saphyr::options! { strict_booleans: true, budget: serde_saphyr::budget! { max_depth: 128 } };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| yaml(error.to_string()))
}

/// Whether a document is of an OpenAPI version that can be compared.
pub(crate) fn check_version(which: &'static str, document: &Value) -> Result<(), Error> {
    let version = document.get("openapi").and_then(Value::as_str).ok_or(Error::NoVersion { which })?;
    match version.split('.').collect::<Vec<_>>()[..] {
        ["3", "0" | "1", ..] => Ok(()),
        _ => Err(Error::Version { which, version: version.to_owned() }),
    }
}
