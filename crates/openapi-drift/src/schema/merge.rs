//! Parts of a schema that are merged into one, where that loses nothing.

use serde_json::Value;

use super::view::{ANNOTATIONS, Ancestors, MergeOptions, View, build};
use crate::{
    equality::same,
    side::{Id, Side},
};

/// Keywords that mean something only together with the others of their group in the same schema.
const TOGETHER: [&[&str]; 3] = [
    &["prefixItems", "items", "additionalItems"],
    &["contains", "minContains", "maxContains"],
    &["if", "then", "else"],
];

/// Bounds that 3.0 marks as exclusive.
const MARKED: [[&str; 2]; 2] = [["minimum", "exclusiveMinimum"], ["maximum", "exclusiveMaximum"]];

/// Makes a part of `allOf`, or what a reference leads to, part of the view, unless they contradict each other.
pub fn absorb<'a>(
    side: &Side<'a>,
    view: &mut View<'a>,
    part: &'a Value,
    ancestors: &mut Ancestors,
    is_shared: bool,
    or_null: bool,
) -> bool {
    if ancestors.above.contains(&(part as Id)) {
        return false;
    }
    let mut merged = build(side, part, ancestors, MergeOptions::default());
    if merged.malformed.is_some() || merged.is_never || !fits(view, &merged) {
        return false;
    }
    if or_null {
        merged.null = Some(true);
    }
    null(view, &merged);
    let mut lose = |key, value| view.lost.entry(key).or_default().push(value);
    for (key, member) in merged.members {
        if !std::ptr::eq(*view.members.entry(key).or_insert(member), member) {
            lose(key, member);
        }
    }
    if let (Some(_), Some(at)) = (&view.types, merged.type_at) {
        lose("type", at);
    }
    for (key, mut lost) in merged.lost {
        view.lost.entry(key).or_default().append(&mut lost);
    }
    for (key, property) in merged.properties {
        if !std::ptr::eq(*view.properties.entry(key).or_insert(property), property) {
            view.lost.entry("properties").or_default().push(property);
        }
    }
    for (name, at) in merged.required {
        if !std::ptr::eq(*view.required.entry(name).or_insert(at), at) {
            view.lost.entry("required").or_default().push(at);
        }
    }
    view.types = view.types.take().or(merged.types);
    view.type_at = view.type_at.or(merged.type_at);
    view.choices.extend(merged.choices);
    view.parts.extend(merged.parts);
    view.merged.extend(merged.merged);
    view.read.extend(merged.read);
    if is_shared {
        view.merged.push(part);
    }
    true
}

/// Null is allowed if every part that says something about it allows it.
fn null<'a>(view: &mut View<'a>, part: &View<'a>) {
    view.null = match (view.null, part.null) {
        (Some(own), Some(other)) => Some(own && other),
        (own, other) => own.or(other),
    };
    let mut said = [view.null_at.take(), part.null_at].into_iter().flatten();
    if view.nullable() {
        view.null_at = said.next();
    }
    view.lost.entry("nullable").or_default().extend(said);
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
        && !part.choices.iter().any(|choice| view.choices.iter().any(|own| own.kind == choice.kind))
        && !are_apart(view, part)
        && !closes(view, part)
        && !closes(part, view)
}

/// Whether keywords that only count together would be combined from different schemas.
fn are_apart(view: &View<'_>, part: &View<'_>) -> bool {
    let says = |view: &View<'_>, keys: &[&str]| keys.iter().any(|key| view.members.contains_key(key));
    let agree = |keys: &[&str]| keys.iter().all(|key| view.members.get(key) == part.members.get(key));
    let is_marked = |view: &View<'_>, key: &str| view.members.get(key).is_some_and(|mark| mark.is_boolean());
    TOGETHER.iter().any(|keys| says(view, keys) && says(part, keys) && !agree(keys))
        || MARKED.iter().any(|keys| {
            says(view, keys)
                && says(part, keys)
                && !agree(keys)
                && (is_marked(view, keys[1]) || is_marked(part, keys[1]))
        })
}

/// Whether one of them refuses fields, or has rules for them, that are not listed beside it but in the other.
fn closes(view: &View<'_>, other: &View<'_>) -> bool {
    let rest = view.members.get("additionalProperties");
    rest.is_some_and(|rest| **rest != Value::Bool(true) && rest.as_object().is_none_or(|rest| !rest.is_empty()))
        && (other.properties.keys().any(|name| !view.properties.contains_key(name))
            || other.members.contains_key("patternProperties") && !view.members.contains_key("patternProperties"))
}
