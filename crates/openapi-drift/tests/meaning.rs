//! What is no change: the same document, written in another way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use openapi_drift::parse;
use serde_json::{Map, Value, json};

#[track_caller]
fn assert_same(old: &Value, new: &Value) {
    for (old, new) in [(old, new), (new, old)] {
        let told: Vec<String> = common::diff(old, new).changes.iter().map(common::told).collect();
        assert_eq!(told, Vec::<String>::new());
    }
}

/// This project's own documents.
fn published() -> Value {
    parse("bls.openapi.json", include_bytes!("../../../spec/bls.openapi.json")).unwrap()
}

fn effective() -> Value {
    parse("effective", include_bytes!("../../hb-bls-gen/src/generated/effective.openapi.json")).unwrap()
}

fn documents() -> [Value; 3] {
    [common::base(), published(), effective()]
}

#[test]
fn a_document_is_itself() {
    for document in documents() {
        assert_same(&document, &document.clone());
    }
}

/// JSON text with the keys of every object from z to a.
fn backwards(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort();
            let told = keys.iter().rev().map(|key| format!("{}: {}", json!(key), backwards(&members[*key])));
            format!("{{{}}}", told.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(backwards).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

#[test]
fn keys_may_be_in_any_order_in_json_and_yaml() {
    for document in documents() {
        let text = backwards(&document);
        assert_same(&document, &parse("a.json", text.as_bytes()).unwrap());
        // JSON is YAML; the first line makes it be read as that
        assert_same(&document, &parse("a.yaml", format!("# a comment\n{text}").as_bytes()).unwrap());
    }
}

/// Every reference replaced by what it leads to, but for those within it to itself.
fn inlined(document: &Value, value: &Value, within: &mut Vec<String>) -> Value {
    match value {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str).filter(|_| members.len() == 1);
            if let Some(reference) = target
                && !within.iter().any(|outer| outer == reference)
                && let Some(target) = document.pointer(reference.trim_start_matches('#'))
            {
                within.push(reference.to_owned());
                let found = inlined(document, target, within);
                within.pop();
                return found;
            }
            let told = members.iter().map(|(key, value)| (key.clone(), inlined(document, value, within)));
            Value::Object(told.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| inlined(document, item, within)).collect(),
        other => other.clone(),
    }
}

#[test]
fn references_may_be_inlined() {
    for document in documents() {
        let mut new = document.clone();
        for section in ["paths", "webhooks"] {
            if document.get(section).is_some() {
                new[section] = inlined(&document, &document[section], &mut Vec::new());
            }
        }
        assert_ne!(new, document);
        assert_same(&document, &new);
    }
    // and what nothing refers to any more may go
    let document = published();
    let mut new = inlined(&document, &document, &mut Vec::new());
    let components = new["components"].as_object_mut().unwrap();
    components.remove("responses").unwrap();
    // the overlay alone refers to these
    let unused = |name: &str| ["EquipmentStatus", "TrainingStatus"].contains(&name);
    components["schemas"].as_object_mut().unwrap().retain(|name, _| unused(name));
    assert_same(&document, &new);
}

fn schema(old: Value, new: Value) -> (Value, Value) {
    let document = |schema: Value, version: &str| {
        let content = json!({"application/json": {"schema": schema}});
        json!({"openapi": version, "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": {
            "requestBody": {"content": content}, "responses": {"200": {"description": "d", "content": content}}}}},
            "components": {"schemas": {
                "T": {"type": "string", "description": "t"}, "N": {"type": "integer"},
                "Loop": {"type": "object", "properties": {"again": {"$ref": "#/components/schemas/Loop"}}}}}})
    };
    (document(old, "3.0.3"), document(new, "3.0.3"))
}

