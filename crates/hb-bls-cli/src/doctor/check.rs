//! Checks a response against what the document says of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use hb_bls::{
    UndocumentedKind,
    compare::{self, Visitor},
    raw::{Operation, is_word},
};
use jsonschema::{ValidationError, error::ValidationErrorKind};
use serde::Serialize;
use serde_json::Value;

use super::{
    calls::RecordedResponse,
    document,
    evidence::{Evidence, ResponsePath},
};

/// The longest media type that is repeated.
const LONGEST: usize = 64;

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It contradicts the document.
    Violation,
    /// A field that the document does not have.
    UnknownField,
    /// A value that is not in a set of which the document says that it may grow.
    UnknownValue,
    /// An optional field that no object had.
    MissingField,
    /// A header that is only assumed, and was not there.
    MissingHeader,
    /// A status that the document allows, and not the one it assumes.
    OtherStatus,
}

/// A finding. It holds no value of the response but words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    #[serde(rename = "verdict")]
    pub kind: Kind,
    #[serde(flatten)]
    pub place: ResponsePath,
    pub text: String,
}

/// Collects what responses show.
#[derive(Default)]
pub struct Checker {
    findings: BTreeSet<Finding>,
    evidence: Evidence,
    /// The optional fields, and whether any object had them.
    optional: BTreeMap<ResponsePath, (bool, &'static Value)>,
}

impl Checker {
    /// Everything found, each once.
    pub fn finish(mut self) -> (Vec<Finding>, Evidence) {
        for (place, (_, schema)) in std::mem::take(&mut self.optional).into_iter().filter(|(_, (met, _))| !met) {
            self.evidence.never(schema, &place, "no response has it");
            self.find(Kind::MissingField, place, "no response has it");
        }
        (self.findings.into_iter().collect(), self.evidence)
    }

    fn find(&mut self, kind: Kind, place: ResponsePath, text: impl Into<String>) {
        self.findings.insert(Finding { kind, place, text: text.into() });
    }

    /// Checks a response.
    pub fn response(&mut self, operation: Operation, response: &RecordedResponse) -> Result<()> {
        let place = ResponsePath::new(operation, "");
        let Some(declared) = document::response(operation, response.status) else {
            // that a server fails, or asks to wait, is no change of the API
            if response.status < 500 && response.status != 429 {
                let text = format!("the status is {}, which the document does not have here", response.status);
                self.find(Kind::Violation, place, text);
            }
            return Ok(());
        };
        for described in &declared {
            self.evidence.met(described);
            if let Some(assumed) = described["x-status"].as_u64() {
                let text = format!("the status is {}, where {assumed} is assumed", response.status);
                let wrong = (assumed != u64::from(response.status)).then_some((Kind::OtherStatus, text));
                self.judge(&described["x-status"], &place, wrong);
            }
            for (name, header) in described["headers"].as_object().into_iter().flatten() {
                let value = response.headers.get(name);
                let number =
                    value.and_then(|value| value.to_str().ok()).is_some_and(|value| value.parse::<i64>().is_ok());
                let wrong = match value {
                    None => Some((Kind::MissingHeader, format!("the header {name} is missing"))),
                    Some(_) if header["schema"]["type"] == "integer" && !number => {
                        Some((Kind::Violation, format!("the header {name} is no whole number")))
                    }
                    Some(_) => None,
                };
                self.judge(header, &place, wrong);
            }
        }
        let content = declared.last().and_then(|described| described["content"].as_object());
        content.map_or(Ok(()), |content| self.content(operation, content, response))
    }

    /// Notes whether something is as a part of the document says.
    fn judge(&mut self, part: &'static Value, place: &ResponsePath, wrong: Option<(Kind, String)>) {
        let Some((kind, text)) = wrong else { return self.evidence.met(part) };
        self.evidence.contradicted(part, place, &text);
        self.find(kind, place.clone(), text);
    }

