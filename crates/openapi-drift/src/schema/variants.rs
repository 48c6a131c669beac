//! What a schema is composed of: shapes of which a value has one (`oneOf`, `anyOf`), or parts it fulfils together
//! (`allOf`).

use std::cmp::Reverse;

use serde_json::Value;

use super::{
    Pair, discriminator,
    view::{self, Choice, View},
};
use crate::{
    change::Direction,
    equality::{alike, same},
    rules::Rule,
    side::{items, members},
    verbatim::show,
    walk::{BothSides, Mode, Position, Walk},
};

type List<'a> = Vec<&'a Value>;

/// What pairs up, what is gone, and what is new.
type Matched<'a> = (Vec<(&'a Value, &'a Value)>, List<'a>, List<'a>);

/// Compares the shapes. A schema that is no choice is seen as a choice of one, if the other one is nothing but a
/// choice.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, pair: &mut Pair<'a>) {
    let (mut old, mut new) = (std::mem::take(&mut pair.old.choices), std::mem::take(&mut pair.new.choices));
    if old.len() + new.len() == 1 {
        return alone(walk, at, pair, old.pop(), new.pop());
    }
    // of the same kind first
    for is_kind in [true, false] {
        old.retain(|before| {
            let found = new.iter().position(|after| !is_kind || before.kind == after.kind);
            let Some(after) = found.map(|index| new.remove(index)) else { return true };
            if before.kind != after.kind {
                let sentence = format!("{} was {} and is {}", at.name, before.kind, after.kind);
                let said = |kind: &str| Some(Value::from(kind));
                walk.report(at, Rule::VariantKindChanged, pair.spot, said(before.kind), said(after.kind), &sentence);
            }
            shapes(walk, at, pair.spot, (before.shapes.clone(), after.shapes), false);
            false
        });
    }
    old.iter().for_each(|choice| condition(walk, at, choice, true));
    new.iter().for_each(|choice| condition(walk, at, choice, false));
}

/// A choice that the other document does not have.
fn alone<'a>(
    walk: &mut Walk<'a>,
    at: &Position,
    pair: &mut Pair<'a>,
    old: Option<Choice<'a>>,
    new: Option<Choice<'a>>,
) {
    let (Some(old_value), Some(new_value)) = pair.spot else { return };
    if let Some(old) = old {
        let is_shape = old.shapes.iter().any(|shape| alike(&walk.old, shape, &walk.new, new_value));
        if !stands_alone(&pair.old, &pair.new, is_shape) {
            return condition(walk, at, &old, true);
        }
        pair.new = View { types: pair.old.types.clone(), ..View::default() };
        shapes(walk, at, pair.spot, (old.shapes, vec![new_value]), true);
    } else if let Some(new) = new {
        let is_shape = new.shapes.iter().any(|shape| alike(&walk.old, old_value, &walk.new, shape));
        if !stands_alone(&pair.new, &pair.old, is_shape) {
            return condition(walk, at, &new, false);
        }
        pair.old = View { types: pair.new.types.clone(), ..View::default() };
        shapes(walk, at, pair.spot, (vec![old_value], new.shapes), true);
    }
}

/// A choice that is gone or new beside other keywords is a condition less or more.
fn condition<'a>(walk: &mut Walk<'a>, at: &Position, choice: &Choice<'a>, is_gone: bool) {
    if is_gone {
        let rule = at.mode.pick(Rule::RequestPartRemoved, Rule::ResponsePartRemoved);
        let sentence = format!("{} need no longer fulfil its {}", at.name, choice.kind);
        walk.one_sided(at, rule, (Some(choice.list), None), &sentence);
    } else {
        let rule = at.mode.pick(Rule::RequestPartAdded, Rule::ResponsePartAdded);
        walk.one_sided(at, rule, (None, Some(choice.list)), &format!("{} also fulfils its {}", at.name, choice.kind));
    }
}

fn shapes<'a>(
    walk: &mut Walk<'a>,
    at: &Position,
    whole: BothSides<'a>,
    (old, new): (List<'a>, List<'a>),
    kinds_are_reported: bool,
) {
    let (pairs, gone, added) = matched(walk, old, new);
    pairs.iter().for_each(|shapes| discriminator::shape(walk, at, whole, *shapes));
    let inner = at.part("");
    let inner = Position { mode: Mode { kinds_are_reported, ..inner.mode }, ..inner };
    if at.mode.direction == Direction::Response && pairs.is_empty() && !gone.is_empty() && !added.is_empty() {
        let names = |list: &List<'_>| list.iter().map(|shape| what(shape)).collect::<Vec<_>>().join(" or ");
        let (before, after) = (names(&gone), names(&added));
        let sentence = format!("{} was {before} and is {after}", at.name);
        let spot = (gone.first().copied(), added.first().copied());
        walk.report(at, Rule::ResponseVariantsReplaced, spot, Some(before.into()), Some(after.into()), &sentence);
    }
    pairs.into_iter().for_each(|(old, new)| walk.queue(old, new, &inner));
    for shape in gone {
        let rule = at.mode.pick(Rule::RequestVariantRemoved, Rule::ResponseVariantRemoved);
        walk.one_sided(at, rule, (Some(shape), None), &format!("{} is no longer {}", at.name, what(shape)));
    }
    for shape in added {
        let rule = at.mode.pick(Rule::RequestVariantAdded, Rule::ResponseVariantAdded);
        walk.one_sided(at, rule, (None, Some(shape)), &format!("{} may be {}", at.name, what(shape)));
    }
}

