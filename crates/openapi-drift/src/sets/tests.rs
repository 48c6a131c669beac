//! No value contradicts what is proved.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    Prover, Schema,
    check::{Truth, check},
    disjoint::Disjointness,
    normal_form::form,
    witness,
};
use crate::{change::Direction, side::Side};

fn proves(one: &Value, other: &Value) -> bool {
    let (a, b) = (Side::new("old", one).unwrap(), Side::new("new", other).unwrap());
    Prover::new(Direction::Request).proves(Schema::new(&a, one), Schema::new(&b, other))
}

#[test]
fn one_set_is_within_another_however_it_is_spelled() {
    let word = |most: u32| json!({"type": "string", "maxLength": most});
    let needs = |name: &str| json!({"type": "object", "required": [name]});
    for (one, other, there, back) in [
        (
            json!({"type": ["string", "integer"]}),
            json!({"oneOf": [{"type": "integer"}, {"type": "string"}]}),
            true,
            true,
        ),
        (
            json!({"enum": ["a", null]}),
            json!({"oneOf": [{"type": "null"}, {"enum": ["a"], "type": "string"}]}),
            true,
            true,
        ),
        (json!({"enum": ["a", "b"]}), json!({"oneOf": [{"const": "a"}, {"const": "b"}]}), true, true),
        (
            json!({"type": "string", "nullable": true}),
            json!({"anyOf": [{"type": "null"}, {"type": "string"}]}),
            true,
            true,
        ),
        (word(3), json!({"anyOf": [word(5), {"type": "integer"}]}), true, false),
        (json!({"type": "integer", "minimum": 1}), json!({"type": "integer", "exclusiveMinimum": 0}), true, true),
        (json!({"type": "integer", "multipleOf": 4}), json!({"type": "number", "multipleOf": 2}), true, false),
        (json!({"type": "integer", "maxLength": 1}), json!({"type": "integer"}), true, true),
        (json!({"type": "integer"}), json!({"type": ["integer", "number"]}), true, false),
        (
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            json!({"type": "object", "additionalProperties": {"type": "number"}}),
            true,
            false,
        ),
        (needs("a"), json!({"anyOf": [needs("a"), needs("b")]}), true, false),
        (needs("a"), json!({"oneOf": [needs("a"), needs("b")]}), false, false),
        (json!({"oneOf": [needs("a"), needs("b")]}), json!({"anyOf": [needs("b"), needs("a")]}), true, false),
        (json!({"type": "object", "if": needs("a"), "then": needs("b")}), json!({"type": "object"}), true, false),
        (
            json!({"type": "object", "dependentRequired": {"a": ["b", "c"]}}),
            json!({"type": "object", "dependentRequired": {"a": ["b"]}}),
            true,
            false,
        ),
        (
            json!({"type": "array", "items": word(2), "maxItems": 1}),
            json!({"type": "array", "uniqueItems": true}),
            true,
            false,
        ),
        (json!({"not": {"type": "string"}, "type": ["string", "null"]}), json!({"type": "null"}), true, true),
        (
            json!({"type": "object", "properties": {"a": word(1)}, "additionalProperties": false}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            true,
            false,
        ),
        (
            json!({"type": "object", "patternProperties": {"^x": word(1)}, "additionalProperties": false}),
            json!({"type": "object", "patternProperties": {"^x": word(2)}}),
            true,
            false,
        ),
    ] {
        assert_eq!((proves(&one, &other), proves(&other, &one)), (there, back), "{one} {other}");
    }
}

#[test]
fn circles_are_proved_and_differences_within_them_found() {
    let tree = |kind: &str| {
        json!({"$ref": "#/t", "t": {"type": "object", "properties": {
        "value": {"type": kind}, "children": {"type": "array", "items": {"$ref": "#/t"}}}}})
    };
    assert!(proves(&tree("string"), &tree("string")));
    assert!(proves(&tree("integer"), &tree("number")));
    assert!(!proves(&tree("number"), &tree("integer")));
    let endless = json!({"allOf": [{"$ref": "#"}]});
    assert!(!proves(&endless, &tree("string")));
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({})),
        prop::sample::select(vec!["string", "integer", "number", "boolean", "null", "object", "array"])
            .prop_map(|kind| json!({"type": kind})),
        (0..4, 0..4).prop_map(|(low, high)| json!({"type": "integer", "minimum": low, "maximum": high})),
        (0..3, 0..3).prop_map(|(low, high)| json!({"type": "string", "minLength": low, "maxLength": high})),
        prop::sample::subsequence(vec![json!("a"), json!("b"), json!(1), json!(null), json!(true)], 1..4)
            .prop_map(|values| json!({"enum": values})),
        (1..4).prop_map(|unit| json!({"multipleOf": unit})),
        prop::sample::subsequence(vec!["a", "b", "c"], 1..3).prop_map(|names| json!({"required": names})),
        Just(json!({"pattern": "^a"})),
        Just(json!({"exclusiveMinimum": 1})),
    ]
}

