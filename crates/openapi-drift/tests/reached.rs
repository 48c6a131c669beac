//! Whatever way leads to a schema, a change of it is counted to the operations it comes from and the way it goes there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use openapi_drift::{Change, Direction, Level};
use serde_json::{Value, json};

fn edited(pointer: &str, key: &str, value: Value) -> Vec<Change> {
    let (old, mut new) = (common::rich(), common::rich());
    new.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"))[key] = value;
    common::assert_mirrored(&old, &new);
    common::diff(&old, &new).changes
}

/// Each schema of the request is reached in one way only.
#[test]
fn what_a_request_is_made_of_is_compared_as_sent() {
    for (schema, key, value) in [
        ("Depot", "required", json!(["gate"])),
        ("Stop", "required", json!(["place"])),
        ("Toll", "required", json!(["pence"])),
        ("Load", "required", json!(["tons"])),
        ("Tag", "maxLength", json!(3)),
        ("Crew", "required", json!(["size"])),
        ("Spare", "required", json!(["part"])),
        ("Night", "required", json!(["lamp"])),
        ("Day", "required", json!(["hat"])),
        ("Road", "required", json!(["lanes"])),
        ("Path", "required", json!(["width"])),
        ("Note", "required", json!(["text"])),
        ("City", "minLength", json!(9)),
        ("City", "enum", json!(["Rome"])),
        ("Late", "minLength", json!(9)),
        ("Late", "enum", json!(["noon"])),
        ("Named", "required", json!(["name"])),
        ("Limited/$defs/Limit", "required", json!(["most"])),
    ] {
        let changes = edited(&format!("/components/schemas/{schema}"), key, value);
        let told: Vec<String> = changes.iter().map(common::told).collect();
        assert!(!changes.is_empty(), "{schema}");
        for change in changes {
            assert_eq!((change.level, change.direction), (Level::Breaking, Direction::Request), "{schema}: {told:?}");
            assert_eq!(change.operations.iter().map(|op| op.id.as_deref().unwrap()).collect::<Vec<_>>(), ["setRoute"]);
        }
    }
}

#[test]
fn what_is_added_to_what_a_request_is_made_of_is_no_more_than_that() {
    for schema in ["Depot", "Toll", "Load", "Crew", "Night", "Road", "Note", "Named", "Limited/$defs/Limit"] {
        let changes = edited(&format!("/components/schemas/{schema}/properties"), "added", json!({}));
        assert_eq!(changes.len(), 1, "{changes:#?}");
        assert_eq!(changes[0].rule.id(), "request-field-added-optional");
    }
}

#[test]
fn what_headers_of_a_form_refer_to_is_compared_as_sent() {
    let changes = edited("/components/schemas/Moment", "maxLength", json!(30));
    let told = |level| {
        let of_level = changes.iter().filter(move |change| change.level == level);
        of_level.flat_map(|change| &change.operations).filter_map(|op| op.id.as_deref()).collect::<Vec<_>>()
    };
    assert_eq!((told(Level::Breaking), told(Level::Compatible)), (vec!["hire", "setRoute"], vec![]), "{changes:#?}");
    let changes = edited("/components/headers/Taken", "required", json!(true));
    assert_eq!(changes[0].rule.id(), "parameter-now-required");
}

/// Where nothing tells the way, the worse level is among those reported.
#[test]
fn what_an_extension_refers_to_is_compared_both_ways() {
    let document = |required: &[&str], is_inlined: bool| {
        let schema = json!({"type": "object", "required": required, "properties": {"a": {"type": "string"}}});
        let reference = if is_inlined { schema.clone() } else { json!({"$ref": "#/components/schemas/A"}) };
        let body = json!({"content": {"application/json": {"schema": {"x-like": [{"also": reference}]}}}});
        json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"},
            "x-all": {"a": reference},
            "paths": {"/a": {"post": {"requestBody": body, "x-shows": reference, "responses": {"200": {"description": "d"}}}}},
            "components": {"schemas": {"A": schema}}})
    };
    let changes = common::diff(&document(&[], false), &document(&["a"], false)).changes;
    let told: Vec<_> = changes.iter().map(|change| (change.level, change.rule.id(), change.operations.len())).collect();
    assert_eq!(
        told,
        [(Level::Breaking, "request-field-now-required", 1), (Level::Compatible, "response-field-now-required", 1)]
    );
    for (old, new) in [(false, true), (true, false)] {
        assert!(common::diff(&document(&[], old), &document(&[], new)).is_empty());
    }
}

