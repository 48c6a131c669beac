//! Walks an answer beside its schemas.

use std::collections::BTreeMap;

use jsonschema::{ValidationError, error::ValidationErrorKind};
use serde_json::Value;

use super::{
    check::{Kind, word},
    document::{Document, join},
    evidence::{Counter, Evidence, Site},
};

/// Deeper than any answer.
const DEPTH: usize = 40;
/// Stands for a name that could be personal.
const NO_WORD: &str = "(not a word)";

/// The fields of objects, by the objects' place and the field's name.
pub type Fields = BTreeMap<(Site, String), Field>;

/// Whether a field was there.
#[derive(Debug, Default)]
pub struct Field {
    pub present: u64,
    pub required: bool,
}

/// A value that is not what its schema says.
#[derive(Debug)]
pub struct Broken {
    /// Where in the answer, as a JSON pointer.
    pointer: String,
    /// The same for people; that of the member if one is missing.
    pub path: String,
    pub text: String,
    /// Whether it is a member that is missing, not the value itself.
    lacks: bool,
}

impl Broken {
    pub fn of(error: &ValidationError<'_>) -> Self {
        let pointer = error.instance_path().as_str().to_owned();
        let path = readable(&pointer);
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                Self {
                    path: step(&path, name),
                    pointer,
                    text: "it is missing, and is required".to_owned(),
                    lacks: true,
                }
            }
            ValidationErrorKind::Type { .. } => {
                let text = format!("{}; it is {}", error.masked_with("the value"), kind_of(error.instance()));
                Self { pointer, path, text, lacks: false }
            }
            ValidationErrorKind::Enum { .. } => {
                let text = unknown_value(&path, error.instance().as_str().unwrap_or_default(), "the published list");
                Self { pointer, path, text, lacks: false }
            }
            _ => Self { pointer, path, text: error.masked_with("the value").to_string(), lacks: false },
        }
    }
}

