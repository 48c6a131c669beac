//! What a schema means: references are followed, `allOf` is merged where nothing is lost, and null, types and
//! examples are expressed in one way for all versions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::absorb;
use crate::side::{Id, Side, distinct, items};

/// Longer chains of references and `allOf` are compared part by part instead.
const DEEPEST: usize = 48;

/// Schemas that each refer to the next one twice unfold to a great many parts; beyond this number they are not
/// unfolded.
const MOST: usize = 500;

/// The schemas around the current one, and how many more may be looked into.
pub struct Ancestors {
    pub above: Vec<Id>,
    left: usize,
}

impl Ancestors {
    fn ends(&self) -> bool {
        self.above.len() > DEEPEST || self.left == 0
    }
}

/// `oneOf` or `anyOf` with more than one shape that is not null.
#[derive(Debug)]
pub struct Choice<'a> {
    pub kind: &'a str,
    pub shapes: Vec<&'a Value>,
    /// The whole list.
    pub list: &'a Value,
}

#[derive(Debug, Default)]
pub struct View<'a> {
    /// Keywords that have no field of their own.
    pub members: BTreeMap<&'a str, &'a Value>,
    pub properties: BTreeMap<&'a str, &'a Value>,
    /// By name, where it is said.
    pub required: BTreeMap<&'a str, &'a Value>,
    /// Any type, if none is said.
    pub types: Option<BTreeSet<&'a str>>,
    /// Whether null is among the types, if anything is said of it.
    pub null: Option<bool>,
    /// Where it is said that it is.
    pub null_at: Option<&'a Value>,
    /// At most one of a kind.
    pub choices: Vec<Choice<'a>>,
    /// What of `allOf` could not be merged.
    pub parts: Vec<&'a Value>,
    /// The `false` schema, which nothing fulfils.
    pub is_never: bool,
    /// Not a schema at all.
    pub malformed: Option<&'a Value>,
    /// Shared schemas that became part of this one.
    pub merged: Vec<&'a Value>,
    /// Where the types are said.
    pub type_at: Option<&'a Value>,
    /// What merged schemas say about themselves where the view says something else, and what they repeat.
    pub lost: BTreeMap<&'a str, Vec<&'a Value>>,
    /// What was read to make the view.
    pub read: Vec<&'a Value>,
}

/// What says something about a schema and nothing about values.
pub const ANNOTATIONS: [&str; 5] = ["title", "description", "example", "examples", "externalDocs"];

/// What is kept instead of being merged.
#[derive(Debug, Clone, Copy, Default)]
pub struct MergeOptions {
    /// A choice of one shape is kept as a choice.
    pub choices: bool,
    /// What `allOf` lists and `$ref` leads to is kept as parts.
    pub parts: bool,
}

impl View<'_> {
    pub fn nullable(&self) -> bool {
        self.null == Some(true)
    }
}

pub fn view<'a>(side: &mut Side<'a>, value: &'a Value, keep: MergeOptions) -> View<'a> {
    let mut ancestors = Ancestors { above: Vec::new(), left: MOST };
    let view = build(side, value, &mut ancestors, keep);
    view.read.iter().for_each(|value| side.mark(value));
    view
}

pub fn build<'a>(side: &Side<'a>, value: &'a Value, ancestors: &mut Ancestors, keep: MergeOptions) -> View<'a> {
    let mut view = View { read: vec![value], ..View::default() };
    let schema = match value {
        Value::Object(schema) => schema,
        Value::Bool(true) => return view,
        Value::Bool(false) => return View { is_never: true, types: Some(BTreeSet::new()), null: Some(false), ..view },
        _ => return View { malformed: Some(value), ..view },
    };
    ancestors.above.push(value);
    ancestors.left = ancestors.left.saturating_sub(1);
    // version 3.0 marks null beside the types, and lets it pass whatever the schema is composed of
    let marked = schema.get("nullable").filter(|mark| **mark == Value::Bool(true));
    marked.into_iter().for_each(|mark| allow_null(&mut view, mark));
    // what it says itself comes before what it is composed of
    let is_composition = |key: &str| ["allOf", "anyOf", "oneOf"].contains(&key);
    for compositions in [false, true] {
        for (key, member) in schema.iter().filter(|(key, _)| is_composition(key) == compositions) {
            keyword(side, &mut view, key, member, ancestors, keep);
        }
    }
    if let Some(reference) = schema.get("$ref") {
        match side.target(value) {
            Some(target) if !ancestors.above.contains(&(target as Id)) => {
                view.read.push(reference);
                merge(side, &mut view, target, true, ancestors, keep);
            }
            _ => _ = view.members.insert("$ref", reference),
        }
    }
    if let Some(mark) = marked {
        allow_null(&mut view, mark);
        view.lost.entry("nullable").or_default().retain(|lost| !std::ptr::eq(*lost, mark));
    }
    ancestors.above.pop();
    view
}

