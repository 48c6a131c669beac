//! OpenAPI Overlay 1.0.0: <https://spec.openapis.org/overlay/v1.0.0.html>.
//!
//! Stricter than the standard, since here an overlay states assumptions, and a stale one must show: every
//! action says why in its `description`; one that matches nothing is an error, as is one of whose names in
//! `['a','b']` one matches nothing, one that changes nothing, and one that adds to a list what is there.

use std::ops::Range;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

/// Each `['a','b']` of a target multiplies the names to look for.
const MOST_TARGETS: usize = 1000;

/// An overlay document.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    overlay: String,
    #[serde(rename = "info")]
    _info: Value,
    #[serde(rename = "extends")]
    _extends: Option<String>,
    /// What to do, in order; each action sees what those before it did.
    pub actions: Vec<Action>,
}

/// One change.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// RFC 9535 JSONPath of the nodes to change.
    pub target: String,
    /// What is assumed or added, and why.
    #[serde(default)]
    pub description: String,
    /// What to merge into each node, or append to it.
    pub update: Option<Value>,
    /// Whether to remove the nodes.
    #[serde(default)]
    pub remove: bool,
}

/// Why an overlay cannot be applied.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct OverlayError {
    place: String,
    reason: Reason,
}

/// What is wrong with an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum Reason {
    #[error("overlay document: {0}")]
    Document(String),
    #[error("is overlay version {0}; 1.0.x can be applied")]
    Version(String),
    #[error("has no description; say what is assumed and why")]
    Description,
    #[error("has neither `update` nor `remove: true`")]
    Nothing,
    #[error("target is not RFC 9535 JSONPath: {0}")]
    Path(String),
    #[error("`{0}` matches nothing: the document has moved on, so drop the action or mend its target")]
    NoMatch(String),
    #[error("target has more than {MOST_TARGETS} ways to pick its names; split the action")]
    TooMany,
    #[error("removes the whole document")]
    Root,
    #[error("adds {0} to a list that has it: the document says it already, so drop the action")]
    Present(String),
    #[error("changes nothing: the document says it already, so drop the action")]
    NoEffect,
    #[error("cannot merge {update} into {target} at {at}")]
    Incompatible { update: &'static str, target: &'static str, at: String },
}