#[test]
fn versions_say_the_same_in_their_ways() {
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    for (old, new) in [
        (json!({"type": "string", "nullable": true}), json!({"type": ["string", "null"]})),
        (json!({"type": "string", "nullable": false}), json!({"type": ["string"]})),
        (json!({"allOf": [reference("T")], "nullable": true}), json!({"anyOf": [reference("T"), {"type": "null"}]})),
        (json!({"minimum": 1, "exclusiveMinimum": true}), json!({"exclusiveMinimum": 1})),
        (json!({"maximum": 1, "exclusiveMaximum": false}), json!({"maximum": 1.0})),
        (json!({"enum": ["a"]}), json!({"const": "a"})),
        (json!({"enum": ["a", "b"], "type": "string"}), json!({"enum": ["b", "a"], "type": "string"})),
        (json!({"example": "a"}), json!({"examples": ["a"]})),
        (json!({}), json!(true)),
        (json!({"not": {}}), json!({"not": true})),
        (json!({"type": "array", "items": {}}), json!({"type": "array"})),
        (
            json!({"type": "object", "additionalProperties": {}}),
            json!({"type": "object", "additionalProperties": true}),
        ),
        (json!({"type": "array", "minItems": 0, "uniqueItems": false}), json!({"type": "array"})),
        (json!({"deprecated": false, "readOnly": false, "writeOnly": false}), json!({})),
        (
            json!({"allOf": [{"type": "object", "properties": {"a": {}}}, {"required": ["a"], "properties": {"b": reference("T")}}]}),
            json!({"type": "object", "required": ["a"], "properties": {"a": {}, "b": {"type": "string", "description": "t"}}}),
        ),
        (json!({"oneOf": [reference("N")]}), reference("N")),
        (json!({"oneOf": [reference("N"), reference("T")]}), json!({"oneOf": [reference("T"), reference("N")]})),
        (
            reference("Loop"),
            json!({"type": "object", "properties": {"again": {"type": "object", "properties": {"again": reference("Loop")}}}}),
        ),
    ] {
        let (old, new) = schema(old, new);
        assert_same(&old, &new);
    }
}

#[test]
fn what_is_said_by_default_may_be_said() {
    let document = common::base();
    let mut new = document.clone();
    for (pointer, key, value) in [
        ("/paths/~1parcels/get", "deprecated", json!(false)),
        ("/paths/~1parcels/get/parameters/4", "required", json!(false)),
        ("/paths/~1parcels/get/parameters/3", "style", json!("form")),
        ("/paths/~1parcels/get/parameters/3", "explode", json!(true)),
        ("/paths/~1parcels/get/parameters/3", "allowReserved", json!(false)),
        ("/paths/~1parcels~1{id}/delete", "tags", json!([])),
        ("/paths/~1parcels~1{id}/delete", "parameters", json!([])),
        ("/paths/~1parcels~1{id}/delete/responses/204", "headers", json!({})),
        ("/paths/~1parcels~1{id}/delete/responses/204", "content", json!({})),
        ("/paths/~1parcels~1{id}~1label/put/requestBody", "required", json!(false)),
        ("/components/schemas/Base", "nullable", json!(false)),
        ("/paths/~1parcels/get", "security", json!([{"bearer": []}])),
    ] {
        let place = new.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"));
        assert!(place.as_object_mut().unwrap().insert(key.to_owned(), value).is_none());
    }
    assert_same(&document, &new);
}

#[test]
fn order_of_lists_that_have_none_does_not_count() {
    let document = common::base();
    let mut new = document.clone();
    for pointer in [
        "/paths/~1parcels/get/parameters",
        "/paths/~1parcels/post/security",
        "/paths/~1parcels/post/security/0/oauth",
        "/components/schemas/NewParcel/required",
        "/components/schemas/State/enum",
        "/components/schemas/NewParcel/properties/payment/oneOf",
        "/components/schemas/Parcel/allOf",
        "/components/schemas/NewParcel/properties/note/type",
    ] {
        new.pointer_mut(pointer).and_then(Value::as_array_mut).unwrap_or_else(|| panic!("{pointer}")).reverse();
    }
    assert_same(&document, &new);
}

