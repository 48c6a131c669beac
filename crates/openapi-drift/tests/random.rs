//! Any edit of a document is reported, and is reported backwards the other way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use openapi_drift::{Options, compare, parse};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

fn published() -> Value {
    parse("bls.openapi.json", include_bytes!("../../../spec/bls.openapi.json")).unwrap()
}

fn effective() -> Value {
    parse("effective", include_bytes!("../../hb-bls-gen/src/generated/effective.openapi.json")).unwrap()
}

/// What is done to one place of a document.
#[derive(Debug, Clone)]
enum Edit {
    /// Another value of the same type, or of another.
    Replace(u8),
    Remove,
    /// A member or item that was not there.
    Add(u8),
    /// A member gets another name.
    Rename,
    /// A member goes elsewhere.
    Move(Index),
    /// A member or item changes places with another beside it.
    Swap(Index),
    /// A list is turned round.
    Reverse,
}

fn edits() -> impl Strategy<Value = (Index, Edit)> {
    let edit = prop_oneof![
        4 => (0..8u8).prop_map(Edit::Replace),
        3 => Just(Edit::Remove),
        2 => (0..8u8).prop_map(Edit::Add),
        1 => Just(Edit::Rename),
        2 => any::<Index>().prop_map(Edit::Move),
        2 => any::<Index>().prop_map(Edit::Swap),
        2 => Just(Edit::Reverse),
    ];
    (any::<Index>(), edit)
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| pointers(member, &format!("{at}/{}", escaped(key)), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

fn values(old: &Value, seed: u8) -> Value {
    match (old, seed) {
        (Value::Bool(value), 0..6) => json!(!value),
        (Value::Number(value), 0..6) => json!(value.as_f64().unwrap() + f64::from(seed) + 1.0),
        (Value::String(value), 0..6) => json!(format!("{value}{seed}")),
        (_, 6) => json!("other"),
        (_, 7) => json!({"other": [seed]}),
        _ => json!([seed]),
    }
}

/// Applies an edit; nothing if it does not fit the place.
fn apply(document: &mut Value, index: Index, edit: &Edit) -> Option<String> {
    let mut places = Vec::new();
    pointers(document, "", &mut places);
    let pointer = index.get(&places).clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", ""));
    let key = key.replace("~1", "/").replace("~0", "~");
    match edit {
        Edit::Replace(seed) => {
            let place = document.pointer_mut(&pointer)?;
            *place = values(place, *seed);
        }
        Edit::Add(seed) => match document.pointer_mut(&pointer)? {
            Value::Object(members) => _ = members.insert(format!("added{seed}"), json!({"type": "added"})),
            Value::Array(items) => items.push(json!(format!("added{seed}"))),
            _ => return None,
        },
        Edit::Remove => match document.pointer_mut(parent).filter(|_| !pointer.is_empty())? {
            Value::Object(members) => _ = members.remove(&key)?,
            Value::Array(items) => _ = items.remove(key.parse().ok()?),
            _ => return None,
        },
        Edit::Rename => match document.pointer_mut(parent).filter(|_| !pointer.is_empty())? {
            Value::Object(members) => {
                let value = members.remove(&key)?;
                members.insert(format!("{key}Renamed"), value);
            }
            _ => return None,
        },
        Edit::Move(to) => {
            let target = to.get(&places).clone();
            let members = document.pointer(&target)?.as_object()?;
            if target.starts_with(&pointer) || members.contains_key(&key) || are_merged(&pointer, &target) {
                return None;
            }
            // what an anchor names is found wherever it is
            if document.pointer(&pointer)?.to_string().contains("$anchor") {
                return None;
            }
            let value = document.pointer_mut(parent)?.as_object_mut()?.remove(&key)?;
            document.pointer_mut(&target)?.as_object_mut()?.insert(key, value);
        }
        Edit::Swap(with) => match document.pointer_mut(parent).filter(|_| !pointer.is_empty())? {
            Value::Object(members) => {
                let other = with.get(&members.keys().cloned().collect::<Vec<_>>()).clone();
                let (one, two) = (members.get(&key)?.clone(), members.get(&other)?.clone());
                members.extend([(key, two), (other, one)]);
            }
            Value::Array(items) => {
                let other = with.index(items.len());
                items.swap(key.parse().ok()?, other);
            }
            _ => return None,
        },
        Edit::Reverse => document.pointer_mut(&pointer)?.as_array_mut()?.reverse(),
    }
    Some(pointer)
}

/// Whether two places are of one schema once its parts are merged.
fn are_merged(one: &str, other: &str) -> bool {
    let starts =
        |place: &str| place.match_indices("/allOf").map(|(index, _)| place[..index].to_owned()).collect::<Vec<_>>();
    starts(one).iter().chain(&starts(other)).any(|schema| one.starts_with(schema) && other.starts_with(schema))
}

/// Lists whose order says nothing, unless there is another that tells of each of its items.
const UNORDERED: [&str; 9] =
    ["required", "enum", "x-extensible-enum", "tags", "parameters", "oneOf", "anyOf", "allOf", "type"];

/// What may differ and mean the same, in words of its own: defaults that are spelled out, and nothing at all.
fn says_nothing(key: &str, value: &Value) -> bool {
    match key {
        "required" => *value == json!(false) || *value == json!([]),
        "deprecated" | "nullable" | "readOnly" | "writeOnly" | "uniqueItems" => *value == json!(false),
        "minItems" | "minLength" | "minProperties" => *value == json!(0),
        "style" => *value == json!("form"),
        "tags" | "parameters" => *value == json!([]),
        "responses" | "properties" | "headers" | "content" | "callbacks" | "schemas" => *value == json!({}),
        "items" | "additionalProperties" | "schema" => *value == json!({}) || *value == json!(true),
        _ => false,
    }
}

fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let is_labelled = members.contains_key("x-enum-varnames");
            let told = members.iter().map(|(key, value)| {
                let mut value = bare(value);
                if let Some(list) = value.as_array_mut().filter(|_| UNORDERED.contains(&key.as_str()) && !is_labelled) {
                    list.sort_by_key(Value::to_string);
                }
                if key == "security" {
                    value = unordered(&value);
                }
                (key, value)
            });
            Value::Object(
                told.filter(|(key, value)| !says_nothing(key, value))
                    .map(|(key, value)| (key.clone(), value))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

/// Every list sorted.
fn unordered(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), unordered(value))).collect(),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(unordered).collect();
            items.sort_by_key(Value::to_string);
            items.into()
        }
        other => other.clone(),
    }
}

