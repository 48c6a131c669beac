//! What a schema is composed of: shapes of which a value has one (`oneOf`, `anyOf`), or parts it fulfils together
//! (`allOf`).

use serde_json::Value;

use super::{Pair, view::View};
use crate::{
    rules::Rule,
    side::alike,
    walk::{At, Mode, Spot, Walk},
};

type List<'a> = Vec<&'a Value>;

/// What pairs up, what is gone, and what is new.
type Matched<'a> = (Vec<(&'a Value, &'a Value)>, List<'a>, List<'a>);

/// Compares the shapes. A schema that is no choice is seen as a choice of one, if the other one is a choice.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &At, pair: &mut Pair<'a>) {
    let (Some(old_value), Some(new_value)) = pair.spot else { return };
    let (old, new, null_is_told) = match (pair.old.variants.take(), pair.new.variants.take()) {
        (None, None) => return,
        (Some((old_kind, old)), Some((new_kind, new))) => {
            if old_kind != new_kind {
                let sentence = format!("{} was {old_kind} and is {new_kind}", at.name);
                let said = |kind: &str| Some(Value::from(kind));
                walk.report(at, Rule::VariantKindChanged, pair.spot, said(old_kind), said(new_kind), &sentence);
            }
            (old, new, false)
        }
        (Some((_, old)), None) => {
            pair.new = outside(std::mem::take(&mut pair.new));
            (old, vec![new_value], true)
        }
        (None, Some((_, new))) => {
            pair.old = outside(std::mem::take(&mut pair.old));
            (vec![old_value], new, true)
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

/// What is left of a schema that is compared as a shape of the other: whether it may be null.
fn outside(view: View<'_>) -> View<'_> {
    View { nullable: view.nullable, ..View::default() }
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