#[test]
fn circles_end() {
    let components = json!({"schemas": {
        "A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"},
        "C": {"allOf": [{"$ref": "#/components/schemas/C"}, {"type": "object"}]},
        "D": {"oneOf": [{"$ref": "#/components/schemas/D"}, {"$ref": "#/components/schemas/C"}]},
        "E": {"properties": {"e": {"allOf": [{"$ref": "#/components/schemas/E"}], "nullable": true}}},
        "F": {"properties": {"f": {"$ref": "#/components/schemas/F", "description": "again"}}},
        "G": {"items": {"items": {"$ref": "#/components/schemas/G"}}},
        "H": {"items": {"$ref": "#/components/schemas/H"}},
    }});
    let document = |components: &Value| json!({"openapi": "3.1.0", "paths": {}, "components": components});
    let old = document(&components);
    assert_same(&old, &old.clone());
    let mut changed = components.clone();
    for (name, key) in [("E", "title"), ("F", "title"), ("G", "title"), ("C", "title"), ("D", "title")] {
        changed["schemas"][name][key] = "new".into();
    }
    let told = common::diff(&old, &document(&changed));
    assert_eq!(told.changes.len(), 5, "{:#?}", told.changes);
}

#[test]
fn a_long_chain_of_references_needs_no_stack() {
    let link = |index: usize| json!({"type": "object", "properties": {"next": {"$ref": format!("#/components/schemas/S{}", index + 1)}}});
    let part = |index: usize| json!({"allOf": [{"$ref": format!("#/components/schemas/P{}", index + 1)}]});
    let mut schemas: Map<String, Value> = (0..20_000).map(|index| (format!("S{index}"), link(index))).collect();
    schemas.extend((0..2000).map(|index| (format!("P{index}"), part(index))));
    let document = |end: &str| {
        let mut schemas = schemas.clone();
        schemas.insert("S20000".into(), json!({"type": end}));
        schemas.insert("P2000".into(), json!({"type": end}));
        json!({"openapi": "3.0.3", "paths": {}, "components": {"schemas": schemas}})
    };
    let (old, new) = (document("string"), document("integer"));
    assert_same(&old, &old.clone());
    assert!(!common::diff(&old, &new).is_empty());
}

#[test]
fn what_is_composed_of_one_schema_again_and_again_ends() {
    let twice =
        |index: usize| json!({"allOf": vec![json!({"$ref": format!("#/components/schemas/S{}", index + 1)}); 2]});
    let document = |end: &str| {
        let mut schemas: Map<String, Value> = (0..40).map(|index| (format!("S{index}"), twice(index))).collect();
        schemas.insert("S40".into(), json!({"type": end}));
        json!({"openapi": "3.0.3", "paths": {}, "components": {"schemas": schemas}})
    };
    let (old, new) = (document("string"), document("integer"));
    assert_same(&old, &old.clone());
    assert!(!common::diff(&old, &new).is_empty());
}

fn rules(old: &Value, new: &Value) -> Vec<&'static str> {
    let (old, new) = schema(old.clone(), new.clone());
    common::assert_mirrored(&old, &new);
    let mut found: Vec<&str> = common::diff(&old, &new).changes.iter().map(|change| change.rule.id()).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_choice_beside_other_keywords_is_one_more_condition() {
    let fields = json!({"type": "object", "required": ["a"], "properties": {"a": {}, "b": {}}});
    let mut choice = fields.clone();
    choice["oneOf"] = json!([{"required": ["b"]}, {"maxProperties": 1}]);
    assert_eq!(rules(&fields, &choice), ["answer-part-added", "request-part-added"]);
    assert_eq!(rules(&choice, &fields), ["answer-part-removed", "request-part-removed"]);
    // what becomes one of several shapes is none
    let (text, number) = (json!({"$ref": "#/components/schemas/T"}), json!({"type": "string", "format": "date"}));
    let choice = json!({"type": "string", "anyOf": [text, number]});
    assert_eq!(rules(&text, &choice), ["answer-variant-added", "request-variant-added"]);
}