fn unknown_value(path: &str, value: &str, list: &str) -> String {
    // `booked_by` may name somebody
    match word(value).filter(|_| !path.ends_with("_by")) {
        Some(value) => format!("the value `{value}` is not in {list}"),
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
fn readable(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(".".to_owned(), |path, key| {
        let key = key.replace("~1", "/").replace("~0", "~");
        let index = !key.is_empty() && key.chars().all(|c| c.is_ascii_digit());
        if index { entry(&path) } else { step(&path, word(&key).unwrap_or(NO_WORD)) }
    })
}

/// The path of a member.
pub fn step(path: &str, name: &str) -> String {
    if path == "." { name.to_owned() } else { format!("{path}.{name}") }
}

/// The path of a list's entries.
fn entry(path: &str) -> String {
    if path == "." { "[]".to_owned() } else { format!("{path}[]") }
}

/// Notes what is seen of each schema, and finds what no schema knows.
pub struct Walk<'a> {
    pub document: &'a Document,
    pub operation: &'static str,
    pub broken: &'a [Broken],
    pub evidence: &'a mut Evidence,
    pub fields: &'a mut Fields,
    pub found: &'a mut Vec<(Kind, String, String)>,
}

impl Walk<'_> {
    /// Looks at a value, at a JSON pointer into the answer, by the schemas at these places of the document.
    pub fn value(&mut self, schemas: Vec<String>, value: &Value, pointer: &str) {
        if pointer.matches('/').count() > DEPTH {
            return;
        }
        let path = readable(pointer);
        let parts = self.document.parts(schemas);
        self.note(&parts, value, pointer, &path);
        match value {
            Value::Object(members) => self.object(&parts, members, pointer, &path),
            Value::Array(entries) => {
                // a list without its envelope is read as well
                let items = |part: &String| {
                    let items = [format!("{part}/items"), format!("{part}/properties/data/items")];
                    items.into_iter().find(|items| !self.document.at(items).is_null())
                };
                let items: Vec<String> = parts.iter().filter_map(items).collect();
                for (index, entry) in entries.iter().enumerate() {
                    self.value(items.clone(), entry, &format!("{pointer}/{index}"));
                }
            }
            Value::String(text) => self.text(&parts, text, path),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn site(&self, path: &str) -> Site {
        Site { operation: self.operation, path: path.to_owned() }
    }

    /// Whether the value is what its schemas say.
    fn note(&mut self, parts: &[String], value: &Value, pointer: &str, path: &str) {
        let counter = |broken: &Broken| Counter {
            site: Site { operation: self.operation, path: broken.path.clone() },
            text: broken.text.clone(),
        };
        let own = self.broken.iter().find(|broken| broken.pointer == pointer && !broken.lacks).map(counter);
        let beneath = |broken: &&Broken| {
            broken.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let any = self.broken.iter().find(beneath).map(counter);
        let foreign = self
            .is_foreign(parts, value)
            .then(|| Counter { site: self.site(path), text: "it has nothing of what is expected here".to_owned() });
        for part in parts {
            let has_properties = self.document.at(part)["properties"].is_object();
            let site = self.site(path);
            let node = self.evidence.node(part);
            if value.is_null() {
                node.nulls += 1;
            } else {
                node.met += 1;
            }
            if value.is_object() {
                node.objects += 1;
            } else if has_properties && !value.is_null() {
                let text = format!("it is {}, not an object", kind_of(value));
                node.no_object.get_or_insert(Counter { site, text });
            }
            node.broken = node.broken.take().or_else(|| own.clone());
            node.unfit = node.unfit.take().or_else(|| any.clone()).or_else(|| foreign.clone());
        }
    }

    /// Whether an object has something, and nothing of it is known.
    fn is_foreign(&self, parts: &[String], value: &Value) -> bool {
        let Some(members) = value.as_object().filter(|members| !members.is_empty()) else { return false };
        let mut described = parts.iter().filter_map(|part| self.document.at(part)["properties"].as_object()).peekable();
        described.peek().is_some()
            && !described.any(|properties| members.keys().any(|name| properties.contains_key(name)))
    }

    fn object(&mut self, parts: &[String], members: &serde_json::Map<String, Value>, pointer: &str, path: &str) {
        let document = self.document;
        let described: Vec<(&String, _)> = parts
            .iter()
            .filter_map(|part| Some((part, document.at(part)["properties"].as_object().filter(|all| !all.is_empty())?)))
            .collect();
        for (part, properties) in &described {
            let required = document.at(part)["required"].as_array();
            for name in properties.keys() {
                let member = self.evidence.node(part).members.entry(name.clone()).or_default();
                let field = (Site { operation: self.operation, path: path.to_owned() }, name.clone());
                let field = self.fields.entry(field).or_default();
                field.required |= required.is_some_and(|all| all.iter().any(|one| one == name));
                if members.contains_key(name) {
                    member.present += 1;
                    field.present += 1;
                } else {
                    let site = Site { operation: self.operation, path: step(path, name) };
                    member.absent.get_or_insert(site);
                }
            }
        }
        let more: Vec<String> = parts.iter().map(|part| join(part, "additionalProperties")).collect();
        let more: Vec<String> = more.into_iter().filter(|more| document.at(more).is_object()).collect();
        for (name, member) in members {
            let known = described.iter().filter(|(_, properties)| properties.contains_key(name));
            let known: Vec<String> = known.map(|(part, _)| join(&join(part, "properties"), name)).collect();
            if !known.is_empty() {
                self.value(known, member, &join(pointer, name));
            } else if !more.is_empty() {
                self.value(more.clone(), member, &join(pointer, name));
            } else if !described.is_empty() {
                let place = step(path, word(name).unwrap_or(NO_WORD));
                let site = self.site(&place);
                for (part, _) in &described {
                    self.evidence.node(part).extra.entry(name.clone()).or_insert_with(|| site.clone());
                }
                self.found.push((Kind::UnknownField, place, "the document does not have it".to_owned()));
            }
        }
    }

    fn text(&mut self, parts: &[String], text: &str, path: String) {
        let mut open = false;
        let mut known = false;
        for part in parts {
            let schema = self.document.at(part);
            let has = |set: &Value| set.as_array().is_some_and(|words| words.iter().any(|one| one == text));
            known |= has(&schema["enum"]);
            if !schema["x-extensible-enum"].is_array() {
                continue;
            }
            open = true;
            let site = self.site(&path);
            let node = self.evidence.node(part);
            if has(&schema["x-extensible-enum"]) {
                known = true;
                node.words.insert(text.to_owned());
            } else {
                node.unknown_word.get_or_insert(site);
            }
        }
        if open && !known {
            let text = unknown_value(&path, text, "the list of the document, which may grow");
            self.found.push((Kind::UnknownValue, path, text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_fit_to_read_and_tell_no_values() {
        for (pointer, path) in [
            ("", "."),
            ("/data/0/price", "data[].price"),
            ("/0/id", "[].id"),
            ("/data/1/ada@example.com", "data[].(not a word)"),
            ("/a~1b", "(not a word)"),
        ] {
            assert_eq!(readable(pointer), path);
        }
    }

    #[test]
    fn what_is_broken_is_told_without_the_value() {
        let document = Document::load().unwrap();
        let booking = serde_json::json!({
            "pay_option": "Ada Lovelace", "certificate_available": "Ada", "created_at": "Ada's birthday",
            "candidate": {"email": "ada at home"}, "course": {},
        });
        let validator = document.validator("/components/schemas/Booking").unwrap();
        let mut told: Vec<_> = validator.iter_errors(&booking).map(|error| Broken::of(&error)).collect();
        told.sort_by(|a, b| a.path.cmp(&b.path));
        let told: Vec<_> = told.iter().map(|broken| (broken.path.as_str(), broken.text.as_str())).collect();
        assert_eq!(
            told,
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