fn assert_reported(base: &Value, edits: &[(Index, Edit)]) -> Result<(), TestCaseError> {
    let mut edited = base.clone();
    let mut places = Vec::new();
    for (index, edit) in edits {
        places.extend(apply(&mut edited, *index, edit).map(|place| (place, edit.clone())));
    }
    if bare(&edited) == bare(base) {
        return Ok(());
    }
    match compare(base, &edited, &Options::default()) {
        Ok(report) => {
            prop_assert!(!report.is_empty(), "not reported: {places:?}");
            common::assert_mirrored(base, &edited);
            // again and again the same
            prop_assert_eq!(report, common::diff(base, &edited));
        }
        // no longer an OpenAPI document
        Err(_) => prop_assert!(edited.get("openapi") != base.get("openapi"), "{places:?}"),
    }
    Ok(())
}

/// `PROPTEST_CASES` asks for more.
fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn an_edit_is_reported(edit in edits()) {
        assert_reported(&common::base(), &[edit])?;
    }

    #[test]
    fn an_edit_of_the_rich_document_is_reported(edit in edits()) {
        assert_reported(&common::rich(), &[edit])?;
    }

    #[test]
    fn several_edits_have_their_mirror(edits in prop::collection::vec(edits(), 2..6)) {
        assert_reported(&common::base(), &edits)?;
    }

    #[test]
    fn several_edits_of_the_rich_document_have_their_mirror(edits in prop::collection::vec(edits(), 2..6)) {
        assert_reported(&common::rich(), &edits)?;
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn an_edit_of_the_published_document_is_reported(edit in edits()) {
        assert_reported(&published(), &[edit])?;
    }

    #[test]
    fn an_edit_of_the_effective_document_is_reported(edit in edits()) {
        assert_reported(&effective(), &[edit])?;
    }
}
