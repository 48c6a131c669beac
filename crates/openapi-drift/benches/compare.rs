//! What a comparison costs: `cargo bench -p openapi-drift`.
//!
//! Compares two documents of 1,000 operations, which share schemas that refer to each other: equal ones, with a change in
//! every tenth schema and operation, and with every path moved. Then reads and compares documents as large as the largest
//! that are published, 12 MB each, with schemas written out where they are used and examples beside them; and such
//! documents of 1, 4 and 16 times a size. Fails if it takes longer, or more memory, than is promised.

#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use openapi_drift::{Options, compare, parse};
use peak_alloc::PeakAlloc;
use serde_json::{Map, Value, json};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const OPERATIONS: usize = 1000;
const SCHEMAS: usize = 300;
const RUNS: usize = 9;
const LONGEST: Duration = Duration::from_millis(150);
/// Operations of a document of about 12 MB.
const LARGE: usize = 544;
/// So many shared schemas refer to each other.
const GROUP: usize = 16;
const LONGEST_LARGE: Duration = Duration::from_millis(1500);
const MOST_MEMORY_MB: f32 = 200.0;
/// What is 16 times as large takes 16 times as long, and may take half as much again.
const MOST_GROWTH: f64 = 1.5;

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
        let mut response = body(1);
        response["description"] = "Done.".into();
        let parameter = |name: &str| json!({"name": name, "in": "query", "required": moved(index), "schema": {"type": "integer", "minimum": 0}});
        json!({"operationId": format!("{prefix}operation{index}"), "parameters": [parameter("page"), parameter("size")],
            "requestBody": body(0), "responses": {"200": response, "404": {"description": "Unknown."}}})
    };
    let paths: Map<String, Value> =
        (0..OPERATIONS).map(|index| (format!("{prefix}/things/{index}"), json!({"post": operation(index)}))).collect();
    let schemas: Map<String, Value> = (0..SCHEMAS).map(|index| (format!("S{index}"), schema(index))).collect();
    json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths, "components": {"schemas": schemas}})
}

/// A document as large APIs publish them: responses written out where they are used, each with an example, some of them
/// choices, and many references to what is shared.
fn large(operations: usize, is_new: bool) -> Vec<u8> {
    let moved = |index: usize| is_new && index.is_multiple_of(20);
    let shared = |index: usize| json!({"$ref": format!("#/components/schemas/Shared{}", index % operations)});
    let fields = |index: usize, depth: usize| -> Map<String, Value> {
        let field = |field: usize| {
            let text = json!({"type": "string", "format": "uri", "description": format!("The address of part {field} at depth {depth}, as the site shows it to its users."), "nullable": true});
            let number = json!({"type": "integer", "minimum": if moved(index) { 1 } else { 0 }, "example": field});
            (format!("field_{depth}_{field}"), if field.is_multiple_of(3) { number } else { text })
        };
        (0..12).map(field).collect()
    };
    let body = |index: usize| {
        let mut properties = fields(index, 0);
        properties.insert("owner".into(), shared(index));
        properties.insert(
            "parts".into(),
            json!({"type": "array", "items": {"type": "object", "properties": fields(index, 1)}}),
        );
        let error = json!({"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}});
        let kinds = json!({"oneOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}, error, shared(index + 1)]});
        properties.insert("kind".into(), kinds);
        properties.insert(
            "state".into(),
            json!({"type": "string", "enum": ["open", "closed", if moved(index) { "all" } else { "none" }]}),
        );
        json!({"type": "object", "required": ["field_0_0", "owner"], "properties": properties})
    };
    let example = |index: usize| {
        let text = (0..12)
            .map(|field| (format!("field_0_{field}"), json!(format!("https://example.com/things/{index}/{field}"))));
        Value::Object(text.collect())
    };
    let operation = |index: usize| {
        let parameter = |name: &str| json!({"name": name, "in": "query", "description": "How many results there are on a page, up to 100.", "schema": {"type": "integer", "default": 30}});
        let content = |index: usize| json!({"application/json": {"schema": body(index), "examples": {"default": {"value": example(index)}}}});
        json!({"operationId": format!("things/{index}"), "tags": ["things"], "summary": "A thing",
            "description": format!("Gets thing {index}. {}", "It is described at length. ".repeat(12)),
            "parameters": [parameter("per_page"), parameter("page")], "requestBody": {"content": content(index)},
            "responses": {"200": {"description": "Done.", "content": content(index + 1)}, "404": {"description": "Not found."}}})
    };
    let paths: Map<String, Value> =
        (0..operations).map(|index| (format!("/things/{index}/{{id}}"), json!({"post": operation(index)}))).collect();
    let schemas: Map<String, Value> = (0..operations)
        .map(|index| {
            let mut properties = fields(index, 2);
            properties.insert("next".into(), shared(index / GROUP * GROUP + (index + 1) % GROUP));
            (format!("Shared{index}"), json!({"type": "object", "properties": properties}))
        })
        .collect();
    let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths, "components": {"schemas": schemas}});
    serde_json::to_vec_pretty(&document).unwrap()
}

/// The least time that it takes to read and compare two documents, and how many changes there are.
fn read_and_compared(old: &[u8], new: &[u8], runs: usize) -> (Duration, usize) {
    let run = || {
        let start = Instant::now();
        let (old, new) = (parse("old", black_box(old)).unwrap(), parse("new", black_box(new)).unwrap());
        let found = compare(&old, &new, &Options::default()).unwrap().changes.len();
        (start.elapsed(), found)
    };
    (0..runs).map(|_| run()).min().unwrap()
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
        // whatever else the machine does only adds to it
        let (least, median) = (times[0], times[RUNS / 2]);
        println!("{name}: least {least:.1?}, median {median:.1?}, {found} changes");
        assert!(least < LONGEST, "{name}: {least:?} is not under {LONGEST:?}");
    }
    drop((old, new, moved));

    let (old, new) = (large(LARGE, false), large(LARGE, true));
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    println!("large: {LARGE} operations, {:.1} and {:.1} MB of JSON", megabytes(old.len()), megabytes(new.len()));
    MEMORY.reset_peak_usage();
    let (time, found) = read_and_compared(&old, &new, 3);
    let memory = MEMORY.peak_usage_as_mb();
    println!("read and compared: {time:.1?}, {memory:.0} MB with the texts, {found} changes");
    assert!(time < LONGEST_LARGE, "{time:?} is not under {LONGEST_LARGE:?}");
    assert!(memory < MOST_MEMORY_MB, "{memory} MB is not under {MOST_MEMORY_MB}");
    drop((old, new));

    let mut first = None;
    for times in [1, 4, 16] {
        let (old, new) = (large(LARGE * times / 16, false), large(LARGE * times / 16, true));
        let (time, found) = read_and_compared(&old, &new, 5);
        println!("{times} times: {:.1} MB, {time:.1?}, {found} changes", megabytes(old.len()));
        let unit = time.as_secs_f64() / megabytes(old.len());
        let growth = unit / *first.get_or_insert(unit);
        assert!(growth < MOST_GROWTH, "{times} times as large takes {growth:.2} times as long for each MB");
    }
}
