//! A schema as it is meant: references followed, `allOf` merged where that loses nothing, and null, types and
//! examples said in one way whatever the version.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::side::{Id, Side, items, same};

/// Longer chains of references and `allOf` are compared part by part instead.
const DEEPEST: usize = 48;

/// Schemas that refer to the next one twice unfold to any number of parts; beyond these they are compared part by part.
const MOST: usize = 500;

/// Where in the schema the merging is, and how many schemas it may still look into.
struct Way {
    above: Vec<Id>,
    left: usize,
}

impl Way {
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
    pub nullable: bool,
    /// Where that is said.
    pub null_at: Option<&'a Value>,
    pub variants: Option<Choice<'a>>,
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

/// With `keep_choices`, a choice of one shape is not merged but kept as a choice.
pub fn view<'a>(side: &mut Side<'a>, value: &'a Value, keep_choices: bool) -> View<'a> {
    let mut way = Way { above: Vec::new(), left: MOST };
    let view = build(side, value, &mut way, keep_choices);
    view.read.iter().for_each(|value| side.mark(value));
    view
}

/// Whether null fulfils a shape, or a shape of that.
pub fn may_be_null<'a>(side: &Side<'a>, shape: &'a Value) -> bool {
    null_fulfils(side, shape, &mut Way { above: Vec::new(), left: MOST })
}

fn null_fulfils<'a>(side: &Side<'a>, shape: &'a Value, way: &mut Way) -> bool {
    if way.ends() || way.above.contains(&(shape as Id)) {
        return false;
    }
    let view = build(side, shape, way, false);
    way.above.push(shape);
    let shapes = view.variants.into_iter().flat_map(|choice| choice.shapes);
    let found = view.nullable || shapes.into_iter().any(|shape| null_fulfils(side, shape, way));
    way.above.pop();
    found
}

fn build<'a>(side: &Side<'a>, value: &'a Value, way: &mut Way, keep_choices: bool) -> View<'a> {
    let mut view = View { read: vec![value], ..View::default() };
    let schema = match value {
        Value::Object(schema) => schema,
        Value::Bool(true) => return view,
        Value::Bool(false) => return View { is_never: true, types: Some(BTreeSet::new()), ..view },
        _ => return View { malformed: Some(value), ..view },
    };
    way.above.push(value);
    way.left = way.left.saturating_sub(1);
    // what it says itself comes before what it is composed of
    let is_composition = |key: &str| ["allOf", "anyOf", "oneOf"].contains(&key);
    for compositions in [false, true] {
        for (key, member) in schema.iter().filter(|(key, _)| is_composition(key) == compositions) {
            keyword(side, &mut view, key, member, way, keep_choices);
        }
    }
    if let Some(target) = side.target(value) {
        let reference = schema.get("$ref").into_iter();
        if way.ends() || !absorb(side, &mut view, target, way, true) {
            view.members.extend(reference.map(|reference| ("$ref", reference)));
        } else {
            view.read.extend(reference);
        }
    } else if let Some(reference) = schema.get("$ref") {
        view.members.insert("$ref", reference);
    }
    way.above.pop();
    view
}

