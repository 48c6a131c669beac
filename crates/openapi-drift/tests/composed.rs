//! Schemas that are made of others: what is merged, and what stays apart.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::schema;
use serde_json::{Value, json};

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
    assert_eq!(rules(&fields, &choice), ["request-part-added", "response-part-added"]);
    assert_eq!(rules(&choice, &fields), ["request-part-removed", "response-part-removed"]);
    // what becomes one of several shapes, and takes the others in, says the same
    let (text, number) = (json!({"$ref": "#/components/schemas/T"}), json!({"type": "string", "format": "date"}));
    let choice = json!({"type": "string", "anyOf": [text, number]});
    assert_eq!(rules(&text, &choice), ["schema-rewritten"; 2]);
}

#[test]
fn a_choice_may_be_null_if_a_shape_may() {
    let field = |schema: Value| json!({"type": "object", "required": ["a"], "properties": {"a": schema}});
    let choice = |text: Value| json!({"oneOf": [{"oneOf": [text, {"type": "boolean"}]}, {"type": "integer"}]});
    let (text, nullable) = (json!({"type": "string"}), json!({"type": "string", "nullable": true}));
    for (old, new, expected) in [
        (text.clone(), choice(nullable.clone()), Some("response-required-null-added")),
        (nullable.clone(), choice(text.clone()), Some("response-null-removed")),
        (nullable.clone(), choice(nullable), None),
        (text.clone(), choice(text), None),
    ] {
        let found = rules(&field(old), &field(new));
        let null: Vec<&&str> =
            found.iter().filter(|rule| rule.starts_with("response") && rule.contains("null")).collect();
        assert_eq!(null.first().map(|rule| **rule), expected, "{found:?}");
        assert!(null.len() < 2, "{found:?}");
    }
}

#[test]
fn what_parts_repeat_is_reported() {
    let whole = |parts: Value| json!({"allOf": parts});
    let part = |own: Value| json!([own, {"nullable": true, "required": ["a"], "type": ["object", "null"]}]);
    let plain = json!({"type": "object", "properties": {"a": {}}});
    let mut says_so = plain.clone();
    says_so["required"] = json!(["a"]);
    assert_eq!(rules(&whole(part(plain.clone())), &whole(part(says_so))), ["repetition-changed"; 2]);
    let mut nullable = plain.clone();
    nullable["nullable"] = true.into();
    let twice = |own: &Value| json!({"allOf": [own, {"nullable": true}]});
    assert_eq!(rules(&nullable, &twice(&nullable)), ["repetition-changed"; 2]);
    assert_eq!(rules(&plain, &twice(&plain)), ["repetition-changed"; 2]);
}

/// `allOf` is met where all of it is.
#[test]
fn null_must_pass_every_part_that_says_a_type() {
    let whole = |own: &Value| json!({"allOf": [own, {"type": ["object", "null"], "maxProperties": 5}]});
    let plain = json!({"type": "object", "properties": {"a": {}}});
    for (key, value) in [("nullable", json!(true)), ("type", json!(["object", "null"]))] {
        let mut allows = plain.clone();
        allows[key] = value;
        assert_eq!(
            rules(&whole(&plain), &whole(&allows)),
            ["request-null-allowed", "response-required-null-added"],
            "{key}"
        );
        assert_eq!(rules(&whole(&allows), &whole(&plain)), ["request-null-refused", "response-null-removed"], "{key}");
    }
    let text = json!({"$ref": "#/components/schemas/T"});
    let (nothing, other) = (json!({"type": "null"}), json!({"nullable": true}));
    assert_eq!(rules(&json!({"anyOf": [nothing]}), &other), ["request-type-widened", "response-type-widened"]);
    // what surrounds it is asked too
    let choice = json!({"anyOf": [text, nothing]});
    let (surrounded, never) =
        (json!({"allOf": [choice, {"type": "string"}]}), json!({"allOf": [text, {"type": "string"}]}));
    assert_eq!(rules(&surrounded, &never), ["repetition-changed"; 2]);
    let mut told = rules(&choice, &surrounded);
    told.dedup();
    assert_eq!(told, ["repetition-changed", "request-null-refused", "response-null-removed"]);
}

/// A schema that refuses fields it does not list must not be merged with others: it would list theirs.
#[test]
fn what_refuses_other_fields_stays_apart() {
    let part = |name: &str, closed: bool| {
        let mut part = json!({"type": "object", "properties": {name: {}}});
        if closed {
            part["additionalProperties"] = false.into();
        }
        part
    };
    let whole = |first: bool| json!({"allOf": [part("a", first), part("b", !first)]});
    let expected = [
        "request-extra-fields-allowed",
        "request-extra-fields-refused",
        "response-extra-fields-allowed",
        "response-extra-fields-excluded",
    ];
    assert_eq!(rules(&whole(true), &whole(false)), expected);
    // and so does what counts together
    let (own, other) = (json!({"contains": {"const": 1}}), json!({"contains": {"const": 1}, "minContains": 2}));
    let moved = json!({"allOf": [other, own]});
    assert!(!rules(&json!({"allOf": [own, {"minContains": 2}]}), &moved).is_empty());
}

#[test]
fn one_example_may_be_said_in_two_ways() {
    let both = |one: &str| json!({"type": "string", "example": one, "examples": ["b"]});
    assert_eq!(rules(&both("a"), &both("c")), ["example-changed"; 2]);
}
