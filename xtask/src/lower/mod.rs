//! Brings an OpenAPI 3.1 document down to 3.0.3.
//!
//! What 3.0 can say in another way is rewritten; what only annotates is dropped; a keyword that 3.0 cannot
//! express and that changes what is valid is an error, since a silent loss would make wrong code.

mod items;

use serde_json::{Map, Value, json};

pub use self::items::{WEBHOOKS, inline as inline_items, place as place_items};
use crate::walk;

/// Why a document cannot be expressed in 3.0.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs)] // the messages are the documentation
pub enum LowerError {
    #[error("{place}: `{keyword}` cannot be expressed in OpenAPI 3.0")]
    Keyword { place: String, keyword: &'static str },
    #[error("webhook `{name}` would become schema `{schema}`, which exists with another content")]
    WebhookName { name: String, schema: String },
    #[error("`webhooks` and `x-webhooks` both have `{name}`")]
    WebhookTwice { name: String },
}

const ANNOTATIONS: [&str; 7] =
    ["$id", "$schema", "$comment", "$anchor", "$dynamicAnchor", "contentMediaType", "contentEncoding"];
const INEXPRESSIBLE: [&str; 16] = [
    "$defs",
    "$dynamicRef",
    "if",
    "then",
    "else",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "patternProperties",
    "dependentSchemas",
    "dependentRequired",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

/// The same API as OpenAPI 3.0.3.
pub fn to_3_0(mut document: Value) -> Result<Value, LowerError> {
    document["openapi"] = "3.0.3".into();
    place_items(&mut document)?;
    lower_root(&mut document);
    let mut failed = None;
    let mut visit = |place: &str, schema: &mut Value| {
        if let Err(error) = lower_schema(place, schema) {
            failed.get_or_insert(error);
        }
    };
    walk::visit_schemas(&mut document, &mut visit);
    walk::visit_items(WEBHOOKS, &mut document, &mut visit);
    match failed {
        Some(error) => Err(error),
        None => Ok(document),
    }
}

/// Says in 3.0 what a document that calls itself 3.0 says in 3.1, as tools export it.
pub fn mend_3_0(document: &mut Value) {
    let mut visit = |_: &str, schema: &mut Value| {
        if let Some(members) = schema.as_object_mut() {
            lower_keywords(members);
        }
    };
    walk::visit_schemas(document, &mut visit);
    walk::visit_items(WEBHOOKS, document, &mut visit);
}

fn lower_root(document: &mut Value) {
    let Some(root) = document.as_object_mut() else { return };
    root.remove("jsonSchemaDialect");
    if let Some(info) = root.get_mut("info").and_then(Value::as_object_mut) {
        info.remove("summary");
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut) {
            license.remove("identifier");
        }
    }
    root.entry("paths").or_insert_with(|| json!({}));
}

fn lower_schema(place: &str, schema: &mut Value) -> Result<(), LowerError> {
    match schema {
        Value::Bool(true) => *schema = json!({}),
        Value::Bool(false) => *schema = json!({ "not": {} }),
        _ => {}
    }
    let Some(members) = schema.as_object_mut() else { return Ok(()) };
    if let Some(keyword) = INEXPRESSIBLE.into_iter().find(|keyword| members.contains_key(*keyword)) {
        return Err(LowerError::Keyword { place: place.to_owned(), keyword });
    }
    if members.contains_key("contentEncoding") {
        members.entry("format").or_insert_with(|| "byte".into());
    } else if members.contains_key("contentMediaType") {
        members.entry("format").or_insert_with(|| "binary".into());
    }
    ANNOTATIONS.iter().for_each(|keyword| {
        members.remove(*keyword);
    });
    for key in ["items", "not"] {
        if let Some(Value::Bool(all)) = members.get(key) {
            let schema = if *all { json!({}) } else { json!({ "not": {} }) };
            members.insert(key.to_owned(), schema);
        }
    }
    lower_keywords(members);
    lower_ref_siblings(members);
    Ok(())
}

fn lower_keywords(members: &mut Map<String, Value>) {
    lower_const(members);
    lower_bounds(members);
    lower_examples(members);
    lower_type(members);
    for key in ["anyOf", "oneOf"] {
        lower_null_branch(members, key);
    }
}

fn lower_const(members: &mut Map<String, Value>) {
    if let Some(value) = members.remove("const") {
        members.insert("enum".to_owned(), json!([value]));
    }
}

fn lower_bounds(members: &mut Map<String, Value>) {
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        let Some(limit) = members.get(exclusive).filter(|limit| limit.is_number()).cloned() else { continue };
        let tighter = match (members.get(bound).and_then(Value::as_f64), limit.as_f64()) {
            (Some(inclusive), Some(limit)) if bound == "minimum" => limit >= inclusive,
            (Some(inclusive), Some(limit)) => limit <= inclusive,
            _ => true,
        };
        if tighter {
            members.insert(bound.to_owned(), limit);
            members.insert(exclusive.to_owned(), true.into());
        } else {
            members.remove(exclusive);
        }
    }
}