/// Schemas of all keywords that are known, over few names and values.
fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 1..4);
        let named = || prop::collection::btree_map(prop::sample::select(vec!["a", "b", "c"]), inner.clone(), 1..3);
        prop_oneof![
            list().prop_map(|parts| json!({"allOf": parts})),
            list().prop_map(|parts| json!({"anyOf": parts})),
            list().prop_map(|parts| json!({"oneOf": parts})),
            inner.clone().prop_map(|not| json!({"not": not})),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(one, two, three)| json!({"if": one, "then": two, "else": three})),
            (named(), prop::bool::ANY).prop_map(|(fields, closed)| {
                let mut schema = json!({"type": "object", "properties": fields});
                if closed {
                    schema["additionalProperties"] = false.into();
                }
                schema
            }),
            (named(), inner.clone())
                .prop_map(|(fields, rest)| json!({"properties": fields, "additionalProperties": rest})),
            inner.clone().prop_map(|value| json!({"patternProperties": {"^a": value}})),
            inner.clone().prop_map(|value| json!({"propertyNames": value})),
            named().prop_map(|fields| json!({"dependentSchemas": fields})),
            Just(json!({"dependentRequired": {"a": ["b"]}})),
            (inner.clone(), 0..3).prop_map(|(item, most)| json!({"type": "array", "items": item, "maxItems": most})),
            (inner.clone(), inner.clone()).prop_map(|(first, rest)| json!({"prefixItems": [first], "items": rest})),
            (inner.clone(), 0..2, 1..3)
                .prop_map(|(item, least, most)| json!({"contains": item, "minContains": least, "maxContains": most})),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| {
                let mut all = Map::new();
                for schema in [one, other] {
                    all.extend(schema.as_object().cloned().unwrap_or_default());
                }
                Value::Object(all)
            }),
        ]
    })
}

/// Values of every kind that the schemas speak of.
fn pool() -> Vec<Value> {
    let plain = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(1.5),
        json!(-1),
        json!(6),
        json!(""),
        json!("a"),
        json!("b"),
        json!("ab"),
        json!("aaaa"),
    ];
    let mut all = plain.to_vec();
    all.push(json!([]));
    all.push(json!({}));
    for one in &plain {
        all.push(json!([one]));
        all.extend(["a", "b", "c"].map(|name| json!({name: one})));
        for other in [json!("a"), json!(1), json!(null)] {
            all.push(json!([one, other]));
            all.push(json!({"a": one, "b": other}));
            all.push(json!({"b": one, "c": other}));
            all.push(json!({"a": other, "b": one, "c": other}));
        }
    }
    all
}

fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(200), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_value_contradicts_a_proof(one in schema(), other in schema()) {
        for (one, other) in [(&one, &other), (&one, &json!({"anyOf": [one.clone(), other.clone()]})),
            (&json!({"allOf": [one.clone(), other.clone()]}), &one), (&one, &json!({"oneOf": [one.clone(), other.clone()]}))] {
            let (a, b) = (Side::new("old", one).unwrap(), Side::new("new", other).unwrap());
            let (one, other) = (Schema::new(&a, one), Schema::new(&b, other));
            let mut steps = 1_000_000;
            for direction in [Direction::Request, Direction::Response] {
                let within = Prover::new(direction).proves(one, other);
                let apart = form(&[one], direction, &mut steps).is_some_and(|clauses| {
                    clauses.iter().all(|clause| Disjointness::new(direction, &mut steps).is_clause_apart(clause, other))
                });
                prop_assert!(!within || witness(one, other, direction).is_none());
                for value in pool() {
                    let fits = check(&value, one, direction, &mut steps);
                    let fits_other = check(&value, other, direction, &mut steps);
                    prop_assert!(!(within && fits == Truth::Yes && fits_other == Truth::No), "within: {value}");
                    prop_assert!(!(apart && fits == Truth::Yes && fits_other == Truth::Yes), "apart: {value}");
                    // a form without clauses has no values
                    let empty = form(&[one], direction, &mut steps).is_some_and(|clauses| clauses.is_empty());
                    prop_assert!(!(empty && fits == Truth::Yes), "empty: {value}");
                }
            }
        }
    }
}
