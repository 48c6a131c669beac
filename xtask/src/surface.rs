//! Describes a document as short texts, one per operation, callback, shared response and schema, for snapshots.
//!
//! The texts hold what a client can notice. They leave out prose and examples (a reworded description is no
//! change of the surface), tags, and vendor extensions but `x-extensible-enum` and `x-status`. Nothing else is
//! lost: a keyword without a wording of its own is shown as it is. References stay names, so that a changed
//! schema changes one text. Lists whose order means nothing are sorted.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::walk::{self, Operation};

/// The texts by key: `api`, `operation/<id>`, `webhook/<id>.<callback>`, `response/<name>`, `schema/<name>`.
pub fn surface(document: &Value) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::from([("api".to_owned(), api(document))]);
    for operation in walk::operations(document) {
        let id = operation.id().map_or_else(|| operation.label(), str::to_owned);
        for (name, paths) in members(&operation.value["callbacks"]) {
            let calls = members(paths).flat_map(|(path, item)| {
                walk::METHODS.into_iter().filter_map(move |method| {
                    Some(call(document, &Operation { path, method, value: item.get(method)?, item }))
                })
            });
            texts.insert(format!("webhook/{id}.{name}"), calls.collect::<Vec<_>>().join("\n"));
        }
        texts.insert(format!("operation/{id}"), call(document, &operation));
    }
    for (name, response) in members(&document["components"]["responses"]) {
        texts.insert(format!("response/{name}"), text(response_lines(document, "", response)));
    }
    for (name, schema) in walk::schemas(document) {
        texts.insert(format!("schema/{name}"), text(described(schema, "")));
    }
    texts
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(lines: Vec<String>) -> String {
    lines.into_iter().map(|line| line + "\n").collect()
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

fn api(document: &Value) -> String {
    let mut lines = vec![format!("version {}", plain(&document["info"]["version"]))];
    lines.extend(list(&document["servers"]).map(|server| format!("server {}", plain(&server["url"]))));
    for (name, scheme) in members(&document["components"]["securitySchemes"]) {
        let requirements =
            members(scheme).filter(|(key, _)| !is_prose(key)).map(|(key, value)| format!("{key} {}", plain(value)));
        lines.push(format!("auth {name}: {}", requirements.collect::<Vec<_>>().join(", ")));
    }
    text(lines)
}

/// An operation, or a callback seen as one.
fn call(document: &Value, operation: &Operation<'_>) -> String {
    let mut lines = vec![format!("{} {}", operation.method.to_uppercase(), operation.path)];
    if operation.value["deprecated"] == true {
        lines.push("deprecated".to_owned());
    }
    lines.push(format!("auth {}", auth(operation.value.get("security").unwrap_or(&document["security"]))));

    let mut parameters: Vec<Vec<String>> = operation.parameters(document).into_iter().map(parameter).collect();
    parameters.sort();
    section(&mut lines, "parameters", parameters.concat());

    let body = walk::resolve(document, &operation.value["requestBody"]);
    section(&mut lines, "body", content(&body["content"], necessity(body["required"] == true)));

    let responses =
        members(&operation.value["responses"]).flat_map(|(status, response)| match response["$ref"].as_str() {
            Some(reference) => vec![format!("{status} response {}", last(reference))],
            None => match response.get("x-status") {
                Some(assumed) => response_lines(document, &format!("{status} (assumed {assumed}) "), response),
                None => response_lines(document, &format!("{status} "), response),
            },
        });
    section(&mut lines, "responses", responses.collect());

    section(&mut lines, "callbacks", members(&operation.value["callbacks"]).map(|(name, _)| name.clone()).collect());
    text(lines)
}

fn section(lines: &mut Vec<String>, title: &str, content: Vec<String>) {
    if !content.is_empty() {
        lines.push(format!("\n{title}"));
        lines.extend(indented(content));
    }
}

fn auth(security: &Value) -> String {
    let alternatives: Vec<String> = list(security)
        .map(|schemes| {
            let together = members(schemes).map(|(name, scopes)| match list(scopes).map(plain).collect::<Vec<_>>() {
                scopes if scopes.is_empty() => name.clone(),
                scopes => format!("{name} ({})", scopes.join(", ")),
            });
            Some(together.collect::<Vec<_>>().join(" and ")).filter(|text| !text.is_empty())
        })
        .map(|text| text.unwrap_or_else(|| "none".to_owned()))
        .collect();
    if alternatives.is_empty() { "none".to_owned() } else { alternatives.join(" or ") }
}

fn parameter(parameter: &Value) -> Vec<String> {
    let label = format!("{} {}: ", plain(&parameter["in"]), plain(&parameter["name"]));
    let keys = ["allowEmptyValue", "allowReserved", "deprecated", "explode", "style"];
    let more: String =
        keys.into_iter().filter_map(|key| Some(format!(", {key} {}", plain(parameter.get(key)?)))).collect();
    labelled(&label, &parameter["schema"], &format!("{}{more}", necessity(parameter["required"] == true)))
}

fn necessity(required: bool) -> &'static str {
    if required { ", required" } else { ", optional" }
}