fn lower_examples(members: &mut Map<String, Value>) {
    if let Some(Value::Array(examples)) = members.get("examples") {
        let first = examples.first().cloned();
        members.remove("examples");
        if let Some(first) = first {
            members.entry("example").or_insert(first);
        }
    }
}

fn lower_type(members: &mut Map<String, Value>) {
    if members.get("type").is_some_and(|kind| kind == "null") {
        members.remove("type");
        members.insert("nullable".to_owned(), true.into());
        members.insert("enum".to_owned(), json!([null]));
        return;
    }
    let Some(Value::Array(kinds)) = members.get("type").cloned() else { return };
    let nullable = kinds.iter().any(|kind| kind == "null");
    let mut kinds: Vec<Value> = kinds.into_iter().filter(|kind| kind != "null").collect();
    members.remove("type");
    if kinds.len() == 1 {
        members.insert("type".to_owned(), kinds.remove(0));
    } else if !kinds.is_empty() {
        let branches: Vec<Value> = kinds.into_iter().map(|kind| json!({ "type": kind })).collect();
        require(members, json!({ "anyOf": branches }));
    }
    if nullable {
        members.insert("nullable".to_owned(), true.into());
    }
}

/// `anyOf: [X, null]` is a nullable X.
fn lower_null_branch(members: &mut Map<String, Value>, key: &str) {
    let Some(Value::Array(branches)) = members.get(key).cloned() else { return };
    let is_null = |branch: &Value| branch["enum"] == json!([null]);
    let rest: Vec<Value> = branches.iter().filter(|branch| !is_null(branch)).cloned().collect();
    if rest.len() == branches.len() {
        return;
    }
    members.insert("nullable".to_owned(), true.into());
    members.remove(key);
    match <[Value; 1]>::try_from(rest) {
        Ok([only]) => require(members, only),
        Err(rest) => {
            members.insert(key.to_owned(), rest.into());
        }
    }
}

/// Adds a condition to those that a schema has: a plain `anyOf` would replace one that is there.
fn require(members: &mut Map<String, Value>, schema: Value) {
    match members.get_mut("allOf").and_then(Value::as_array_mut) {
        Some(parts) => parts.push(schema),
        None => {
            members.insert("allOf".to_owned(), json!([schema]));
        }
    }
}

