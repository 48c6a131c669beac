//! Compares a response with its schema.

use std::collections::BTreeSet;

use hb_bls_gen::{Operation, is_word};
use serde_json::Value;

use super::UndocumentedKind;

/// Deeper than any response; a document whose references form a cycle ends here.
const DEPTH: usize = 40;

/// Receives the parts of a response. Paths are as in [`Undocumented::path`](super::Undocumented::path), and empty for the whole body.
pub trait Visitor<'d> {
    /// A value, and the schemas that describe it, including those that only refer to others.
    fn value(&mut self, path: &str, schemas: &[&'d Value], value: &Value) {
        let _ = (path, schemas, value);
    }

    /// Something that the document does not describe.
    fn unknown(&mut self, path: &str, kind: UndocumentedKind);
}

/// Passes each part of a successful response of an operation to the visitor.
pub(super) fn response<'d>(document: &'d Value, operation: Operation, body: &Value, visitor: &mut dyn Visitor<'d>) {
    let method = operation.method().to_lowercase();
    let Some(responses) = document["paths"][operation.path()][&method]["responses"].as_object() else { return };
    let success = responses.iter().find(|(status, _)| status.starts_with('2'));
    let Some(response) = success.and_then(|(_, response)| chain(document, response).pop()) else { return };
    visit(document, &response["content"]["application/json"]["schema"], body, visitor);
}

/// Passes each part of a value that a schema of the document describes to the visitor.
pub fn visit<'d>(document: &'d Value, schema: &'d Value, body: &Value, visitor: &mut dyn Visitor<'d>) {
    let mut visit = Visit { document, visitor, path: String::new() };
    visit.value(&visit.alternatives(schema), body, 0);
}

/// A part of the document, followed by the parts to which it refers in turn. The last one has the content.
pub fn chain<'d>(document: &'d Value, part: &'d Value) -> Vec<&'d Value> {
    let mut chain = vec![part];
    while let Some(reference) = chain.last().and_then(|last| last["$ref"].as_str()?.strip_prefix('#'))
        && chain.len() < DEPTH
    {
        chain.push(document.pointer(reference).unwrap_or(&Value::Null));
    }
    chain
}

struct Visit<'d, 'v> {
    document: &'d Value,
    visitor: &'v mut dyn Visitor<'d>,
    path: String,
}

