//! What a schema is composed of: shapes of which a value has one (`oneOf`, `anyOf`), or parts it fulfils together
//! (`allOf`).

use serde_json::Value;

use super::{
    Pair,
    view::{self, Choice, View},
};
use crate::{
    rules::Rule,
    side::{Side, alike},
    walk::{At, Mode, Spot, Walk},
};

type List<'a> = Vec<&'a Value>;

/// What pairs up, what is gone, and what is new.
type Matched<'a> = (Vec<(&'a Value, &'a Value)>, List<'a>, List<'a>);

/// Compares the shapes. A schema that is no choice is seen as a choice of one, if the other one is nothing but a choice.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &At, pair: &mut Pair<'a>) {
    let (Some(old_value), Some(new_value)) = pair.spot else { return };
    let (old, new, null_is_told) = match (pair.old.variants.take(), pair.new.variants.take()) {
        (None, None) => return,
        (Some(old), Some(new)) => {
            if old.kind != new.kind {
                let sentence = format!("{} was {} and is {}", at.name, old.kind, new.kind);
                let said = |kind: &str| Some(Value::from(kind));
                walk.report(at, Rule::VariantKindChanged, pair.spot, said(old.kind), said(new.kind), &sentence);
            }
            (old.shapes, new.shapes, false)
        }
        (Some(old), None) => {
            let is_shape = old.shapes.iter().any(|shape| alike(&walk.old, shape, &walk.new, new_value));
            if !stands_alone(&pair.old, &pair.new, is_shape) {
                let rule = at.mode.pick(Rule::RequestPartRemoved, Rule::AnswerPartRemoved);
                let sentence = format!("{} need no longer fulfil its {}", at.name, old.kind);
                return walk.one_sided(at, rule, (Some(old.list), None), &sentence);
            }
            outside(&walk.old, &mut pair.old, &old, &mut pair.new);
            (old.shapes, vec![new_value], true)
        }
        (None, Some(new)) => {
            let is_shape = new.shapes.iter().any(|shape| alike(&walk.old, old_value, &walk.new, shape));
            if !stands_alone(&pair.new, &pair.old, is_shape) {
                let rule = at.mode.pick(Rule::RequestPartAdded, Rule::AnswerPartAdded);
                let sentence = format!("{} also fulfils its {}", at.name, new.kind);
                return walk.one_sided(at, rule, (None, Some(new.list)), &sentence);
            }
            outside(&walk.new, &mut pair.new, &new, &mut pair.old);
            (vec![old_value], new.shapes, true)
        }
    };
    let (pairs, gone, added) = matched(walk, old, new);
    let inner = at.part("");
    let inner = At { mode: Mode { null_is_told, ..inner.mode }, ..inner };
    pairs.into_iter().for_each(|(old, new)| walk.queue(old, new, &inner));
    let what = |shape: &Value| shape_name(shape).unwrap_or_else(|| "a shape".to_owned());
    for shape in gone {
        let rule = at.mode.pick(Rule::RequestVariantRemoved, Rule::AnswerVariantRemoved);
        walk.one_sided(at, rule, (Some(shape), None), &format!("{} is no longer {}", at.name, what(shape)));
    }
    for shape in added {
        let rule = at.mode.pick(Rule::RequestVariantAdded, Rule::AnswerVariantAdded);
        walk.one_sided(at, rule, (None, Some(shape)), &format!("{} may be {}", at.name, what(shape)));
    }
}

/// Whether a choice says nothing of values but its shapes, or repeats the type of the other schema, which is one of them.
fn stands_alone(choice: &View<'_>, plain: &View<'_>, is_shape: bool) -> bool {
    let says_nothing = |key: &&str| view::ANNOTATIONS.contains(key) || *key == "discriminator";
    (choice.types.is_none() || (is_shape && choice.types == plain.types))
        && choice.members.keys().all(says_nothing)
        && choice.properties.is_empty()
        && choice.required.is_empty()
        && choice.parts.is_empty()
}

/// Leaves of a schema that is compared as a shape what is compared outside of shapes: whether it may be null. A choice
/// may be null if one of its shapes may.
fn outside<'a>(side: &Side<'a>, around: &mut View<'a>, choice: &Choice<'a>, plain: &mut View<'a>) {
    around.nullable |= choice.shapes.iter().any(|shape| view::may_be_null(side, shape));
    *plain = View { nullable: plain.nullable, types: around.types.clone(), ..View::default() };
}

fn shape_name(shape: &Value) -> Option<String> {
    shape.get("$ref")?.as_str()?.rsplit('/').next().map(str::to_owned)
}

/// Compares the parts that could not be merged.
pub fn parts<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>) {
    let (pairs, gone, added) = matched(walk, pair.old.parts.clone(), pair.new.parts.clone());
    pairs.into_iter().for_each(|(old, new)| walk.queue(old, new, &at.part("")));
    let what = |part: &Value| shape_name(part).unwrap_or_else(|| "a schema".to_owned());
    for part in gone {
        let rule = at.mode.pick(Rule::RequestPartRemoved, Rule::AnswerPartRemoved);
        let sentence = format!("{} need no longer fulfil {}", at.name, what(part));
        walk.one_sided(at, rule, (Some(part), None), &sentence);
    }
    for part in added {
        let rule = at.mode.pick(Rule::RequestPartAdded, Rule::AnswerPartAdded);
        walk.one_sided(at, rule, (None, Some(part)), &format!("{} also fulfils {}", at.name, what(part)));
    }
}

/// Finds which is which: by name, by content, and then in order, but for a name that the other document has too.
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
    let is_elsewhere = |value: &Value, other: &crate::side::Side<'_>| other.target(value).is_some();
    old.retain(|before| {
        let stays = is_elsewhere(before, &walk.new);
        let found = new.iter().position(|after| !stays && !is_elsewhere(after, &walk.old));
        found.map(|index| pairs.push((*before, new.remove(index)))).is_none()
    });
    (pairs, old, new)
}

/// Compares what is excluded: whatever differs there is one kind of change.
pub fn exclusion<'a>(walk: &mut Walk<'a>, at: &At, spot: Spot<'a>) {
    let rule = at.mode.pick(Rule::RequestExclusionChanged, Rule::AnswerExclusionChanged);
    let inner = At { name: format!("what is excluded of {}", at.name), ..at.part("") };
    match spot {
        (Some(old), Some(new)) => {
            let cover = at.mode.cover.or(Some(rule));
            walk.queue(old, new, &At { mode: Mode { cover, ..inner.mode }, ..inner });
        }
        _ => walk.one_sided(at, rule, spot, &format!("what {} must not be has changed", at.name)),
    }
}