fn keyword<'a>(
    side: &Side<'a>,
    view: &mut View<'a>,
    key: &'a str,
    member: &'a Value,
    way: &mut Way,
    keep_choices: bool,
) {
    let is_texts = |list: &Value| list.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    match (key, member) {
        ("$ref", _) => {}
        ("type", Value::String(kind)) => kinds(view, member, [kind.as_str()].into_iter()),
        ("type", list) if is_texts(list) => {
            view.read.extend(items(Some(list)));
            kinds(view, member, items(Some(list)).filter_map(Value::as_str));
        }
        ("nullable", Value::Bool(nullable)) => {
            if *nullable {
                allow_null(view, member);
            }
        }
        ("properties", Value::Object(properties)) => {
            view.properties.extend(properties.iter().map(|(name, value)| (name.as_str(), value)));
        }
        ("required", list) if is_texts(list) => {
            view.read.extend(items(Some(list)));
            view.required.extend(items(Some(list)).filter_map(|name| Some((name.as_str()?, name))));
        }
        ("allOf", Value::Array(parts)) if !parts.is_empty() => {
            for part in parts {
                let is_ref = side.target(part).is_some();
                if way.ends() || !absorb(side, view, part, way, is_ref) {
                    view.parts.push(part);
                }
            }
        }
        ("oneOf" | "anyOf", Value::Array(shapes)) if !shapes.is_empty() && view.variants.is_none() => {
            let (nulls, shapes): (Vec<_>, Vec<_>) = shapes.iter().partition(|shape| is_null(shape));
            for null in nulls {
                allow_null(view, null);
                view.read.extend([null, &null["type"]]);
            }
            let single = shapes.len() == 1 && !keep_choices;
            let absorbed = single && !way.ends() && absorb(side, view, shapes[0], way, true);
            if !absorbed && !shapes.is_empty() {
                view.variants = Some(Choice { kind: key, shapes, list: member });
            }
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

fn allow_null<'a>(view: &mut View<'a>, at: &'a Value) {
    view.nullable = true;
    view.null_at = view.null_at.or(Some(at));
}

fn kinds<'a>(view: &mut View<'a>, at: &'a Value, kinds: impl Iterator<Item = &'a str>) {
    let mut found: BTreeSet<&str> = kinds.collect();
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

/// Makes a part of `allOf`, or what a reference leads to, part of the view, unless they contradict each other.
fn absorb<'a>(side: &Side<'a>, view: &mut View<'a>, part: &'a Value, way: &mut Way, is_shared: bool) -> bool {
    if way.above.contains(&(part as Id)) {
        return false;
    }
    let part_view = build(side, part, way, false);
    if part_view.malformed.is_some() || part_view.is_never || !fits(view, &part_view) {
        return false;
    }
    let mut lose = |key, value| view.lost.entry(key).or_default().push(value);
    for (key, member) in part_view.members {
        if !std::ptr::eq(*view.members.entry(key).or_insert(member), member) {
            lose(key, member);
        }
    }
    if let (Some(_), Some(at)) = (&view.types, part_view.type_at) {
        lose("type", at);
    }
    if let (Some(_), Some(at)) = (view.null_at, part_view.null_at) {
        lose("nullable", at);
    }
    for (key, mut lost) in part_view.lost {
        view.lost.entry(key).or_default().append(&mut lost);
    }
    for (key, property) in part_view.properties {
        if !std::ptr::eq(*view.properties.entry(key).or_insert(property), property) {
            view.lost.entry("properties").or_default().push(property);
        }
    }
    for (name, at) in part_view.required {
        if !std::ptr::eq(*view.required.entry(name).or_insert(at), at) {
            view.lost.entry("required").or_default().push(at);
        }
    }
    view.types = view.types.take().or(part_view.types);
    view.type_at = view.type_at.or(part_view.type_at);
    view.nullable |= part_view.nullable;
    view.null_at = view.null_at.or(part_view.null_at);
    view.variants = view.variants.take().or(part_view.variants);
    view.parts.extend(part_view.parts);
    view.merged.extend(part_view.merged);
    view.read.extend(part_view.read);
    if is_shared {
        view.merged.push(part);
    }
    true
}

fn fits(view: &View<'_>, part: &View<'_>) -> bool {
    let member_fits = |(key, member): (&&str, &&Value)| {
        ANNOTATIONS.contains(key)
            || view.members.get(key).is_none_or(|own| std::ptr::eq(*own, *member) || *own == *member)
    };
    let property_fits = |(name, property): (&&str, &&Value)| {
        view.properties.get(name).is_none_or(|own| std::ptr::eq(*own, *property) || same(own, property))
    };
    part.members.iter().all(member_fits)
        && part.properties.iter().all(property_fits)
        && (view.types.is_none() || part.types.is_none() || view.types == part.types)
        && (view.variants.is_none() || part.variants.is_none())
}
