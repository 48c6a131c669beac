//! Removes what the documentation tool leaves in a document, and members without content.

use serde_json::{Map, Value};

/// Members that hold data of the API: nothing in them is removed.
const DATA: [&str; 6] = ["const", "default", "enum", "example", "examples", "value"];

/// Members whose own members are named by the API.
const NAMES: [&str; 20] = [
    "$defs",
    "callbacks",
    "content",
    "dependentSchemas",
    "encoding",
    "headers",
    "links",
    "mapping",
    "parameters",
    "pathItems",
    "paths",
    "patternProperties",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "scopes",
    "securitySchemes",
    "variables",
    "webhooks",
];

/// Cleans a whole document.
pub fn clean(document: &mut Value) {
    match document {
        Value::Object(members) => {
            note_status(members);
            members.retain(|key, value| !is_clutter(key) && !says_nothing(key, value));
            tidy_lists(members);
            for (key, value) in members.iter_mut().filter(|(key, _)| !is_data(key)) {
                match value {
                    Value::Object(named) if NAMES.contains(&key.as_str()) => {
                        let clean = if key == "responses" { clean_response } else { clean };
                        named.values_mut().for_each(clean);
                    }
                    _ => clean(value),
                }
            }
            if members.contains_key("in") && members.get("example").is_some_and(|example| example == "") {
                members.remove("example");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        _ => {}
    }
}

fn is_clutter(key: &str) -> bool {
    key.starts_with("x-apidog") || key == "x-run-in-apidog"
}

fn is_data(key: &str) -> bool {
    DATA.contains(&key) || key.starts_with("x-")
}

fn says_nothing(key: &str, value: &Value) -> bool {
    match key {
        "deprecated" => *value == false,
        "title" | "summary" | "description" => *value == "",
        "headers" | "examples" | "callbacks" | "links" => is_empty(value),
        "parameters" | "required" | "servers" | "tags" => value.as_array().is_some_and(Vec::is_empty),
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// The only thing in the tool's own members that matters to a client.
fn note_status(members: &mut Map<String, Value>) {
    if members.get("x-apidog-status").is_some_and(|status| status == "deprecated" || status == "obsolete") {
        members.insert("deprecated".to_owned(), true.into());
    }
}

/// A response must have a description; one without is described by its name in the tool.
fn clean_response(response: &mut Value) {
    let name = response["x-apidog-name"].as_str().unwrap_or_default().trim().to_owned();
    clean(response);
    if let Some(members) = response.as_object_mut().filter(|members| !members.contains_key("$ref")) {
        members.entry("description").or_insert_with(|| name.into());
    }
}

/// Lists whose order means nothing: required fields are sorted, and tags are listed once.
fn tidy_lists(members: &mut Map<String, Value>) {
    if let Some(Value::Array(required)) = members.get_mut("required") {
        required.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        required.dedup();
    }
    if members.contains_key("responses")
        && let Some(Value::Array(tags)) = members.get_mut("tags")
    {
        let mut seen = Vec::new();
        tags.retain(|tag| !seen.contains(tag) && (seen.push(tag.clone()), true).1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clutter_goes_and_the_api_stays() {
        let mut document = json!({
            "servers": [], "security": [],
            "paths": {"/x-apidog": {"get": {
                "summary": "", "description": "", "deprecated": false, "tags": ["B", "A", "B"], "parameters": [{"name": "q", "in": "query", "example": "", "x-apidog-mock": "1"}],
                "x-apidog-folder": "A/B", "x-apidog-status": "released", "x-run-in-apidog": "https://app.example", "x-other": {"x-apidog": 1},
                "responses": {
                    "200": {"description": "", "x-apidog-name": "OK ", "headers": {}, "content": {"application/json": {
                        "examples": {}, "example": {"headers": {}, "deprecated": false, "x-apidog": 1}}}},
                    "404": {"$ref": "#/components/responses/NotFound"}}}}},
            "components": {"schemas": {"T": {
                "type": "object", "title": "", "required": ["b", "a"], "x-apidog-orders": ["b"], "x-apidog-ignore-properties": [], "x-apidog-refs": {},
                "properties": {"x-apidog": {"type": "string"}, "headers": {}, "deprecated": {"default": "", "deprecated": false}}}}},
        });
        clean(&mut document);
        assert_eq!(
            document,
            json!({
                "security": [],
                "paths": {"/x-apidog": {"get": {
                    "tags": ["B", "A"], "parameters": [{"name": "q", "in": "query"}], "x-other": {"x-apidog": 1},
                    "responses": {
                        "200": {"description": "OK", "content": {"application/json": {"example": {"headers": {}, "deprecated": false, "x-apidog": 1}}}},
                        "404": {"$ref": "#/components/responses/NotFound"}}}}},
                "components": {"schemas": {"T": {
                    "type": "object", "required": ["a", "b"],
                    "properties": {"x-apidog": {"type": "string"}, "headers": {}, "deprecated": {"default": ""}}}}},
            })
        );
    }

    #[test]
    fn a_status_of_the_tool_that_means_deprecated_is_kept() {
        for (status, expected) in [
            ("deprecated", json!({"deprecated": true})),
            ("obsolete", json!({"deprecated": true})),
            ("testing", json!({})),
        ] {
            let mut operation = json!({"deprecated": false, "x-apidog-status": status});
            clean(&mut operation);
            assert_eq!(operation, expected, "{status}");
        }
    }
}