/// One line per media type, and what is below its schema. JSON goes without saying.
fn content(content: &Value, suffix: &str) -> Vec<String> {
    members(content)
        .flat_map(|(media, body)| {
            let label = if media == "application/json" { String::new() } else { format!("{media} ") };
            labelled(&label, &body["schema"], suffix)
        })
        .collect()
}

fn response_lines(document: &Value, label: &str, response: &Value) -> Vec<String> {
    let mut lines = content(&response["content"], "");
    match lines.first_mut() {
        Some(first) => first.insert_str(0, label),
        None => lines.push(format!("{label}no body")),
    }
    for (name, header) in members(&response["headers"]) {
        let header = walk::resolve(document, header);
        let described = labelled(&format!("header {name}: "), &header["schema"], necessity(header["required"] == true));
        lines.extend(indented(described));
    }
    lines
}

fn labelled(label: &str, schema: &Value, suffix: &str) -> Vec<String> {
    let mut lines = described(schema, suffix);
    if let Some(first) = lines.first_mut() {
        first.insert_str(0, label);
    }
    lines
}

/// A schema's type and limits on one line, then what it is made of.
fn described(schema: &Value, suffix: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return vec![format!("{}{suffix}", last(reference))];
    }
    let Some(members) = schema.as_object() else { return vec![format!("any{suffix}")] };
    let (kind, below) = kind(members);
    let mut lines = vec![format!("{kind}{}{suffix}", limits(members))];
    lines.extend(indented(below));
    lines
}

/// The words for what a schema is, and the lines below them.
fn kind(schema: &Map<String, Value>) -> (String, Vec<String>) {
    let named = schema.get("type").map_or_else(|| "any".to_owned(), plain);
    let format = schema.get("format").map(|format| format!(" ({})", plain(format))).unwrap_or_default();
    let mut below = Vec::new();
    let mut kind = format!("{named}{format}");
    for (key, word) in [("enum", "of a closed list"), ("x-extensible-enum", "of an open list")] {
        let mut values: Vec<String> = schema.get(key).into_iter().flat_map(list).map(plain).collect();
        values.sort();
        if !values.is_empty() {
            kind = format!("{kind} {word}");
            below.extend(values);
        }
    }
    // the element of an array or a map follows on the same line
    for (key, word) in [("items", "array of"), ("additionalProperties", "map of")] {
        if let Some(element) = schema.get(key).filter(|element| element.is_object()) {
            let mut lines = described(element, "").into_iter();
            kind = format!("{word} {}", lines.next().unwrap_or_default());
            below.extend(lines.map(|line| line.strip_prefix("  ").map(str::to_owned).unwrap_or(line)));
        }
    }
    below.extend(properties(schema));
    for (key, word) in [("allOf", "all of"), ("anyOf", "any of"), ("oneOf", "one of"), ("not", "not")] {
        let Some(value) = schema.get(key) else { continue };
        let parts = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        let mut parts: Vec<Vec<String>> = parts.iter().map(|part| described(part, "")).collect();
        parts.sort();
        if kind == "any" && below.is_empty() {
            (kind, below) = (word.to_owned(), parts.concat());
        } else {
            below.push(word.to_owned());
            below.extend(indented(parts.concat()));
        }
    }
    (kind, below)
}

fn properties(schema: &Map<String, Value>) -> Vec<String> {
    let absent = Value::Null;
    let required: Vec<String> = schema.get("required").into_iter().flat_map(list).map(plain).collect();
    let mut known: BTreeMap<&str, &Value> = required.iter().map(|name| (name.as_str(), &absent)).collect();
    known.extend(schema.get("properties").into_iter().flat_map(members).map(|(name, schema)| (name.as_str(), schema)));
    known
        .into_iter()
        .flat_map(|(name, property)| {
            let required = required.iter().any(|known| known == name);
            labelled(&format!("{name}: "), property, necessity(required))
        })
        .collect()
}

