//! The compiled-in document, by JSON pointers.

use anyhow::{Context as _, Result};
use hb_bls::raw::{self, Operation};
use jsonschema::Validator;
use serde_json::{Value, json};

/// Longer than any chain of references; one that goes in circles ends here.
const CHAIN: usize = 40;

/// The effective document: what is published, and what is assumed.
pub struct Document {
    value: Value,
}

impl Document {
    /// Reads what the client was generated from.
    pub fn load() -> Result<Self> {
        Ok(Self { value: serde_json::from_str(raw::DOCUMENT).context("cannot read the compiled-in document")? })
    }

    /// The document.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// What a pointer leads to; null if nothing is there.
    pub fn at(&self, pointer: &str) -> &Value {
        self.value.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Where the reference at this place leads.
    pub fn reference(&self, pointer: &str) -> Option<&str> {
        self.at(pointer)["$ref"].as_str()?.strip_prefix('#')
    }

    /// The place itself, and those its references lead to, the last being what is meant.
    pub fn chain(&self, pointer: &str) -> Vec<String> {
        let mut chain = vec![pointer.to_owned()];
        while let Some(next) = chain.last().and_then(|last| self.reference(last)).filter(|_| chain.len() < CHAIN) {
            chain.push(next.to_owned());
        }
        chain
    }

    /// A schema and all that it is made of, by pointers: what any of them knows is known.
    pub fn parts(&self, schemas: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut all: Vec<String> = schemas.into_iter().flat_map(|schema| self.chain(&schema)).collect();
        let mut next = 0;
        while next < all.len() && all.len() < CHAIN {
            for keyword in ["allOf", "anyOf", "oneOf"] {
                let count = self.at(&all[next])[keyword].as_array().map_or(0, Vec::len);
                for index in 0..count {
                    let part = format!("{}/{keyword}/{index}", all[next]);
                    all.extend(self.chain(&part));
                }
            }
            next += 1;
        }
        all
    }

    /// Where an operation stands.
    pub fn operation(operation: Operation) -> String {
        join(&join("/paths", operation.path()), &operation.method().to_lowercase())
    }

    /// Where the answer with this status is declared, if it is: by its number, or as `2XX`.
    pub fn response(&self, operation: Operation, status: u16) -> Option<String> {
        let responses = join(&Self::operation(operation), "responses");
        let keys = [status.to_string(), format!("{}XX", status / 100)];
        keys.iter().map(|key| join(&responses, key)).find(|pointer| self.at(pointer).is_object())
    }

    /// What judges values by the schema at this place.
    pub fn validator(&self, schema: &str) -> Result<Validator> {
        let mut root = json!({ "allOf": [self.at(schema)], "components": self.value["components"] });
        lower(&mut root);
        jsonschema::options()
            .should_validate_formats(true)
            .build(&root)
            .map_err(|error| anyhow::anyhow!("the compiled-in document cannot be checked against: {error}"))
    }
}

/// One step further.
pub fn join(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Says OpenAPI 3.0's `nullable` in the terms of JSON Schema.
fn lower(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("nullable") == Some(&Value::Bool(true)) {
                if let Some(kind) = members.get_mut("type") {
                    *kind = json!([kind.take(), "null"]);
                }
                if let Some(Value::Array(values)) = members.get_mut("enum") {
                    values.push(Value::Null);
                }
            }
            members.values_mut().for_each(lower);
        }
        Value::Array(entries) => entries.iter_mut().for_each(lower),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_that_is_json_can_be_judged() {
        let document = Document::load().unwrap();
        for operation in Operation::ALL.into_iter().filter(|operation| operation.method() == "GET") {
            let response = document.response(operation, 200).unwrap();
            let schema = format!("{response}/content/application~1json/schema");
            if operation.accept() == Some("application/json") {
                assert!(!document.at(&schema).is_null(), "{operation:?}");
                assert!(!document.validator(&schema).unwrap().is_valid(&json!(7)), "{operation:?}");
            }
        }
    }

    #[test]
    fn null_is_taken_where_the_document_says_so() {
        let document = Document::load().unwrap();
        let booking = document.validator("/components/schemas/Booking").unwrap();
        assert!(booking.is_valid(&json!({"id": 1, "trainer": null, "attendance": null})));
        assert!(!booking.is_valid(&json!({"id": null})));
        assert!(!booking.is_valid(&json!({"id": 1, "course": null})));
    }
}
