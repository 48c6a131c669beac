//! What a comparison costs: `cargo bench -p openapi-drift`.
//!
//! Compares two documents of 1,000 operations, which share schemas that refer to each other: equal ones, with a change in
//! every tenth schema and operation, and with every path moved. Fails if it takes a second or more.

#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use openapi_drift::{Options, compare};
use serde_json::{Map, Value, json};

const OPERATIONS: usize = 1000;
const SCHEMAS: usize = 300;
const RUNS: usize = 9;
const LONGEST: Duration = Duration::from_secs(1);

fn document(is_new: bool, prefix: &str) -> Value {
    let moved = |index: usize| is_new && index.is_multiple_of(10);
    let schema = |index: usize| {
        let reference =
            |step: usize| json!({"$ref": format!("#/components/schemas/S{}", (index * 7 + step) % SCHEMAS)});
        let mut properties: Map<String, Value> = (0..12)
            .map(|field| {
                (
                    format!("field_{field}"),
                    json!({"type": "string", "maxLength": 20 + field, "description": "A field."}),
                )
            })
            .collect();
        properties.insert(
            "state".into(),
            json!({"type": "string", "enum": ["a", "b", if moved(index) { "d" } else { "c" }]}),
        );
        properties.insert("one".into(), reference(1));
        properties.insert("many".into(), json!({"type": "array", "items": reference(2)}));
        let own = json!({"type": "object", "required": ["field_0", "one"], "properties": properties});
        if index.is_multiple_of(5) {
            json!({"allOf": [own, {"type": "object", "properties": {"more": reference(3)}}]})
        } else {
            own
        }
    };
    let operation = |index: usize| {
        let body = |step: usize| {
            let reference = format!("#/components/schemas/S{}", (index + step) % SCHEMAS);
            json!({"content": {"application/json": {"schema": {"$ref": reference}}}})
        };
        let mut answer = body(1);
        answer["description"] = "Done.".into();
        let parameter = |name: &str| json!({"name": name, "in": "query", "required": moved(index), "schema": {"type": "integer", "minimum": 0}});
        json!({"operationId": format!("{prefix}operation{index}"), "parameters": [parameter("page"), parameter("size")],
            "requestBody": body(0), "responses": {"200": answer, "404": {"description": "Unknown."}}})
    };
    let paths: Map<String, Value> =
        (0..OPERATIONS).map(|index| (format!("{prefix}/things/{index}"), json!({"post": operation(index)}))).collect();
    let schemas: Map<String, Value> = (0..SCHEMAS).map(|index| (format!("S{index}"), schema(index))).collect();
    json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths, "components": {"schemas": schemas}})
}

fn main() {
    let (old, new, moved) = (document(false, ""), document(true, ""), document(false, "/v2"));
    let size = old.to_string().len();
    println!("{OPERATIONS} operations, {SCHEMAS} schemas, {} KiB of JSON", size / 1024);
    for (name, other) in [("equal", &document(false, "")), ("changed", &new), ("moved", &moved)] {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..RUNS {
            let start = Instant::now();
            found = black_box(compare(black_box(&old), black_box(other), &Options::default())).unwrap().changes.len();
            times.push(start.elapsed());
        }
        times.sort();
        let (median, worst) = (times[RUNS / 2], times[RUNS - 1]);
        println!("{name}: median {median:.1?}, worst {worst:.1?}, {found} changes");
        assert!(median < LONGEST, "{name}: {median:?} is not under {LONGEST:?}");
    }
}