impl OverlayError {
    /// What is wrong.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

/// Reads an overlay.
pub fn parse(value: Value) -> Result<Overlay, OverlayError> {
    let fail = |reason| OverlayError { place: "overlay".to_owned(), reason };
    let overlay: Overlay = serde_json::from_value(value).map_err(|error| fail(Reason::Document(error.to_string())))?;
    if !overlay.overlay.starts_with("1.0.") {
        return Err(fail(Reason::Version(overlay.overlay)));
    }
    Ok(overlay)
}

/// Applies every action in order.
pub fn apply(mut document: Value, overlay: &Overlay) -> Result<Value, OverlayError> {
    for (index, action) in overlay.actions.iter().enumerate() {
        apply_action(&mut document, action).map_err(|reason| {
            let why: String = action.description.chars().take(80).collect();
            OverlayError { place: format!("overlay action {} on `{}` ({why:?})", index + 1, action.target), reason }
        })?;
    }
    Ok(document)
}

/// Applies one action. The document is unfinished if it fails.
pub fn apply_action(document: &mut Value, action: &Action) -> Result<(), Reason> {
    if action.description.trim().is_empty() {
        return Err(Reason::Description);
    }
    let mut pointers = Vec::new();
    for target in one_name_each(&action.target)? {
        let path = JsonPath::parse(&target).map_err(|error| Reason::Path(error.to_string()))?;
        let found = path.query_located(document);
        if found.is_empty() {
            return Err(Reason::NoMatch(target));
        }
        pointers.extend(found.locations().map(|location| location.to_json_pointer()));
    }
    if action.remove {
        if pointers.iter().any(String::is_empty) {
            return Err(Reason::Root);
        }
        // from the back, so that an array's earlier indexes stay true
        pointers.reverse();
        pointers.iter().for_each(|pointer| remove(document, pointer));
        return Ok(());
    }
    let update = action.update.as_ref().ok_or(Reason::Nothing)?;
    let mut changed = false;
    for pointer in &pointers {
        let Some(target) = document.pointer_mut(pointer) else { continue };
        let before = target.clone();
        match target {
            Value::Array(items) => append(items, update)?,
            Value::Object(_) => merge(target, update, pointer)?,
            other => return Err(incompatible(update, other, pointer)),
        }
        changed |= before != *target;
    }
    if changed { Ok(()) } else { Err(Reason::NoEffect) }
}

/// One target for each way to pick a name from every `['a','b']`, so that each name must match by itself.
fn one_name_each(target: &str) -> Result<Vec<String>, Reason> {
    let mut targets = vec![target.to_owned()];
    loop {
        let mut picked = Vec::new();
        for target in &targets {
            let Some((names, at)) = first_union(target) else {
                picked.push(target.clone());
                continue;
            };
            if picked.len() + names.len() > MOST_TARGETS {
                return Err(Reason::TooMany);
            }
            let (before, after) = (&target[..at.start], &target[at.end..]);
            picked.extend(names.iter().map(|name| format!("{before}['{name}']{after}")));
        }
        if picked.len() == targets.len() {
            return Ok(targets);
        }
        targets = picked;
    }
}

/// The names of the first `['a','b']`, and where it is.
fn first_union(target: &str) -> Option<(Vec<&str>, Range<usize>)> {
    target.match_indices("['").find_map(|(start, _)| {
        let end = start + target[start..].find("']")? + 2;
        let names: Vec<&str> = target[start + 2..end - 2].split("','").collect();
        (names.len() > 1).then_some((names, start..end))
    })
}

/// Adds to a list what it does not have: a value, or a parameter by its name and place.
fn append(items: &mut Vec<Value>, entry: &Value) -> Result<(), Reason> {
    let same_parameter =
        |item: &Value| entry["name"].is_string() && item["name"] == entry["name"] && item["in"] == entry["in"];
    if items.iter().any(|item| item == entry || same_parameter(item)) {
        let what = entry["name"].as_str().map_or_else(|| entry.to_string(), |name| format!("parameter `{name}`"));
        return Err(Reason::Present(what));
    }
    items.push(entry.clone());
    Ok(())
}

fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    let key = key.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.remove(&key);
        }
        Some(Value::Array(items)) => {
            if let Some(index) = key.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

/// Objects merge, arrays concatenate, primitives replace primitives; anything else is a mistake.
fn merge(target: &mut Value, update: &Value, at: &str) -> Result<(), Reason> {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => merge_members(target, update, at),
        (Value::Array(target), Value::Array(update)) => update.iter().try_for_each(|entry| append(target, entry)),
        (target, update) if !is_container(target) && !is_container(update) => {
            *target = update.clone();
            Ok(())
        }
        (target, update) => Err(incompatible(update, target, at)),
    }
}