/// In 3.1 what is beside a `$ref` counts; 3.0 says the same with `allOf`.
fn lower_ref_siblings(members: &mut Map<String, Value>) {
    if members.len() > 1
        && let Some(reference) = members.remove("$ref")
    {
        let mut parts = vec![json!({ "$ref": reference })];
        if let Some(Value::Array(more)) = members.remove("allOf") {
            parts.extend(more);
        }
        members.insert("allOf".to_owned(), parts.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(schema: Value) -> Result<Value, LowerError> {
        let document = json!({"openapi": "3.1.0", "components": {"schemas": {"T": schema}}});
        to_3_0(document).map(|document| document["components"]["schemas"]["T"].clone())
    }

    #[test]
    fn schemas_say_the_same_in_3_0() {
        let cases = [
            (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
            (
                json!({"type": ["string", "integer"]}),
                json!({"allOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}]}),
            ),
            (
                json!({"type": ["string", "integer"], "anyOf": [{"minimum": 1}], "allOf": [{"maximum": 2}]}),
                json!({"anyOf": [{"minimum": 1}], "allOf": [{"maximum": 2}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}]}),
            ),
            (json!({"not": true}), json!({"not": {}})),
            (json!({"const": "x"}), json!({"enum": ["x"]})),
            (json!({"exclusiveMinimum": 3}), json!({"minimum": 3, "exclusiveMinimum": true})),
            (json!({"minimum": 5, "exclusiveMinimum": 3}), json!({"minimum": 5})),
            (json!({"maximum": 5, "exclusiveMaximum": 3}), json!({"maximum": 3, "exclusiveMaximum": true})),
            (json!({"examples": ["a", "b"]}), json!({"example": "a"})),
            (json!({"$ref": "#/x", "description": "d"}), json!({"allOf": [{"$ref": "#/x"}], "description": "d"})),
            (json!({"$ref": "#/x"}), json!({"$ref": "#/x"})),
            (
                json!({"anyOf": [{"$ref": "#/x"}, {"type": "null"}]}),
                json!({"allOf": [{"$ref": "#/x"}], "nullable": true}),
            ),
            (
                json!({"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}),
                json!({"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}),
            ),
            (
                json!({"type": "string", "contentMediaType": "application/pdf"}),
                json!({"type": "string", "format": "binary"}),
            ),
            (json!({"type": "array", "items": true}), json!({"type": "array", "items": {}})),
            (json!({"$comment": "c", "type": "string"}), json!({"type": "string"})),
            (
                json!({"type": "object", "properties": {"examples": {"type": ["integer", "null"]}, "const": true}}),
                json!({"type": "object", "properties": {"examples": {"type": "integer", "nullable": true}, "const": {}}}),
            ),
        ];
        for (from, to) in cases {
            assert_eq!(lowered(from.clone()).unwrap(), to, "{from}");
        }
    }

    #[test]
    fn what_3_0_cannot_say_is_an_error() {
        let error = lowered(json!({"properties": {"p": {"if": {}}}})).unwrap_err();
        assert_eq!(error.to_string(), "T.p: `if` cannot be expressed in OpenAPI 3.0");
    }

    #[test]
    fn schemas_are_found_wherever_they_stand() {
        let text = json!({"type": ["string", "null"]});
        let holder = json!({"content": {"application/json": {"schema": text}}, "headers": {"h": {"schema": text}}});
        let document = to_3_0(json!({
            "openapi": "3.1.0", "jsonSchemaDialect": "x", "info": {"summary": "s"},
            "paths": {"/a": {"parameters": [{"name": "p", "schema": text}], "get": {
                "parameters": [{"name": "q", "schema": text}], "requestBody": holder, "responses": {"200": holder},
                "callbacks": {"c": {"{$url}": {"post": {"requestBody": holder}}}}}}, "/b": {"$ref": "#/components/pathItems/B"}},
            "components": {"responses": {"R": holder}, "pathItems": {"B": {"get": {"requestBody": holder}}}},
        }));
        let text = document.unwrap().to_string();
        assert_eq!(text.matches(r#"{"nullable":true,"type":"string"}"#).count(), 12, "{text}");
        assert!(!text.contains("null\"]") && !text.contains("jsonSchemaDialect") && !text.contains("summary"));
    }
}
