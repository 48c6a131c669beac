//! Removes what would make a response unreadable when the beta API changes.

use serde_json::{Value, json};

use super::{Log, hoist::is_type};
use crate::walk;

/// Keywords that make a reader refuse a value, or fill in one that was never sent.
const REFUSING: [&str; 15] = [
    "title",
    "default",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];
/// Formats that have a type here. Any other could only make a reader refuse a value.
const FORMATS: [&str; 5] = ["date-time", "date", "decimal", "password", "binary"];

/// Drops bounds, patterns, defaults, strict formats and closed objects, from requests as well: the server
/// is the judge of what it takes, and most of these are assumptions. A title would become a type's name.
pub fn relax(document: &mut Value, log: &mut Log) {
    walk::visit_schemas(document, &mut |place, schema| {
        let Some(members) = schema.as_object_mut() else { return };
        for keyword in REFUSING {
            if let Some(value) = members.remove(keyword) {
                log.note(place, format!("`{keyword}: {value}` dropped"));
            }
        }
        if members.get("additionalProperties") == Some(&Value::Bool(false)) {
            members.remove("additionalProperties");
            log.note(place, "`additionalProperties: false` dropped");
        }
        let format = members.get("format").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !format.is_empty() && !FORMATS.contains(&format.as_str()) {
            members.remove("format");
            log.note(place, format!("`format: {format}` dropped"));
        }
    });
}

/// Lets null stand for absent wherever a property may be absent, and whole components be what they are:
/// a nullable component would wrap its type in an option of its own.
pub fn accept_null(document: &mut Value, log: &mut Log) {
    let mut nullable = Vec::new();
    for (name, schema) in walk::schemas_mut(document).into_iter().flatten() {
        if schema.as_object_mut().and_then(|members| members.remove("nullable")) == Some(json!(true)) {
            log.note(name, "`nullable` moved to where it is used");
            nullable.push(name.clone());
        }
    }
    walk::visit_schemas(document, &mut |place, schema| {
        let mut required: Vec<String> = required(schema);
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
        let before = required.len();
        for (name, property) in properties.iter_mut() {
            // hoisting turns an inline type into a component, which is then no longer nullable itself
            let named = walk::schema_name(property).is_some_and(|target| nullable.iter().any(|known| known == target));
            if named || (property["nullable"] == true && is_type(property)) {
                required.retain(|known| known != name);
            }
            // otherwise an optional list or map would be empty when it is absent, and null would be refused
            let collection = property["type"] == "array" || property["additionalProperties"].is_object();
            if collection && !required.contains(name) && property["nullable"] != true {
                property["nullable"] = true.into();
                log.note(format!("{place}.{name}"), "may be null, since it may be absent");
            }
        }
        if required.len() < before {
            log.note(place, "properties of a nullable type are no longer required");
            schema["required"] = required.into();
        }
    });
}

fn required(schema: &Value) -> Vec<String> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::run_step, *};

    fn schemas(step: super::super::Step, schemas: Value) -> (Value, Vec<String>) {
        let (mut document, notes) = run_step(step, json!({"components": {"schemas": schemas}}));
        (document["components"]["schemas"].take(), notes)
    }

    #[test]
    fn nothing_is_left_that_refuses() {
        let (after, notes) = schemas(
            relax,
            json!({"T": {"title": "t", "additionalProperties": false, "properties": {
                "title": {"type": "string", "minLength": 1, "format": "uuid"},
                "at": {"type": "string", "format": "date-time"},
                "n": {"type": "integer", "default": 3, "maximum": 9}}}}),
        );
        assert_eq!(
            after,
            json!({"T": {"properties": {
                "title": {"type": "string"}, "at": {"type": "string", "format": "date-time"}, "n": {"type": "integer"}}}})
        );
        assert_eq!(
            notes,
            [
                "T: `additionalProperties: false` dropped",
                "T: `title: \"t\"` dropped",
                "T.n: `default: 3` dropped",
                "T.n: `maximum: 9` dropped",
                "T.title: `format: uuid` dropped",
                "T.title: `minLength: 1` dropped"
            ]
        );
    }

    #[test]
    fn null_is_taken_wherever_absence_is() {
        let list = json!({"type": "array", "items": {}});
        let inline = json!({"type": "object", "nullable": true, "properties": {"x": {}}});
        let (after, notes) = schemas(
            accept_null,
            json!({
                "N": {"type": "object", "nullable": true},
                "T": {"required": ["must", "n", "i"], "properties": {
                    "must": list, "may": list, "n": {"$ref": "#/components/schemas/N"}, "i": inline}},
            }),
        );
        assert_eq!(
            after,
            json!({
                "N": {"type": "object"},
                "T": {"required": ["must"], "properties": {
                    "must": list, "may": {"type": "array", "items": {}, "nullable": true}, "n": {"$ref": "#/components/schemas/N"},
                    "i": inline}},
            })
        );
        assert_eq!(notes.len(), 3, "{notes:?}");
    }
}
