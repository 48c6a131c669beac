//! Discriminators: how the shapes of a choice are recognised.

use serde_json::Value;

use crate::{
    rules::Rule,
    side::{Side, joined, members},
    walk::{BothSides, Position, Walk},
};

/// Compares two discriminators of two schemas. A value of the mapping that leads to a schema of another name says the
/// same if the schemas do.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, whole: BothSides<'a>, spot: BothSides<'a>) {
    let is_object = |value: Option<&Value>| value.is_some_and(Value::is_object);
    if !(is_object(spot.0) && is_object(spot.1)) {
        return walk.plain(at, Rule::DiscriminatorChanged, spot);
    }
    walk.mark(spot);
    for (key, spot) in joined(spot.0, spot.1) {
        let below = at.below(&format!(".{key}"));
        if key != "mapping" || [spot.0, spot.1].into_iter().flatten().any(|mapping| !mapping.is_object()) {
            walk.plain(&below, Rule::DiscriminatorChanged, spot);
            continue;
        }
        walk.mark(spot);
        for (value, spot) in joined(spot.0, spot.1) {
            mapped(walk, &below.below(&format!(".{value}")), whole, value, spot);
        }
    }
}

/// A value, and the schema that it leads to.
fn mapped<'a>(walk: &mut Walk<'a>, at: &Position, whole: BothSides<'a>, value: &str, spot: BothSides<'a>) {
    let (old, new) = (spot.0.and_then(|to| target(&walk.old, to)), spot.1.and_then(|to| target(&walk.new, to)));
    let other = match (old, new) {
        (Some((was, old)), Some((is, new))) => {
            walk.mark(spot);
            walk.renamed(at, (was, old), (is, new));
            return walk.queue(old, new, &at.part(""));
        }
        (Some((name, _)), None) if spot.1.is_none() => whole.1.map(|other| (name, other)),
        (None, Some((name, _))) if spot.0.is_none() => whole.0.map(|other| (name, other)),
        _ => None,
    };
    // without a mapping the name of the schema is the value, if it is a shape there; otherwise it comes or goes with
    // the shape
    let goes_without_saying = other.is_some_and(|(name, other)| value == name || !has_shape(other, name));
    let rule = if goes_without_saying { Rule::RepetitionChanged } else { Rule::DiscriminatorChanged };
    walk.plain(at, rule, spot);
}

/// Whether a shared schema is one of the shapes.
fn has_shape(schema: &Value, name: &str) -> bool {
    let shapes = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
    let mut names = shapes.filter_map(|shape| shape.get("$ref")?.as_str()?.rsplit('/').next());
    names.any(|own| own == name)
}

/// A schema by its name, or by a reference.
fn target<'a>(side: &Side<'a>, to: &'a Value) -> Option<(&'a str, &'a Value)> {
    let text = to.as_str()?;
    let name = text.rsplit('/').next()?;
    let named = || side.root.pointer("/components/schemas")?.get(text);
    Some((name, side.lookup(text).or_else(named)?))
}

/// The values by which a shape that is a reference is recognised: those of the mapping, or else the name of its schema.
fn values<'a>(schema: &'a Value, shape: &'a Value) -> Option<Vec<&'a str>> {
    let reference = shape.get("$ref")?.as_str()?;
    let name = reference.rsplit('/').next()?;
    let mapping = schema.get("discriminator")?.as_object()?.get("mapping");
    let leads = |to: &Value| to.as_str().is_some_and(|to| to == reference || to == name);
    let said: Vec<&str> = members(mapping).filter(|(_, to)| leads(to)).map(|(value, _)| value.as_str()).collect();
    Some(if said.is_empty() { vec![name] } else { said })
}

/// Reports a shape of both documents that is no longer recognised by any of its values.
pub fn shape<'a>(walk: &mut Walk<'a>, at: &Position, whole: BothSides<'a>, (old, new): (&'a Value, &'a Value)) {
    let (Some(old_whole), Some(new_whole)) = whole else { return };
    let (Some(was), Some(is)) = (values(old_whole, old), values(new_whole, new)) else { return };
    if was.iter().any(|value| is.contains(value)) {
        return;
    }
    let (was, is) = (was.join(" or "), is.join(" or "));
    let sentence = format!("{}: the discriminator value {was} became {is}", at.name);
    walk.report(
        at,
        Rule::DiscriminatorValueChanged,
        (Some(old), Some(new)),
        Some(was.into()),
        Some(is.into()),
        &sentence,
    );
}