fn what(shape: &Value) -> String {
    shape_name(shape).unwrap_or_else(|| show(shape))
}

/// Whether a choice says nothing of values but its shapes, or repeats the type of the other schema, which is one of
/// them.
fn stands_alone(choice: &View<'_>, plain: &View<'_>, is_shape: bool) -> bool {
    let says_nothing = |key: &&str| view::ANNOTATIONS.contains(key) || *key == "discriminator";
    (choice.types.is_none() || (is_shape && choice.types == plain.types))
        && choice.members.keys().all(says_nothing)
        && choice.properties.is_empty()
        && choice.required.is_empty()
        && choice.parts.is_empty()
}

fn shape_name(shape: &Value) -> Option<String> {
    shape.get("$ref")?.as_str()?.rsplit('/').next().map(str::to_owned)
}

/// Compares the parts that could not be merged.
pub fn parts<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>) {
    let (pairs, gone, added) = matched(walk, pair.old.parts.clone(), pair.new.parts.clone());
    pairs.into_iter().for_each(|(old, new)| walk.queue(old, new, &at.part("")));
    for part in gone {
        let rule = at.mode.pick(Rule::RequestPartRemoved, Rule::ResponsePartRemoved);
        let sentence = format!("{} need no longer fulfil {}", at.name, what(part));
        walk.one_sided(at, rule, (Some(part), None), &sentence);
    }
    for part in added {
        let rule = at.mode.pick(Rule::RequestPartAdded, Rule::ResponsePartAdded);
        walk.one_sided(at, rule, (None, Some(part)), &format!("{} also fulfils {}", at.name, what(part)));
    }
}

/// Pairs them up by name, by content, and then by similarity. A name that both documents have only pairs with itself.
fn matched<'a>(walk: &Walk<'a>, mut old: List<'a>, mut new: List<'a>) -> Matched<'a> {
    let mut pairs = Vec::new();
    let by_name = |a: &Value, b: &Value| a.get("$ref").is_some() && a.get("$ref") == b.get("$ref");
    let by_content = |a: &'a Value, b: &'a Value| alike(&walk.old, a, &walk.new, b);
    let matches: [&dyn Fn(&'a Value, &'a Value) -> bool; 2] = [&by_name, &by_content];
    for matches in matches {
        old.retain(|before| {
            let found = new.iter().position(|after| matches(before, after));
            found.map(|index| pairs.push((*before, new.remove(index)))).is_none()
        });
    }
    let mut likely = Vec::new();
    for (index, before) in old.iter().enumerate().filter(|(_, before)| walk.new.target(before).is_none()) {
        for (other, after) in new.iter().enumerate().filter(|(_, after)| walk.old.target(after).is_none()) {
            let ends = (walk.old.chain(before).pop(), walk.new.chain(after).pop());
            let likeness = ends.0.zip(ends.1).map_or(0, |(before, after)| likeness(before, after));
            // the same in whichever order the documents are compared
            likely.push((Reverse(likeness), index.abs_diff(other), index + other, index, other));
        }
    }
    likely.sort_unstable();
    let (mut old, mut new) =
        (old.into_iter().map(Some).collect::<Vec<_>>(), new.into_iter().map(Some).collect::<Vec<_>>());
    for (_, _, _, index, other) in likely.into_iter().filter(|(Reverse(likeness), ..)| *likeness > 0) {
        if old[index].is_some() && new[other].is_some() {
            pairs.extend(old[index].take().zip(new[other].take()));
        }
    }
    (pairs, old.into_iter().flatten().collect(), new.into_iter().flatten().collect())
}

/// How similar two shapes are: not at all if their types differ, or a constant distinguishes them.
fn likeness(old: &Value, new: &Value) -> usize {
    let kind =
        |schema: &Value| schema.get("type").map(|kind| if kind == "integer" { "number".into() } else { kind.clone() });
    let (was, is) = (kind(old), kind(new));
    if was.is_some() && is.is_some() && was != is {
        return 0;
    }
    let mut found = usize::from(was == is);
    for (name, before) in members(old.get("properties")) {
        let Some(after) = new.get("properties").and_then(|properties| properties.get(name)) else { continue };
        let only = |schema: &Value| match schema.get("enum").and_then(Value::as_array).map(Vec::as_slice) {
            Some([value]) => Some(value.clone()),
            _ => schema.get("const").cloned(),
        };
        match (only(before), only(after)) {
            (Some(before), Some(after)) if !same(&before, &after) => return 0,
            (Some(_), Some(_)) => found += 10,
            _ => found += 2,
        }
    }
    let names =
        |schema: &Value| items(schema.get("required")).filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
    let required = names(new);
    found + names(old).iter().filter(|name| required.contains(name)).count()
}

/// Compares what is excluded: whatever differs there is one kind of change.
pub fn exclusion<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    let rule = at.mode.pick(Rule::RequestExclusionChanged, Rule::ResponseExclusionChanged);
    let inner = Position { name: format!("what is excluded of {}", at.name), ..at.part("") };
    match spot {
        (Some(old), Some(new)) => {
            let cover = at.mode.cover.or(Some(rule));
            walk.queue(old, new, &Position { mode: Mode { cover, ..inner.mode }, ..inner });
        }
        _ => walk.one_sided(at, rule, spot, &format!("what {} must not be has changed", at.name)),
    }
}
