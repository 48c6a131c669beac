//! The published document with the assumptions, as a judge of answers.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::Answer;

/// The effective OpenAPI document: what is published, with the overlay applied.
#[derive(Debug)]
pub(crate) struct Contract {
    document: Value,
}

/// One operation of it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: reqwest::Method,
    pub(crate) path: String,
    /// The declared answers: a status each, or a range like `2XX`. 204 is left out: where both are
    /// allowed, the sandbox gives an answer with a body.
    pub(crate) statuses: Vec<String>,
}

impl Contract {
    pub(crate) fn load() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hb-bls-gen/src/generated/effective.openapi.json");
        let text = std::fs::read_to_string(file).unwrap();
        Self { document: serde_json::from_str(&text).unwrap() }
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        let paths = self.document["paths"].as_object().unwrap();
        let methods = paths.iter().flat_map(|(path, item)| {
            let item = item.as_object().unwrap();
            item.iter().filter(|(_, operation)| operation["operationId"].is_string()).map(move |(method, operation)| {
                Operation {
                    id: operation["operationId"].as_str().unwrap().to_owned(),
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    statuses: statuses(operation),
                }
            })
        });
        methods.collect()
    }

    /// Panics unless the answer is one that the document allows for the operation; tells under which
    /// status it is declared.
    #[track_caller]
    pub(crate) fn check(&self, operation: &Operation, answer: &Answer) -> String {
        let (id, status) = (&operation.id, answer.status);
        let method = operation.method.as_str().to_lowercase();
        let declared = &self.document["paths"][&operation.path][method]["responses"];
        let exact = status.to_string();
        let key = if declared[&exact].is_object() { exact } else { format!("{}XX", status / 100) };
        let declared = self.resolve(&declared[&key]);
        assert!(declared.is_object(), "{id} is not supposed to answer {status}: {}", answer.body);
        for name in declared["headers"].as_object().into_iter().flat_map(Map::keys) {
            let value = answer.headers.get(name).and_then(|value| value.to_str().ok());
            let number = value.and_then(|value| value.parse::<i64>().ok());
            assert!(number.is_some(), "{id} {status}: header {name} is {value:?}");
        }
        let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok());
        let content = &declared["content"][kind.unwrap_or("")];
        assert!(content.is_object(), "{id} {status}: content type {kind:?} is not declared");
        if kind == Some("application/json") {
            self.check_value(&content["schema"], &answer.body, &format!("{id} {status}"));
        }
        key
    }

    /// Panics unless the value is what the named schema describes.
    #[track_caller]
    pub(crate) fn check_schema(&self, name: &str, value: &Value) {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        assert!(self.resolve(&schema).is_object(), "there is no schema {name}");
        self.check_value(&schema, value, name);
    }

    #[track_caller]
    fn check_value(&self, schema: &Value, value: &Value, what: &str) {
        let mut root = json!({ "allOf": [schema], "components": self.document["components"] });
        lower(&mut root);
        let validator = jsonschema::options().should_validate_formats(true).build(&root).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(errors.is_empty(), "{what}: {errors:?} in {value}");
        if let Some(path) = self.undeclared(schema, value) {
            panic!("{what}: {path} is not declared, in {value}");
        }
    }

    /// A field that the schema does not know. JSON Schema lets it pass; a portal should not make it up.
    fn undeclared(&self, schema: &Value, value: &Value) -> Option<String> {
        let mut parts = vec![self.resolve(schema)];
        while let Some(more) = parts.iter().find_map(|part| part["allOf"].as_array()).cloned() {
            parts.retain(|part| !part["allOf"].is_array());
            parts.extend(more.iter().map(|part| self.resolve(part)));
        }
        match value {
            Value::Object(fields) => fields.iter().find_map(|(name, value)| {
                if let Some(part) = parts.iter().find(|part| part["properties"][name].is_object()) {
                    let inner = self.undeclared(&part["properties"][name], value)?;
                    return Some(format!("{name}.{inner}"));
                }
                let free = parts
                    .iter()
                    .any(|part| part["additionalProperties"].is_object() || !part["properties"].is_object());
                (!free).then(|| name.clone())
            }),
            Value::Array(items) => {
                let part = parts.iter().find(|part| part["items"].is_object())?;
                items.iter().find_map(|item| self.undeclared(&part["items"], item))
            }
            _ => None,
        }
    }

    fn resolve(&self, value: &Value) -> Value {
        match value["$ref"].as_str() {
            Some(path) => {
                let pointer = path.strip_prefix('#').unwrap();
                self.resolve(self.document.pointer(pointer).unwrap_or(&Value::Null))
            }
            None => value.clone(),
        }
    }
}

fn statuses(operation: &Value) -> Vec<String> {
    let responses = operation["responses"].as_object().unwrap();
    responses.keys().filter(|status| *status != "204").cloned().collect()
}

/// Turns OpenAPI 3.0's `nullable` into what JSON Schema knows.
fn lower(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.remove("nullable") == Some(Value::Bool(true)) {
                if let Some(kind) = fields.get_mut("type") {
                    *kind = json!([kind, "null"]);
                }
                if let Some(Value::Array(values)) = fields.get_mut("enum") {
                    values.push(Value::Null);
                }
            }
            fields.values_mut().for_each(lower);
        }
        Value::Array(items) => items.iter_mut().for_each(lower),
        _ => {}
    }
}