/// Makes what must also be fulfilled part of the view, or else lists it as a part.
fn merge<'a>(
    side: &Side<'a>,
    view: &mut View<'a>,
    part: &'a Value,
    is_shared: bool,
    ancestors: &mut Ancestors,
    keep: MergeOptions,
) {
    if keep.parts || ancestors.ends() || !absorb(side, view, part, ancestors, is_shared, false) {
        view.parts.push(part);
    }
}

fn keyword<'a>(
    side: &Side<'a>,
    view: &mut View<'a>,
    key: &'a str,
    member: &'a Value,
    ancestors: &mut Ancestors,
    keep: MergeOptions,
) {
    let is_texts = |list: &Value| list.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    match (key, member) {
        ("$ref", _) => {}
        ("type", Value::String(kind)) => kinds(view, member, [kind.as_str()].into_iter()),
        ("type", list) if is_texts(list) => {
            view.read.extend(distinct(list));
            kinds(view, member, items(Some(list)).filter_map(Value::as_str));
        }
        ("nullable", Value::Bool(_)) => {}
        ("properties", Value::Object(properties)) => {
            view.properties.extend(properties.iter().map(|(name, value)| (name.as_str(), value)));
        }
        ("required", list) if is_texts(list) => {
            view.read.extend(distinct(list));
            view.required.extend(items(Some(list)).filter_map(|name| Some((name.as_str()?, name))));
        }
        ("allOf", Value::Array(parts)) if !parts.is_empty() => {
            for part in parts {
                merge(side, view, part, side.target(part).is_some(), ancestors, keep);
            }
        }
        ("oneOf" | "anyOf", Value::Array(shapes)) if !shapes.is_empty() => {
            choice(side, view, key, member, ancestors, keep)
        }
        ("example", value) => {
            if let Some(other) = view.members.insert("example", value) {
                view.lost.entry("example").or_default().push(other);
            }
        }
        ("examples", Value::Array(list)) if list.len() == 1 => {
            view.read.extend(list.first());
            if !std::ptr::eq(*view.members.entry("example").or_insert(&list[0]), &list[0]) {
                view.lost.entry("example").or_default().push(&list[0]);
            }
        }
        _ => {
            view.members.insert(key, member);
            return;
        }
    }
    view.read.push(member);
}

fn choice<'a>(
    side: &Side<'a>,
    view: &mut View<'a>,
    kind: &'a str,
    list: &'a Value,
    ancestors: &mut Ancestors,
    keep: MergeOptions,
) {
    let (nulls, shapes): (Vec<_>, Vec<_>) = items(Some(list)).partition(|shape| is_null(shape));
    let or_null = !nulls.is_empty();
    match (&nulls[..], &shapes[..]) {
        // nothing but null
        ([null, others @ ..], []) => {
            view.read.extend(others.iter().flat_map(|null| [*null, &null["type"]]));
            return merge(side, view, null, false, ancestors, keep);
        }
        (_, [shape]) if !keep.choices && !ancestors.ends() && absorb(side, view, shape, ancestors, true, or_null) => {}
        _ => {
            if or_null {
                view.null = Some(view.null != Some(false));
            }
            view.choices.push(Choice { kind, shapes, list });
        }
    }
    for null in nulls {
        view.read.extend([null, &null["type"]]);
        if view.nullable() && view.null_at.is_none() {
            view.null_at = Some(null);
        } else {
            view.lost.entry("nullable").or_default().push(null);
        }
    }
}

fn allow_null<'a>(view: &mut View<'a>, at: &'a Value) {
    view.null = Some(true);
    view.null_at = view.null_at.or(Some(at));
}

fn kinds<'a>(view: &mut View<'a>, at: &'a Value, kinds: impl Iterator<Item = &'a str>) {
    let mut found: BTreeSet<&str> = kinds.collect();
    view.null = Some(false);
    if found.remove("null") {
        allow_null(view, at);
    }
    view.types = Some(found);
    view.type_at = Some(at);
}

/// `{type: null}` beside other shapes says that null is allowed.
fn is_null(shape: &Value) -> bool {
    shape
        .as_object()
        .is_some_and(|members| members.len() == 1 && members.get("type").is_some_and(|kind| kind == "null"))
}
