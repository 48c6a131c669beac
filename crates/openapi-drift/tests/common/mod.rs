//! What the tests share.
#![allow(dead_code)] // each test binary uses a part

use std::{collections::BTreeMap, fmt::Write as _, sync::LazyLock};

use openapi_drift::{Audience, Change, Options, Report, compare, parse};
use serde_json::{Value, json};

/// The document that cases patch.
pub fn base() -> Value {
    static BASE: LazyLock<Value> =
        LazyLock::new(|| parse("base.yaml", include_bytes!("../fixtures/base.yaml")).unwrap());
    BASE.clone()
}

/// The document with what references and schemas may say beyond that.
pub fn rich() -> Value {
    static RICH: LazyLock<Value> =
        LazyLock::new(|| parse("rich.yaml", include_bytes!("../fixtures/rich.yaml")).unwrap());
    RICH.clone()
}

pub fn diff(old: &Value, new: &Value) -> Report {
    compare(old, new, &Options::default()).unwrap()
}

/// A change as snapshots show it.
pub fn told(change: &Change) -> String {
    let mut text = format!(
        "{} {} ({})\n  {}\n  at {}\n",
        change.level, change.rule, change.direction, change.sentence, change.pointer
    );
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
    writeln!(text, "  {} -> {}", value(&change.old), value(&change.new)).unwrap();
    for operation in &change.operations {
        writeln!(text, "  in {operation}").unwrap();
    }
    text
}

/// What is found from A to B is found from B to A, the other way round.
#[track_caller]
pub fn assert_mirrored(a: &Value, b: &Value) {
    // what a value proves is told where no rule tells it, and there need be no such value the other way
    let rules = |old: &Value, new: &Value| {
        let mut changes = diff(old, new).changes;
        changes.retain(|change| !change.rule.mirrors().is_empty());
        changes
    };
    let (there, mut back) = (rules(a, b), rules(b, a));
    for change in &there {
        let is_mirror = |other: &Change| {
            change.rule.mirrors().contains(&other.rule)
                && (change.direction, &change.operations.len()) == (other.direction, &other.operations.len())
                && (&change.old_pointer, &change.new_pointer) == (&other.new_pointer, &other.old_pointer)
                && (&change.old, &change.new) == (&other.new, &other.old)
        };
        let found = back.iter().position(is_mirror);
        let Some(index) = found else {
            panic!("no mirror of {}\nin {:#?}", told(change), back.iter().map(told).collect::<Vec<_>>())
        };
        back.remove(index);
    }
    assert!(back.is_empty(), "only one way: {:#?}", back.iter().map(told).collect::<Vec<_>>());
}

/// Two documents whose one operation sends and returns a schema.
pub fn schema(old: Value, new: Value) -> (Value, Value) {
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

/// A patch of a fixture, and the rule it is about.
pub struct Case {
    pub rule: String,
    pub patch: Value,
    pub reverse: bool,
    pub is_rich: bool,
    pub is_for_server: bool,
}

impl Case {
    /// What is found between its documents.
    pub fn report(&self) -> Report {
        let (old, new) = documents(self);
        let audience = if self.is_for_server { Audience::Server } else { Audience::Client };
        compare(&old, &new, &Options::default().audience(audience)).unwrap()
    }
}

/// The cases, by theme.
pub fn cases() -> BTreeMap<String, Vec<Case>> {
    let themes = parse("cases.yaml", include_bytes!("../cases.yaml")).unwrap();
    let case = |case: &Value| Case {
        rule: case["rule"].as_str().unwrap().to_owned(),
        patch: case["patch"].clone(),
        reverse: case["reverse"] == true,
        is_rich: case["of"] == "rich",
        is_for_server: case["for"] == "server",
    };
    let themes = themes.as_object().unwrap().iter();
    themes.map(|(theme, list)| (theme.clone(), list.as_array().unwrap().iter().map(case).collect())).collect()
}

/// The documents of a case: the old one and the new one.
pub fn documents(case: &Case) -> (Value, Value) {
    let base = if case.is_rich { rich() } else { base() };
    let mut patched = base.clone();
    let patch: json_patch::Patch = serde_json::from_value(case.patch.clone()).unwrap();
    json_patch::patch(&mut patched, &patch).unwrap_or_else(|error| panic!("{}: {error}", case.rule));
    if case.reverse { (patched, base) } else { (base, patched) }
}