#[test]
fn a_choice_may_be_null_if_a_shape_may() {
    let field = |schema: Value| json!({"type": "object", "required": ["a"], "properties": {"a": schema}});
    let choice = |text: Value| json!({"oneOf": [{"oneOf": [text, {"type": "boolean"}]}, {"type": "integer"}]});
    let (text, nullable) = (json!({"type": "string"}), json!({"type": "string", "nullable": true}));
    for (old, new, expected) in [
        (text.clone(), choice(nullable.clone()), Some("answer-required-null-added")),
        (nullable.clone(), choice(text.clone()), Some("answer-null-removed")),
        (nullable.clone(), choice(nullable), None),
        (text.clone(), choice(text), None),
    ] {
        let found = rules(&field(old), &field(new));
        let null: Vec<&&str> =
            found.iter().filter(|rule| rule.starts_with("answer") && rule.contains("null")).collect();
        assert_eq!(null.first().map(|rule| **rule), expected, "{found:?}");
        assert!(null.len() < 2, "{found:?}");
    }
}

#[test]
fn what_parts_repeat_is_told() {
    let whole = |parts: Value| json!({"allOf": parts});
    let part = |own: Value| json!([own, {"nullable": true, "required": ["a"], "type": ["object", "null"]}]);
    let plain = json!({"type": "object", "properties": {"a": {}}});
    for (key, value) in [("nullable", json!(true)), ("required", json!(["a"])), ("type", json!(["object", "null"]))] {
        let mut says_so = plain.clone();
        says_so[key] = value;
        assert_eq!(rules(&whole(part(plain.clone())), &whole(part(says_so))), ["repetition-changed"; 2], "{key}");
    }
}

#[test]
fn one_example_may_be_said_in_two_ways() {
    let both = |one: &str| json!({"type": "string", "example": one, "examples": ["b"]});
    assert_eq!(rules(&both("a"), &both("c")), ["example-changed"; 2]);
}

#[test]
fn a_shared_path_is_compared_as_a_path_only() {
    let document = |required: Value| {
        let body = json!({"content": {"application/json": {"schema": {
            "type": "object", "required": required, "properties": {"a": {}}}}}});
        json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"},
            "paths": {"/a": {"$ref": "#/components/pathItems/A"}},
            "components": {"pathItems": {"A": {"post": {"requestBody": body, "responses": {"200": {"description": "d"}}}}}}})
    };
    let report = common::diff(&document(json!([])), &document(json!(["a"])));
    let told: Vec<&str> = report.changes.iter().map(|change| change.rule.id()).collect();
    assert_eq!(told, ["request-field-now-required"]);
}

#[test]
fn an_answer_of_any_status_is_the_success_where_there_is_no_other() {
    let document = |answers: &[&str], kind: &str| {
        let body = json!({"application/json": {"schema": {"type": kind}}});
        let answer = json!({"description": "d", "content": body});
        let answers: Map<String, Value> = answers.iter().map(|status| ((*status).to_owned(), answer.clone())).collect();
        json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"responses": answers}}}})
    };
    for (old, new, expected) in [
        (&["default"][..], &["200"][..], &["answer-type-changed", "success-status-published"][..]),
        (
            &["200", "404"],
            &["404", "default"],
            &["answer-type-changed", "answer-type-changed", "success-status-opened"],
        ),
        (&["2XX"], &["default"], &["answer-type-changed", "success-status-opened"]),
        (
            &["200", "default"],
            &["200", "201"],
            &["answer-type-changed", "error-answer-removed", "success-answer-added"],
        ),
        (&["404", "default"], &["404"], &["answer-type-changed", "error-answer-removed"]),
    ] {
        let (old, new) = (document(old, "string"), document(new, "object"));
        common::assert_mirrored(&old, &new);
        let mut told: Vec<&str> = common::diff(&old, &new).changes.iter().map(|change| change.rule.id()).collect();
        told.sort_unstable();
        assert_eq!(told, expected);
    }
}