    fn content(
        &mut self,
        operation: Operation,
        declared: &'static serde_json::Map<String, Value>,
        response: &RecordedResponse,
    ) -> Result<()> {
        let place = ResponsePath::new(operation, "");
        let given = response.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
        if let Some(media) = declared.get(&given) {
            self.evidence.met(media);
        } else {
            let expected: Vec<&str> = declared.keys().map(String::as_str).collect();
            let text = format!("the media type is {}, not {}", shown(&given), expected.join(" or "));
            declared.values().for_each(|media| self.evidence.contradicted(media, &place, &text));
            self.find(Kind::Violation, place.clone(), text);
        }
        // a body under the wrong name is looked at all the same
        if let Some(media) = declared.get("application/json") {
            match serde_json::from_slice::<Value>(&response.body) {
                Ok(body) => self.json(operation, &media["schema"], &body)?,
                Err(_) => self.find(Kind::Violation, place, "the body is not JSON"),
            }
        } else if declared.contains_key("application/pdf") && !response.body.starts_with(b"%PDF-") {
            self.find(Kind::Violation, place, "the body is not a PDF");
        }
        Ok(())
    }

    fn json(&mut self, operation: Operation, schema: &'static Value, body: &Value) -> Result<()> {
        let mut visit = Visit { checker: self, operation, described: Vec::new(), unknown: Vec::new() };
        compare::visit(compare::document(), schema, body, &mut visit);
        let Visit { described, unknown, .. } = visit;
        let violations: BTreeMap<_, _> =
            document::validator(schema)?.iter_errors(body).map(|error| violation(operation, &error)).collect();
        for (place, text) in &violations {
            for (path, schemas) in &described {
                for schema in schemas {
                    // a reference stands for all that is beneath it
                    if *path == place.path || (schema.get("$ref").is_some() && place.is_beneath(path)) {
                        self.evidence.contradicted(schema, place, text);
                    }
                }
            }
            self.find(Kind::Violation, place.clone(), text.clone());
        }
        for (place, kind) in unknown {
            match kind {
                // of a set that may not grow
                UndocumentedKind::Value(_) if violations.contains_key(&place) => {}
                UndocumentedKind::Value(word) => {
                    let text = unknown_value(word.as_deref(), "the list of the document, which may grow");
                    self.find(Kind::UnknownValue, place, text);
                }
                _ => self.find(Kind::UnknownField, place, "the document does not have it"),
            }
        }
        Ok(())
    }
}

/// Notes what is seen of each schema, and what no schema knows.
struct Visit<'c> {
    checker: &'c mut Checker,
    operation: Operation,
    /// The schemas that describe the values at each place.
    described: Vec<(String, Vec<&'static Value>)>,
    unknown: Vec<(ResponsePath, UndocumentedKind)>,
}

impl Visitor<'static> for Visit<'_> {
    fn value(&mut self, path: &str, schemas: &[&'static Value], value: &Value) {
        let ResponsePath { path, .. } = ResponsePath::new(self.operation, path);
        for schema in schemas {
            self.checker.evidence.met(if value.is_null() { &schema["nullable"] } else { schema });
            if let Value::String(text) = value {
                self.word(&path, &schema["x-extensible-enum"], text);
            }
            if !value.is_null() {
                self.fields(&path, schema, value);
            }
        }
        self.foreign(&path, schemas, value);
        self.described.push((path, schemas.to_vec()));
    }

    fn unknown(&mut self, path: &str, kind: UndocumentedKind) {
        self.unknown.push((ResponsePath::new(self.operation, path), kind));
    }
}

impl Visit<'_> {
    fn word(&mut self, path: &str, set: &'static Value, text: &str) {
        let Some(words) = set.as_array() else { return };
        match words.iter().find(|word| *word == text) {
            Some(word) => [set, word].into_iter().for_each(|part| self.checker.evidence.met(part)),
            None => self.checker.evidence.contradicted(
                set,
                &ResponsePath::new(self.operation, path),
                "there is another value",
            ),
        }
    }

