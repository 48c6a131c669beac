//! Decodes JSON responses.

use hb_bls_gen::{self as raw, Operation};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use crate::{
    Error, Result,
    error::{ENDS_EARLY, NOT_JSON},
};

/// Beginnings of serde's messages, and what is shown instead. Only our own texts are known to contain no value.
const REASONS: [(&str, &str); 4] = [
    ("missing field", "a required field is missing"),
    ("not a time of day", "not a time of day"),
    ("not a date and time", "not a date and time"),
    (raw::TOO_MANY, raw::TOO_MANY),
];

/// Decodes a response.
pub(super) fn json<T: DeserializeOwned>(operation: Operation, body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|_| explain::<T>(operation, body))
}

/// Decodes again to find where decoding fails. The reason is chosen by kind, since serde's message quotes values.
#[cold]
fn explain<T: DeserializeOwned>(operation: Operation, body: &[u8]) -> Error {
    let deserializer = &mut serde_json::Deserializer::from_slice(body);
    let (path, reason) = match serde_path_to_error::deserialize::<_, T>(deserializer) {
        Ok(_) => (".".to_owned(), "there is more data after the JSON value"),
        Err(error) => {
            let reason = match error.inner().classify() {
                Category::Data => {
                    let why = error.inner().to_string();
                    let known = REASONS.iter().find(|(start, _)| why.starts_with(start));
                    known.map_or("the value does not have the documented type", |(_, reason)| reason)
                }
                Category::Eof => ENDS_EARLY,
                Category::Syntax | Category::Io => NOT_JSON,
            };
            (place(error.path()), reason)
        }
    };
    Error::decode(operation, path, reason)
}

/// The place in a response, such as `data[3].time`. An unknown field may have any name.
fn place(path: &Path) -> String {
    let mut place = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => place += &format!("[{index}]"),
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                if !place.is_empty() {
                    place.push('.');
                }
                place += if raw::is_word(name) { name } else { "(not a word)" };
            }
            Segment::Unknown => {}
        }
    }
    if place.is_empty() { ".".to_owned() } else { place }
}
