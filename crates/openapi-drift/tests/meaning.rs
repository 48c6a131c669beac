//! What is no change: the same document, written in another way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::schema;
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

fn documents() -> [Value; 4] {
    [common::base(), common::rich(), published(), effective()]
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
            // a pointer: anchors lead elsewhere
            if let Some(reference) = target.filter(|reference| reference.starts_with("#/"))
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
        for section in ["paths", "webhooks", "x-webhooks"] {
            if document.get(section).is_some() {
                new[section] = inlined(&document, &document[section], &mut Vec::new());
            }
        }
        assert_ne!(new, document);
        assert_same(&document, &new);
    }
    // so may those of shared things
    let document = common::rich();
    let mut new = document.clone();
    new["components"] = inlined(&document, &document["components"], &mut Vec::new());
    assert_same(&document, &new);
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

#[test]
fn what_a_placeholder_is_called_is_reported_where_nothing_declares_it() {
    let document = |path: &str, declared: &[&str]| {
        let parameter =
            |name: &&str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
        let parameters: Vec<Value> = declared.iter().map(parameter).collect();
        let operation =
            json!({"operationId": "a", "parameters": parameters, "responses": {"200": {"description": "d"}}});
        json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {path: {"get": operation}}})
    };
    for (declared, expected) in
        [(&[][..], "path-parameter-renamed"), (&["a"], "unexplained"), (&["a", "b"], "unexplained")]
    {
        let (old, new) = (document("/{a}", declared), document("/{b}", declared));
        common::assert_mirrored(&old, &new);
        let told: Vec<&str> = common::diff(&old, &new).changes.iter().map(|change| change.rule.id()).collect();
        assert_eq!(told, [expected], "{declared:?}");
    }
}

#[test]
fn numbers_count_however_they_are_written() {
    for (old, new) in [
        (json!({"enum": [1, 2]}), json!({"enum": [2, 1.0]})),
        (json!({"const": 1}), json!({"const": 1.0})),
        (json!({"enum": [{"a": [0]}]}), json!({"enum": [{"a": [-0.0]}]})),
    ] {
        let (old, new) = schema(old, new);
        assert_same(&old, &new);
    }
    let (old, new) = schema(json!({"const": 1}), json!({"const": 1.5}));
    assert_eq!(common::diff(&old, &new).changes.len(), 4);
}

/// Numbers are what is written, however large.
#[test]
fn numbers_of_any_size_are_compared_exactly() {
    let document = |limit: &str, as_json: bool| {
        let text = format!(
            r##"{{"openapi": "3.0.3", "info": {{"title": "{limit}", "version": "1"}}, "paths": {{"/a": {{"get": {{"parameters": [
            {{"in": "query", "name": "q", "schema": {{"type": "integer", "maximum": {limit}}}}}]}}}}}}}}"##
        );
        let start = if as_json { "" } else { "# a comment\n" };
        parse("a", format!("{start}{text}").as_bytes()).unwrap()
    };
    for as_json in [true, false] {
        let rules = |old: &str, new: &str| {
            let changes = common::diff(&document(old, as_json), &document(new, as_json)).changes;
            changes.iter().map(|change| change.rule.id()).collect::<Vec<_>>()
        };
        // these are one floating-point number
        assert_eq!(rules("18446744073709552000", "18446744073709551999"), ["request-bounds-tightened", "info-changed"]);
        assert_eq!(rules("18446744073709551999", "18446744073709552000"), ["request-bounds-widened", "info-changed"]);
        assert_eq!(rules("18446744073709552000", "18446744073709552000"), Vec::<&str>::new());
        assert_eq!(rules("9", "18446744073709552000"), ["request-bounds-widened", "info-changed"]);
    }
    let old =
        parse("a", br#"{"openapi": "3.0.3", "x-a": 1e400, "x-b": [0.10000000000000000001, 18446744073709551616]}"#)
            .unwrap();
    let new = parse("a", br#"{"openapi": "3.0.3", "x-a": 10e399, "x-b": [0.1, 18446744073709551616.0]}"#).unwrap();
    let changes = common::diff(&old, &new).changes;
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert!(changes[0].sentence.contains("0.10000000000000000001"), "{}", changes[0].sentence);
    let message = parse("a", b"# a comment\nx: 18446744073709552000\ny: 18446744073709551999").unwrap_err().to_string();
    assert!(message.contains("18446744073709552000"), "{message}");
    assert_eq!(parse("a", b"{\"x\": \"18446744073709552000\"}").unwrap(), json!({"x": "18446744073709552000"}));
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
fn a_response_of_any_status_is_the_success_where_there_is_no_other() {
    let document = |responses: &[&str], kind: &str| {
        let body = json!({"application/json": {"schema": {"type": kind}}});
        let response = json!({"description": "d", "content": body});
        let responses: Map<String, Value> =
            responses.iter().map(|status| ((*status).to_owned(), response.clone())).collect();
        json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"responses": responses}}}})
    };
    for (old, new, expected) in [
        (&["default"][..], &["200"][..], &["response-type-changed", "success-status-published"][..]),
        (
            &["200", "404"],
            &["404", "default"],
            &["response-type-changed", "response-type-changed", "success-status-opened"],
        ),
        (&["2XX"], &["default"], &["response-type-changed", "success-status-opened"]),
        (
            &["200", "default"],
            &["200", "201"],
            &["error-response-removed", "response-type-changed", "success-response-added"],
        ),
        (&["404", "default"], &["404"], &["error-response-removed", "response-type-changed"]),
    ] {
        let (old, new) = (document(old, "string"), document(new, "object"));
        common::assert_mirrored(&old, &new);
        let mut told: Vec<&str> = common::diff(&old, &new).changes.iter().map(|change| change.rule.id()).collect();
        told.sort_unstable();
        assert_eq!(told, expected);
    }
}