impl<'d> Visit<'d, '_> {
    /// A schema and all schemas that it is composed of. What any of them describes is known.
    fn alternatives(&self, schema: &'d Value) -> Vec<&'d Value> {
        let mut all = chain(self.document, schema);
        let mut next = 0;
        while next < all.len() && all.len() < DEPTH {
            for keyword in ["allOf", "anyOf", "oneOf"] {
                let parts = all[next][keyword].as_array().into_iter().flatten();
                all.extend(parts.flat_map(|part| chain(self.document, part)));
            }
            next += 1;
        }
        all
    }

    fn value(&mut self, schemas: &[&'d Value], value: &Value, depth: usize) {
        if depth > DEPTH {
            return;
        }
        self.visitor.value(&self.path, schemas, value);
        match value {
            Value::Object(members) => {
                let properties: Vec<_> = schemas.iter().filter_map(|schema| schema["properties"].as_object()).collect();
                let free = schemas
                    .iter()
                    .any(|schema| schema.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false)));
                if properties.is_empty() || free {
                    return;
                }
                for (name, member) in members {
                    let known: Vec<_> = properties
                        .iter()
                        .filter_map(|properties| properties.get(name))
                        .flat_map(|schema| self.alternatives(schema))
                        .collect();
                    let before = self.path.len();
                    if known.is_empty() {
                        self.push(if is_word(name) { name } else { "(not a word)" });
                        self.visitor.unknown(&self.path, UndocumentedKind::Field);
                    } else {
                        self.push(name);
                        self.value(&known, member, depth + 1);
                    }
                    self.path.truncate(before);
                }
            }
            Value::Array(entries) => {
                // a list without its envelope is compared as well
                let lists = schemas.iter().map(|schema| match &schema["items"] {
                    Value::Null => &schema["properties"]["data"]["items"],
                    items => items,
                });
                let known: Vec<_> =
                    lists.filter(|items| !items.is_null()).flat_map(|items| self.alternatives(items)).collect();
                let before = self.path.len();
                self.path.push_str("[]");
                for entry in entries {
                    self.value(&known, entry, depth + 1);
                }
                self.path.truncate(before);
            }
            Value::String(text) => {
                let sets = ["enum", "x-extensible-enum"];
                let known: BTreeSet<&str> = schemas
                    .iter()
                    .flat_map(|schema| sets.map(|keyword| schema[keyword].as_array()))
                    .flatten()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                if !known.is_empty() && !known.contains(text.as_str()) {
                    let shown = is_word(text) && !self.path.ends_with("_by");
                    self.visitor.unknown(&self.path, UndocumentedKind::Value(shown.then(|| text.clone())));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn push(&mut self, name: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Default)]
    struct Recorder(Vec<(String, UndocumentedKind)>);

    impl Visitor<'_> for Recorder {
        fn unknown(&mut self, path: &str, kind: UndocumentedKind) {
            self.0.push((path.to_owned(), kind));
        }
    }

    fn seen(operation: Operation, body: &Value) -> Vec<(String, UndocumentedKind)> {
        let mut seen = Recorder::default();
        response(super::super::document(), operation, body, &mut seen);
        seen.0
    }

    #[test]
    fn what_the_document_knows_is_not_reported() {
        for body in [
            json!({}),
            json!([]),
            json!(7),
            json!({"data": [{"id": 1, "name": "BLS", "price": 48}]}),
            json!([{"id": 1}]),
        ] {
            assert_eq!(seen(Operation::ListCourses, &body), [], "{body}");
        }
        let page = json!({"data": [], "meta": {"current_page": 1}, "links": {"next": null}});
        assert_eq!(seen(Operation::ListBookings, &page), []);
    }

    #[test]
    fn unknown_fields_and_values_are_reported_by_place() {
        let booking = json!({
            "id": 1, "mood": "Ada Lovelace", "booking_status": "waitlisted", "pay_status": "Ada Lovelace",
            "candidate": {"name": "Ada", "nick": "A"}, "virtual": {"room": 7}, "trainer": null,
        });
        let undocumented = [
            ("booking_status".to_owned(), UndocumentedKind::Value(Some("waitlisted".to_owned()))),
            ("candidate.nick".to_owned(), UndocumentedKind::Field),
            ("mood".to_owned(), UndocumentedKind::Field),
            ("pay_status".to_owned(), UndocumentedKind::Value(None)),
            ("virtual.room".to_owned(), UndocumentedKind::Field),
        ];
        assert_eq!(seen(Operation::GetBooking, &booking), undocumented);
        let listed = seen(Operation::ListBookings, &json!({"data": [booking], "page": 1}));
        assert_eq!(listed[1].0, "data[].candidate.nick");
        assert_eq!(listed.last().unwrap().0, "page");
        let bare = seen(Operation::ListCourses, &json!([{"id": 1, "level": 3}]));
        assert_eq!(bare, [("[].level".to_owned(), UndocumentedKind::Field)]);
    }

    #[test]
    fn names_that_are_no_words_are_not_repeated() {
        let names = json!({"ada@example.com": 1, "+447700900123": 2, "447700900123": 3, "Ada": {"Lovelace": 4}});
        let undocumented = seen(Operation::GetBooking, &names);
        assert!(undocumented.iter().all(|(path, _)| path == "(not a word)"), "{undocumented:?}");
        assert_eq!(undocumented.len(), 4);
    }

    #[test]
    fn values_that_may_be_somebody_are_not_reported() {
        let booking = json!({"booking_status": "Ada", "booked_by": "ada", "pay_option": "ada@example.com"});
        let undocumented =
            ["booked_by", "booking_status", "pay_option"].map(|path| (path.to_owned(), UndocumentedKind::Value(None)));
        assert_eq!(seen(Operation::GetBooking, &booking), undocumented);
    }

    #[test]
    fn each_response_of_the_document_has_a_schema() {
        for operation in Operation::ALL.into_iter().filter(|operation| operation.accept() == Some("application/json")) {
            let undocumented = seen(operation, &json!({"never heard of": 1}));
            assert_eq!(undocumented.len(), 1, "{operation:?}");
        }
    }
}