fn merge_members(target: &mut Map<String, Value>, update: &Map<String, Value>, at: &str) -> Result<(), Reason> {
    for (key, value) in update {
        match target.get_mut(key) {
            Some(existing) => merge(existing, value, &format!("{at}/{key}"))?,
            None => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(())
}

fn is_container(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

fn incompatible(update: &Value, target: &Value, at: &str) -> Reason {
    let kind = |value: &Value| match value {
        Value::Object(_) => "an object",
        Value::Array(_) => "an array",
        _ => "a plain value",
    };
    Reason::Incompatible { update: kind(update), target: kind(target), at: at.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(document: Value, actions: Value) -> Result<Value, OverlayError> {
        apply(
            document,
            &parse(json!({ "overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": actions }))?,
        )
    }

    fn reason(document: Value, action: Value) -> Reason {
        run(document, json!([action])).unwrap_err().reason().clone()
    }

    #[test]
    fn objects_merge_arrays_concatenate_primitives_replace() {
        let document = json!({"a": {"keep": 1, "change": 2, "list": [1], "deep": {"x": 1}}});
        let update = json!({"change": "two", "list": [2], "deep": {"y": 2}, "new": null});
        let after = run(document, json!([{"target": "$.a", "description": "d", "update": update}])).unwrap();
        assert_eq!(
            after,
            json!({"a": {"keep": 1, "change": "two", "list": [1, 2], "deep": {"x": 1, "y": 2}, "new": null}})
        );
        // a list as target gets one more entry
        let after = run(json!({"a": [1]}), json!([{"target": "$.a", "description": "d", "update": {"x": 1}}])).unwrap();
        assert_eq!(after, json!({"a": [1, {"x": 1}]}));
    }

    #[test]
    fn every_match_is_removed_from_objects_and_arrays() {
        let document = json!({"a": [{"n": 1}, {"n": 2}, {"n": 1}, {"n": 1}], "b/~": {"n": 1, "m": 1}});
        let after = run(
            document,
            json!([
                {"target": "$.a[?@.n==1]", "description": "d", "remove": true},
                {"target": "$['b/~'].n", "description": "d", "remove": true},
            ]),
        );
        assert_eq!(after.unwrap(), json!({"a": [{"n": 2}], "b/~": {"m": 1}}));
    }

    #[test]
    fn later_actions_see_earlier_ones() {
        let after = run(
            json!({"a": {}}),
            json!([
                {"target": "$.a", "description": "d", "update": {"b": {}}},
                {"target": "$.a.b", "description": "d", "update": {"c": 1}},
            ]),
        );
        assert_eq!(after.unwrap(), json!({"a": {"b": {"c": 1}}}));
    }

    #[test]
    fn mistakes_are_errors() {
        let document = || json!({"a": {"b": 1, "c": {}}});
        let update = |target: &str, value: Value| json!({"target": target, "description": "d", "update": value});
        assert_eq!(reason(document(), update("$.nope", json!({}))), Reason::NoMatch("$.nope".into()));
        assert_eq!(
            reason(document(), update("$['a','nope'].c", json!({"x": 1}))),
            Reason::NoMatch("$['nope'].c".into())
        );
        assert_eq!(reason(document(), json!({"target": "$", "description": "d", "remove": true})), Reason::Root);
        let list = || json!({"a": {"required": ["id"], "parameters": [{"name": "page", "in": "query"}]}});
        assert_eq!(reason(list(), update("$.a", json!({"required": ["id"]}))), Reason::Present("\"id\"".into()));
        let page = json!({"name": "page", "in": "query", "schema": {}});
        assert_eq!(reason(list(), update("$.a.parameters", page)), Reason::Present("parameter `page`".into()));
        let misspelt = json!([{"target": "$.a", "description": "d", "updaet": {}}]);
        assert!(matches!(run(document(), misspelt).unwrap_err().reason(), Reason::Document(_)));
        assert_eq!(reason(document(), update("$.a", json!({"b": 1}))), Reason::NoEffect);
        assert_eq!(reason(document(), json!({"target": "$.a", "update": {"x": 1}})), Reason::Description);
        assert_eq!(reason(document(), json!({"target": "$.a", "description": "d"})), Reason::Nothing);
        assert!(matches!(reason(document(), update("a b", json!({}))), Reason::Path(_)));
        assert!(matches!(reason(document(), update("$.a.b", json!({}))), Reason::Incompatible { .. }));
        assert!(matches!(reason(document(), update("$.a", json!({"c": 1}))), Reason::Incompatible { .. }));
    }

    #[test]
    fn names_that_multiply_are_bounded() {
        assert_eq!(one_name_each("$['a','b'].c['d','e']").unwrap().len(), 4);
        let target = format!("${}", "['a','b']".repeat(64));
        assert_eq!(reason(json!({}), json!({"target": target, "description": "d", "update": {}})), Reason::TooMany);
    }

    #[test]
    fn an_error_names_the_action() {
        let actions = json!([
            {"target": "$.a", "description": "fine", "update": {"x": 1}},
            {"target": "$.gone", "description": "assumed long ago", "update": {}},
        ]);
        let message = run(json!({"a": {}}), actions).unwrap_err().to_string();
        assert!(
            message.starts_with("overlay action 2 on `$.gone` (\"assumed long ago\"): `$.gone` matches nothing"),
            "{message}"
        );
    }

    #[test]
    fn other_versions_are_refused() {
        let error = parse(json!({"overlay": "2.0.0", "info": {}, "actions": []})).unwrap_err();
        assert_eq!(error.reason(), &Reason::Version("2.0.0".into()));
    }
}
