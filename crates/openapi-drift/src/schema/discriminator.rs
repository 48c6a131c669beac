//! What shapes are told apart by.

use serde_json::Value;

use crate::{
    rules::Rule,
    side::{Side, joined, members},
    walk::{At, Spot, Walk},
};

/// Compares two discriminators. A value of the mapping that leads to a schema of another name says the same if the
/// schemas do.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &At, spot: Spot<'a>) {
    let is_object = |value: Option<&Value>| value.is_some_and(Value::is_object);
    if !(is_object(spot.0) && is_object(spot.1)) {
        return walk.plain(at, Rule::DiscriminatorChanged, spot);
    }
    spot.0.into_iter().for_each(|value| walk.old.mark(value));
    spot.1.into_iter().for_each(|value| walk.new.mark(value));
    for (key, spot) in joined(spot.0, spot.1) {
        let below = at.below(&format!(".{key}"));
        match (key, spot) {
            ("mapping", (Some(Value::Object(_)), Some(Value::Object(_)))) => {
                spot.0.into_iter().for_each(|value| walk.old.mark(value));
                spot.1.into_iter().for_each(|value| walk.new.mark(value));
                for (value, spot) in joined(spot.0, spot.1) {
                    mapped(walk, &below.below(&format!(".{value}")), spot);
                }
            }
            _ => walk.plain(&below, Rule::DiscriminatorChanged, spot),
        }
    }
}

/// A value, and the schema that it leads to.
fn mapped<'a>(walk: &mut Walk<'a>, at: &At, spot: Spot<'a>) {
    let (old, new) = (spot.0.and_then(|to| target(&walk.old, to)), spot.1.and_then(|to| target(&walk.new, to)));
    match (old, new) {
        (Some((was, old)), Some((is, new))) => {
            spot.0.into_iter().for_each(|value| walk.old.mark(value));
            spot.1.into_iter().for_each(|value| walk.new.mark(value));
            walk.renamed(at, (was, old), (is, new));
            walk.queue(old, new, &at.part(""));
        }
        _ => walk.plain(at, Rule::DiscriminatorChanged, spot),
    }
}

/// A schema by its name, or by a reference.
fn target<'a>(side: &Side<'a>, to: &'a Value) -> Option<(&'a str, &'a Value)> {
    let text = to.as_str()?;
    let name = text.rsplit('/').next()?;
    let named = || side.root.pointer("/components/schemas")?.get(text);
    Some((name, side.lookup(text).or_else(named)?))
}

/// What each shape that is a reference is told by: what the mapping says, or else the name of its schema.
fn values<'a>(schema: &'a Value, shape: &'a Value) -> Option<Vec<&'a str>> {
    let reference = shape.get("$ref")?.as_str()?;
    let name = reference.rsplit('/').next()?;
    let mapping = schema.get("discriminator")?.as_object()?.get("mapping");
    let leads = |to: &Value| to.as_str().is_some_and(|to| to == reference || to == name);
    let said: Vec<&str> = members(mapping).filter(|(_, to)| leads(to)).map(|(value, _)| value.as_str()).collect();
    Some(if said.is_empty() { vec![name] } else { said })
}

/// Reports a shape that both documents have, if its values tell it no more.
pub fn shape<'a>(walk: &mut Walk<'a>, at: &At, whole: Spot<'a>, (old, new): (&'a Value, &'a Value)) {
    let (Some(old_whole), Some(new_whole)) = whole else { return };
    let (Some(was), Some(is)) = (values(old_whole, old), values(new_whole, new)) else { return };
    if was.iter().any(|value| is.contains(value)) {
        return;
    }
    let (was, is) = (was.join(" or "), is.join(" or "));
    let sentence = format!("{}: what was told by {was} is told by {is}", at.name);
    walk.report(
        at,
        Rule::DiscriminatorValueChanged,
        (Some(old), Some(new)),
        Some(was.into()),
        Some(is.into()),
        &sentence,
    );
}