#[test]
fn what_only_a_discriminator_or_a_dynamic_reference_leads_to_is_compared_as_sent() {
    let document = |required: &[&str]| {
        let shape = json!({"$dynamicAnchor": "shape", "type": "object", "required": required, "properties": {"a": {}}});
        let body = |schema: Value| json!({"content": {"application/json": {"schema": schema}}});
        let mapping = json!({"type": "object", "discriminator": {"propertyName": "kind", "mapping": {"a": "#/components/schemas/Shape"}}});
        let sends = |schema: Value| json!({"requestBody": body(schema), "responses": {"204": {"description": "d"}}});
        json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {
            "put": sends(mapping), "post": sends(json!({"$dynamicRef": "#shape"}))}},
            "components": {"schemas": {"Shape": shape}}})
    };
    let changes = common::diff(&document(&[]), &document(&["a"])).changes;
    assert_eq!(changes.iter().map(|change| change.rule.id()).collect::<Vec<_>>(), ["request-field-now-required"]);
    assert_eq!(changes[0].operations.len(), 2);
}

/// What refers to itself outside of schemas ends too.
#[test]
fn circles_beside_schemas_end() {
    let document = |place: &str| {
        json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {},
            "components": {"parameters": {
                "A": {"name": "a", "in": "query", "x-other": {"$ref": "#/components/parameters/B"}, "schema": {"type": "string"}},
                "B": {"name": "b", "in": "query", "x-other": {"$ref": "#/components/parameters/A"}, "schema": {"type": place}}},
                "schemas": {"S": {"$defs": {"Again": {"$ref": "#/components/schemas/S"}}, "type": place,
                    "x-self": [{"$ref": "#/components/schemas/S"}], "if": {"$ref": "#/components/schemas/S"}}}}})
    };
    assert!(common::diff(&document("string"), &document("string")).is_empty());
    let changes = common::diff(&document("string"), &document("integer")).changes;
    assert!(changes.iter().any(|change| change.pointer == "/components/parameters/B/schema"), "{changes:#?}");
}

/// In 3.1 a reference may say something of its own: that counts for where it stands, and so it does for a shared one.
#[test]
fn what_a_reference_says_itself_counts() {
    let schemas = |document: &Value, name: &str| document["components"]["schemas"][name].clone();
    let (old, mut new) = (common::rich(), common::rich());
    new["components"]["schemas"]["Route"]["properties"]["late"] = schemas(&old, "Late");
    new["components"]["schemas"]["Stop"]["properties"]["at"] =
        json!({"type": "string", "maxLength": 40, "minLength": 4, "description": "Later."});
    for (old, new) in [(&old, &new), (&new, &old)] {
        assert!(common::diff(old, new).is_empty(), "{:#?}", common::diff(old, new));
    }
    let response = "/paths/~1depots~1{depot}~1routes~1{route}/put/responses/404";
    let changes = edited(response, "description", "Nothing there.".into());
    assert_eq!(changes.iter().map(|change| change.rule.id()).collect::<Vec<_>>(), ["description-changed"]);
    new = old.clone();
    new.pointer_mut(response).unwrap()["description"] = schemas(&old, "Late")["description"].clone();
    new.pointer_mut("/components/responses/Unknown").unwrap()["description"] = "New.".into();
    assert_eq!(common::diff(&old, &new).changes.len(), 2);
    // what it hides where it leads is not forgotten
    let mut new = old.clone();
    new.pointer_mut("/components/responses/Unknown").unwrap().as_object_mut().unwrap().remove("description");
    common::assert_mirrored(&old, &new);
    assert_eq!(common::diff(&old, &new).changes.len(), 1);
    // what is said where it leads may be repeated
    let mut said = old.clone();
    said.pointer_mut("/paths/~1drivers/post/requestBody/content/multipart~1form-data/encoding/photo/headers/X-Taken")
        .unwrap()["description"] = "When.".into();
    assert!(common::diff(&old, &said).is_empty());
}

#[test]
fn an_operation_beside_the_path_that_is_referred_to_is_one() {
    let document = |properties: Value| {
        let body = json!({"application/json": {"schema": {"type": "object", "properties": properties}}});
        let mut document = common::rich();
        document["paths"]["/drivers/first"]["head"] =
            json!({"operationId": "own", "responses": {"200": {"description": "d", "content": body}}});
        document
    };
    let changes = common::diff(&document(json!({"a": {}})), &document(json!({}))).changes;
    assert_eq!((changes.len(), changes[0].rule.id()), (1, "response-field-removed"));
    assert_eq!(changes[0].operations[0].id.as_deref(), Some("own"));
}
