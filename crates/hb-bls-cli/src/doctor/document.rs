//! The compiled-in document: the published one together with our assumptions.

use anyhow::Result;
use hb_bls::{compare, raw::Operation};
use jsonschema::Validator;
use serde_json::{Value, json};

/// An operation as the document has it.
pub fn operation(operation: Operation) -> &'static Value {
    &compare::document()["paths"][operation.path()][operation.method().to_lowercase()]
}

/// How the response with this status is declared, if it is: by its number, or as `2XX`. What it refers to comes after it.
pub fn response(of: Operation, status: u16) -> Option<Vec<&'static Value>> {
    let responses = &operation(of)["responses"];
    let declared = responses.get(status.to_string()).or_else(|| responses.get(format!("{}XX", status / 100)))?;
    Some(compare::chain(compare::document(), declared))
}

/// What checks values by a schema.
pub fn validator(schema: &Value) -> Result<Validator> {
    let mut root = json!({ "allOf": [schema], "components": compare::document()["components"] });
    lower(&mut root);
    jsonschema::options()
        .should_validate_formats(true)
        .build(&root)
        .map_err(|error| anyhow::anyhow!("the compiled-in document cannot be checked against: {error}"))
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
    fn every_response_that_is_json_can_be_checked() {
        let json =
            |operation: &Operation| operation.method() == "GET" && operation.accept() == Some("application/json");
        for operation in Operation::ALL.into_iter().filter(json) {
            let response = response(operation, 200).unwrap();
            let schema = &response.last().unwrap()["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{operation:?}");
            assert!(!validator(schema).unwrap().is_valid(&json!(7)), "{operation:?}");
        }
    }

    #[test]
    fn null_is_taken_where_the_document_says_so() {
        let booking = validator(&compare::document()["components"]["schemas"]["Booking"]).unwrap();
        assert!(booking.is_valid(&json!({"id": 1, "trainer": null, "attendance": null})));
        assert!(!booking.is_valid(&json!({"id": null})));
        assert!(!booking.is_valid(&json!({"id": 1, "course": null})));
    }
}
