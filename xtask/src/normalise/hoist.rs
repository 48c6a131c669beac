//! Gives every inline schema that becomes a type a name of its own: two of them in one operation would
//! silently share one type.

use heck::ToUpperCamelCase as _;
use serde_json::Value;

use super::Log;
use crate::{
    lint::{Problem, Rule},
    walk,
};

/// Moves inline schemas to components, named by where they are: `Booking` + `trainer` -> `BookingTrainer`.
pub fn hoist_inline_schemas(document: &mut Value, log: &mut Log) {
    let mut hoisted = Vec::new();
    walk::operations_mut(document, |_, _, operation| {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = format!("{id} {}", parameter["name"].as_str().unwrap_or_default());
            parameter.get_mut("schema").into_iter().for_each(|schema| replace(schema, &name, &mut hoisted));
        }
        if let Some(body) = operation.get_mut("requestBody") {
            replace_content(body, &format!("{id} request"), &mut hoisted);
        }
        for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
            let name =
                if walk::is_success(status) { format!("{id} response") } else { format!("{id} {status} response") };
            replace_content(response, &name, &mut hoisted);
        }
    });
    let Some(schemas) = walk::schemas_mut(document) else { return };
    for (name, schema) in schemas.iter_mut() {
        replace_below(schema, name, &mut hoisted);
    }
    // what was hoisted may hold more
    while let Some((name, mut schema)) = hoisted.pop() {
        replace_below(&mut schema, &name, &mut hoisted);
        match schemas.get(&name) {
            None => {
                log.note(&name, "named, was inline");
                schemas.insert(name, schema);
            }
            Some(existing) if *existing == schema => {}
            Some(_) => log.problems.push(Problem {
                rule: Rule::NameCollision,
                place: format!("schema `{name}`"),
                message: "an inline schema would get this name, which another schema has; name it in the overlay"
                    .into(),
            }),
        }
    }
}

/// Whether the generator would make a type of it.
pub fn is_type(schema: &Value) -> bool {
    let has = |key: &str| schema[key].as_object().is_some_and(|members| !members.is_empty());
    let lists = ["enum", "x-extensible-enum", "oneOf", "anyOf"];
    schema["$ref"].is_null()
        && (has("properties")
            || lists.iter().any(|key| schema[*key].is_array())
            || schema["allOf"].as_array().is_some_and(|parts| parts.len() > 1))
}

fn replace_content(holder: &mut Value, name: &str, hoisted: &mut Vec<(String, Value)>) {
    for (_, media) in holder.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten() {
        media.get_mut("schema").into_iter().for_each(|schema| replace(schema, name, hoisted));
    }
}

fn replace(schema: &mut Value, name: &str, hoisted: &mut Vec<(String, Value)>) {
    if is_type(schema) {
        let name = name.to_upper_camel_case();
        let mut body = std::mem::replace(schema, walk::schema_ref(&name));
        // a reference cannot say it; an earlier step made the property optional, so it accepts null
        body.as_object_mut().and_then(|members| members.remove("nullable"));
        hoisted.push((name, body));
    } else {
        replace_below(schema, name, hoisted);
    }
}

fn replace_below(schema: &mut Value, name: &str, hoisted: &mut Vec<(String, Value)>) {
    for (property, value) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        replace(value, &format!("{name} {property}"), hoisted);
    }
    if let Some(items) = schema.get_mut("items") {
        replace(items, &format!("{name} item"), hoisted);
    }
    if let Some(values) = schema.get_mut("additionalProperties").filter(|values| values.is_object()) {
        replace(values, &format!("{name} value"), hoisted);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            replace_below(part, name, hoisted);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::run_step, *};

    #[test]
    fn inline_types_get_names() {
        let inner = json!({"type": "object", "properties": {"x": {"type": "integer"}}});
        let outer =
            json!({"type": "object", "properties": {"inner": inner, "list": {"type": "array", "items": inner}}});
        let body = json!({"content": {"application/json": {"schema": outer}}});
        let (document, notes) = run_step(
            hoist_inline_schemas,
            json!({"paths": {"/a": {"post": {
                "operationId": "makeThing",
                "parameters": [{"name": "sort_by", "schema": {"type": "string", "enum": ["a"]}}, {"name": "n", "schema": {"type": "integer"}}],
                "requestBody": body, "responses": {"2XX": body, "409": {"content": {"application/json": {"schema": inner}}}}}}}}),
        );
        let post = &document["paths"]["/a"]["post"];
        assert_eq!(post["parameters"][0]["schema"], walk::schema_ref("MakeThingSortBy"));
        assert_eq!(post["parameters"][1]["schema"], json!({"type": "integer"}));
        assert_eq!(post["requestBody"]["content"]["application/json"]["schema"], walk::schema_ref("MakeThingRequest"));
        let schemas = document["components"]["schemas"].as_object().unwrap();
        assert_eq!(
            schemas.keys().collect::<Vec<_>>(),
            [
                "MakeThing409Response",
                "MakeThingRequest",
                "MakeThingRequestInner",
                "MakeThingRequestListItem",
                "MakeThingResponse",
                "MakeThingResponseInner",
                "MakeThingResponseListItem",
                "MakeThingSortBy"
            ]
        );
        assert_eq!(schemas["MakeThingResponse"]["properties"]["inner"], walk::schema_ref("MakeThingResponseInner"));
        assert_eq!(notes.len(), 8);
    }

    #[test]
    fn a_taken_name_is_a_problem_unless_it_is_the_same() {
        let inner = json!({"type": "object", "properties": {"x": {"type": "integer"}}});
        let mut log = Log::default();
        let mut document = json!({"components": {"schemas": {
            "A": {"properties": {"b": inner, "c": inner}}, "AB": {"type": "string"}, "AC": inner}}});
        hoist_inline_schemas(&mut document, &mut log);
        let problems: Vec<String> = log.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "schema `AB`: name-collision: an inline schema would get this name, which another schema has; name it in the overlay"
            ]
        );
    }
}
