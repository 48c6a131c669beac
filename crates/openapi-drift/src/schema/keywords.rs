//! Keywords that need nothing but themselves, those that apply other schemas, and those that no rule knows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Pair, discriminator, fields, limits, prose_rule, values, variants, view};
use crate::{
    rules::Rule,
    side::{ANYTHING, Side, items, joined},
    verbatim::{deprecated, flag, or_whole, shaped},
    walk::{BothSides, Mode, Position, Walk},
};

pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>) {
    let keys: BTreeSet<&str> = pair.old.members.keys().chain(pair.new.members.keys()).copied().collect();
    for key in keys {
        let spot = pair.member(key);
        let below = at.below(&format!(" {key}"));
        match key {
            // compared before
            key if values::KEYS.contains(&key) || limits::KEYS.contains(&key) => {}
            "format" | "contentEncoding" | "contentMediaType" | "additionalProperties" => {}
            "items" => walk.queue(spot.0.unwrap_or(&ANYTHING), spot.1.unwrap_or(&ANYTHING), &item(at, "[]")),
            "prefixItems" => first_items(walk, at, pair, spot),
            "unevaluatedProperties" => fields::extra(walk, at, pair, key),
            "patternProperties" | "dependentSchemas" => named(walk, &at.part(&format!(" {key}")), spot),
            "contains" if pair.member("maxContains") == (None, None) => {
                applied(walk, &at.part(" an item"), spot);
            }
            "minContains" | "maxContains" | "dependentRequired" => walk.plain(&below, condition(at), spot),
            "then" | "else" | "propertyNames" | "additionalItems" | "unevaluatedItems" | "contentSchema" => {
                applied(walk, &at.part(&format!(" {key}")), spot);
            }
            "if" | "contains" => {
                let cover = at.mode.cover.or(Some(condition(at)));
                let part = at.part(&format!(" {key}"));
                applied(walk, &Position { mode: Mode { cover, ..part.mode }, ..part }, spot);
            }
            "$defs" | "definitions" => definitions(walk, &at.part(&format!(" {key}")), spot),
            "$dynamicRef" => dynamic(walk, &at.part(&format!(" {key}")), spot),
            "not" => variants::exclusion(walk, at, spot),
            key if view::ANNOTATIONS.contains(&key) => walk.plain(&below, prose_rule(key), spot),
            "discriminator" => discriminator::compare(walk, &below, pair.spot, spot),
            "$comment" => walk.plain(&below, Rule::DescriptionChanged, spot),
            "$id" | "$schema" | "$anchor" => walk.plain(&below, Rule::SchemaIdentityChanged, spot),
            "default" => {
                let rule = at.mode.pick(Rule::RequestDefaultChanged, Rule::ResponseDefaultChanged);
                walk.plain(&below, rule, spot);
            }
            "deprecated" => deprecated(walk, at, spot),
            "readOnly" => {
                access(walk, at, pair, spot, at.mode.pick(Rule::RequestFieldReadOnly, Rule::AccessMarkChanged))
            }
            "writeOnly" => {
                access(walk, at, pair, spot, at.mode.pick(Rule::AccessMarkChanged, Rule::ResponseFieldWriteOnly));
            }
            _ => walk.plain(&below, Rule::Unexplained, spot),
        }
    }
}

/// A schema that applies to a part of the value, or in some cases.
fn applied<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    match spot {
        (Some(old), Some(new)) => walk.queue(old, new, at),
        _ => walk.one_sided(at, condition(at), spot, &format!("{} is said, or no longer said", at.name)),
    }
}

/// The rule of a condition that has changed.
fn condition(at: &Position) -> Rule {
    at.mode.pick(Rule::RequestConditionChanged, Rule::ResponseConditionChanged)
}

/// A place in a list, which is there if the list is long enough.
fn item(at: &Position, suffix: &str) -> Position {
    Position { mode: at.mode.part(true), ..at.below(suffix) }
}

/// Schemas by the names of what they apply to.
fn named<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    if shaped(walk, at, spot, Value::is_object) {
        joined(spot.0, spot.1).into_iter().for_each(|(key, spot)| applied(walk, &at.part(&format!(".{key}")), spot));
    }
}

/// The first items, each with a schema of its own. Any other is one of `items`.
fn first_items<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>, spot: BothSides<'a>) {
    if !shaped(walk, &at.below(" prefixItems"), spot, Value::is_array) {
        return;
    }
    let rest = pair.member("items");
    let (old, new) = (items(spot.0).collect::<Vec<_>>(), items(spot.1).collect::<Vec<_>>());
    for index in 0..old.len().max(new.len()) {
        let before = old.get(index).copied().or(rest.0).unwrap_or(&ANYTHING);
        let after = new.get(index).copied().or(rest.1).unwrap_or(&ANYTHING);
        walk.queue(before, after, &item(at, &format!("[{index}]")));
    }
}

/// Definitions are compared where something refers to them. One to which nothing refers is compared here.
fn definitions<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    if shaped(walk, at, spot, Value::is_object) {
        joined(spot.0, spot.1).into_iter().for_each(|(key, spot)| walk.define(at.part(&format!(".{key}")), spot));
    }
}

fn dynamic<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    targets(walk, at, spot);
    walk.plain(at, Rule::Unexplained, spot);
}

/// What texts refer to.
fn targets<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    let target = |side: &Side<'a>, value: Option<&Value>| side.lookup(value?.as_str()?);
    if let (Some(old), Some(new)) = (target(&walk.old, spot.0), target(&walk.new, spot.1)) {
        walk.queue(old, new, at);
    }
}

fn access<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>, spot: BothSides<'a>, when_set: Rule) {
    let word = if spot == pair.member("readOnly") { "read-only" } else { "write-only" };
    let (rule, word) = match flag(walk, &at.below(&format!(" {word}")), spot) {
        Some((false, true)) => (when_set, format!("is {word}")),
        Some((true, false)) => (Rule::AccessMarkChanged, format!("is no longer {word}")),
        _ => return,
    };
    let sentence = format!("{} {word}", at.name);
    walk.report(at, rule, or_whole(spot, pair.spot), spot.0.cloned(), spot.1.cloned(), &sentence);
}