fn limits(schema: &Map<String, Value>) -> String {
    let get = |key: &str| schema.get(key).map(plain);
    let is_true = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    let mut words = Vec::new();
    let bounds = [
        ("minimum", if is_true("exclusiveMinimum") { "more than" } else { "at least" }, ""),
        ("maximum", if is_true("exclusiveMaximum") { "less than" } else { "at most" }, ""),
        ("minLength", "at least", " characters"),
        ("maxLength", "at most", " characters"),
        ("minItems", "at least", " items"),
        ("maxItems", "at most", " items"),
        ("pattern", "matching", ""),
    ];
    let exact = get("minLength").filter(|least| Some(least) == get("maxLength").as_ref());
    words.extend(exact.iter().map(|length| format!(", {length} characters")));
    for (key, word, unit) in bounds {
        if exact.is_some() && key.ends_with("Length") {
            continue;
        }
        words.extend(get(key).map(|value| format!(", {word} {value}{unit}")));
    }
    if is_true("nullable") {
        words.push(" or null".to_owned());
    }
    words.extend(get("default").map(|value| format!(", default {value}")));
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        words.push(", nothing else".to_owned());
    }
    let worded = [
        "$ref",
        "type",
        "format",
        "enum",
        "items",
        "additionalProperties",
        "properties",
        "required",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "nullable",
        "default",
    ];
    for (key, value) in schema {
        let known = worded.contains(&key.as_str()) || bounds.iter().any(|(bound, ..)| bound == key);
        // an exclusive bound without its bound has not been said yet
        if (!known && !is_prose(key)) || (key.starts_with("exclusiveM") && !value.is_boolean()) {
            words.push(format!(", {key} {}", plain(value)));
        }
    }
    words.concat()
}

fn is_prose(key: &str) -> bool {
    ["description", "summary", "title", "example", "examples", "externalDocs", "xml"].contains(&key)
        || key.starts_with("x-")
}

fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn type_of(schema: Value) -> String {
        described(&schema, "").join("\n")
    }

    #[test]
    fn schemas_read_well() {
        let object = json!({"type": "object", "required": ["b", "ghost"], "properties": {
            "b": {"type": "array", "items": {"type": "object", "properties": {"c": {"$ref": "#/components/schemas/C"}}}},
            "a": {"type": "string", "format": "uuid", "nullable": true, "description": "not told"},
        }});
        for (schema, text) in [
            (
                object,
                "object\n  a: string (uuid) or null, optional\n  b: array of object, required\n    c: C, optional\n  ghost: any, required",
            ),
            (json!({"type": "string", "enum": ["b", "a"]}), "string of a closed list\n  a\n  b"),
            (json!({"type": "string", "x-extensible-enum": ["a"]}), "string of an open list\n  a"),
            (
                json!({"type": "integer", "minimum": 1, "maximum": 9, "exclusiveMaximum": true, "default": 3}),
                "integer, at least 1, less than 9, default 3",
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}),
                "map of array of string",
            ),
            (json!({"type": "object", "additionalProperties": false}), "object, nothing else"),
            (
                json!({"allOf": [{"$ref": "#/x/B"}, {"type": "object", "properties": {"p": {}}}]}),
                "all of\n  B\n  object\n    p: any, optional",
            ),
            (
                json!({"type": "string", "readOnly": true, "multipleOf": 2, "x-order": 1}),
                "string, multipleOf 2, readOnly true",
            ),
            (json!({"type": "string", "minLength": 2, "maxLength": 2}), "string, 2 characters"),
            (
                json!({"type": "string", "minLength": 1, "maxLength": 2}),
                "string, at least 1 characters, at most 2 characters",
            ),
            (json!({"type": "number", "exclusiveMinimum": 3}), "number, exclusiveMinimum 3"),
            (json!({}), "any"),
        ] {
            assert_eq!(type_of(schema.clone()), text, "{schema}");
        }
    }

    #[test]
    fn operations_read_well() {
        let document = json!({
            "info": {"version": "1"}, "servers": [{"url": "https://api.example"}],
            "security": [{"key": []}, {"oauth": ["read", "write"], "key": []}],
            "paths": {"/a/{id}": {"parameters": [{"$ref": "#/components/parameters/P"}], "put": {
                "operationId": "putA", "deprecated": true,
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"200": {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
                    "headers": {"X-Left": {"schema": {"type": "integer"}}}}, "204": {"x-status": 204}, "404": {"$ref": "#/components/responses/Gone"}},
                "callbacks": {"done": {"{$url}": {"post": {"security": [], "responses": {"2XX": {}}}}}}}}},
            "components": {
                "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "K", "description": "not told"}},
                "parameters": {"P": {"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}},
                "responses": {"Gone": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/E"}}}}}},
        });
        let texts = surface(&document);
        assert_eq!(texts["api"], "version 1\nserver https://api.example\nauth key: in header, name K, type apiKey\n");
        assert_eq!(
            texts["operation/putA"],
            "PUT /a/{id}\ndeprecated\nauth key or key and oauth (read, write)\n\nparameters\n  path id: integer, required\n\nbody\n  object, optional\n\nresponses\n  200 application/pdf string (binary)\n    header X-Left: integer, optional\n  204 (assumed 204) no body\n  404 response Gone\n\ncallbacks\n  done\n"
        );
        assert_eq!(texts["webhook/putA.done"], "POST {$url}\nauth none\n\nresponses\n  2XX no body\n");
        assert_eq!(texts["response/Gone"], "E\n");
        assert_eq!(texts.len(), 4);
    }
}