    /// Whether the value has the schema's fields.
    fn fields(&mut self, path: &str, schema: &'static Value, value: &Value) {
        let Checker { evidence, optional, .. } = &mut *self.checker;
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for name in required {
            let at = ResponsePath::new(self.operation, path).step(name.as_str().unwrap_or_default());
            match value.get(name.as_str().unwrap_or_default()) {
                Some(_) => evidence.met(name),
                None => evidence.contradicted(name, &at, "it is missing"),
            }
        }
        let (Some(members), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else { return };
        for (name, property) in properties.iter().filter(|(name, _)| !required.iter().any(|other| other == *name)) {
            let at = ResponsePath::new(self.operation, path).step(name);
            optional.entry(at).or_insert((false, property)).0 |= members.contains_key(name);
        }
        for name in members.keys().filter(|name| !properties.contains_key(*name)) {
            let at = ResponsePath::new(self.operation, path).step(if is_word(name) { name } else { "(not a word)" });
            evidence.extra(schema, name, at);
        }
    }

    /// An object that has something, of which nothing is known, is not what the document means.
    fn foreign(&mut self, path: &str, schemas: &[&'static Value], value: &Value) {
        let Some(members) = value.as_object().filter(|members| !members.is_empty()) else { return };
        let mut described = schemas.iter().filter_map(|schema| schema["properties"].as_object()).peekable();
        let is_described = described.peek().is_some();
        if is_described && !described.any(|properties| members.keys().any(|name| properties.contains_key(name))) {
            let place = ResponsePath::new(self.operation, path);
            let text = "it has none of the expected fields";
            schemas.iter().for_each(|schema| self.checker.evidence.contradicted(schema, &place, text));
        }
    }
}

/// Where a value is not what its schema says, and how; of a field that is missing, where it should be.
fn violation(operation: Operation, error: &ValidationError<'_>) -> (ResponsePath, String) {
    let place = readable(operation, error.instance_path().as_str());
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            (place.step(property.as_str().unwrap_or_default()), "it is missing, and is required".to_owned())
        }
        ValidationErrorKind::Type { .. } => {
            let text = format!("{}; it is {}", error.masked_with("the value"), kind_of(error.instance()));
            (place, text)
        }
        ValidationErrorKind::Enum { .. } => {
            // `booked_by` may name somebody
            let word = error.instance().as_str().filter(|text| is_word(text) && !place.path.ends_with("_by"));
            (place, unknown_value(word, "the published list"))
        }
        _ => (place, error.masked_with("the value").to_string()),
    }
}

fn unknown_value(word: Option<&str>, list: &str) -> String {
    match word {
        Some(word) => format!("the value `{word}` is not in {list}"),
        None => format!("the value is not in {list}"),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A JSON pointer as people read it: `data[].price`.
fn readable(operation: Operation, pointer: &str) -> ResponsePath {
    pointer.split('/').skip(1).fold(ResponsePath::new(operation, ""), |place, key| {
        let key = key.replace("~1", "/").replace("~0", "~");
        let is_index = !key.is_empty() && key.chars().all(|char| char.is_ascii_digit());
        if is_index { place.entry() } else { place.step(if is_word(&key) { &key } else { "(not a word)" }) }
    })
}

/// A media type, unless it could be anything.
fn shown(media: &str) -> String {
    let fits = media.len() <= LONGEST && media.chars().all(|c| c.is_ascii_alphanumeric() || "/+-.".contains(c));
    match media {
        "" => "not given".to_owned(),
        _ if fits => media.to_owned(),
        _ => "something else".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_fit_to_read_and_hold_no_values() {
        for (pointer, path) in [
            ("", "."),
            ("/data/0/price", "data[].price"),
            ("/0/id", "[].id"),
            ("/data/1/ada@example.com", "data[].(not a word)"),
            ("/a~1b", "(not a word)"),
        ] {
            assert_eq!(readable(Operation::GetBooking, pointer).path, path);
        }
        assert_eq!(shown("text/html\u{1b}[2J"), "something else");
    }

    #[test]
    fn what_is_broken_is_described_without_the_value() {
        let booking = serde_json::json!({
            "pay_option": "Ada Lovelace", "certificate_available": "Ada", "created_at": "Ada's birthday",
            "candidate": {"email": "ada at home"}, "course": {},
        });
        let schema = &compare::document()["components"]["schemas"]["Booking"];
        let validator = document::validator(schema).unwrap();
        let found: BTreeMap<_, _> =
            validator.iter_errors(&booking).map(|error| violation(Operation::GetBooking, &error)).collect();
        let found: Vec<_> = found.iter().map(|(place, text)| (place.path.as_str(), text.as_str())).collect();
        assert_eq!(
            found,
            [
                ("candidate.email", "the value is not a \"email\""),
                ("certificate_available", "the value is not of type \"boolean\"; it is a string"),
                ("course.id", "it is missing, and is required"),
                ("created_at", "the value is not a \"date-time\""),
                ("id", "it is missing, and is required"),
                ("pay_option", "the value is not in the published list"),
            ]
        );
    }
}
