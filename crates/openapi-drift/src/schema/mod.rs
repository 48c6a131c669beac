//! Schemas.

mod fields;
mod kinds;
mod limits;
mod values;
mod variants;
mod view;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    operation::{deprecated, flag},
    parameters::spot_or,
    rules::Rule,
    side::{ANYTHING, Resolved, Side},
    walk::{At, Spot, Walk},
};
use view::View;

/// Two schemas and where they stand.
struct Pair<'a> {
    old: View<'a>,
    new: View<'a>,
    spot: Spot<'a>,
}

impl<'a> Pair<'a> {
    fn member(&self, key: &str) -> Spot<'a> {
        (self.old.members.get(key).copied(), self.new.members.get(key).copied())
    }
}

/// Compares two schemas, and queues those they are made of.
pub fn compare<'a>(walk: &mut Walk<'a>, old: &'a Value, new: &'a Value, at: &At) {
    if follow(walk, old, new, at) {
        return;
    }
    let mut pair = Pair {
        old: view::view(&mut walk.old, old, false),
        new: view::view(&mut walk.new, new, false),
        spot: (Some(old), Some(new)),
    };
    if pair.old.variants.is_some() != pair.new.variants.is_some() {
        pair.old = view::view(&mut walk.old, old, true);
        pair.new = view::view(&mut walk.new, new, true);
    }
    for schema in pair.old.merged.iter().chain(&pair.new.merged) {
        walk.note_merged(schema, at.mode);
    }
    if pair.old.malformed.is_some() || pair.new.malformed.is_some() {
        return walk.plain(at, Rule::Unexplained, pair.spot);
    }
    variants::compare(walk, at, &mut pair);
    kinds::compare(walk, at, &pair);
    values::compare(walk, at, &pair);
    limits::compare(walk, at, &pair);
    fields::compare(walk, at, &pair);
    variants::parts(walk, at, &pair);
    rest(walk, at, &pair);
    lost(walk, at, &pair);
}

/// What merged schemas say about themselves or repeat, in no order.
fn lost<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>) {
    let keys: BTreeSet<&str> = pair.old.lost.keys().chain(pair.new.lost.keys()).copied().collect();
    for key in keys {
        let list = |view: &View<'a>| view.lost.get(key).cloned().unwrap_or_default();
        let (mut old, mut new) = (list(&pair.old), list(&pair.new));
        let at = at.below(&format!(" {key} of a part"));
        old.retain(|before| {
            let found = new.iter().position(|after| before == after);
            found.map(|index| walk.plain(&at, prose_rule(key), (Some(before), Some(new.remove(index))))).is_none()
        });
        for index in 0..old.len().max(new.len()) {
            walk.plain(&at, prose_rule(key), (old.get(index).copied(), new.get(index).copied()));
        }
    }
}

fn prose_rule(key: &str) -> Rule {
    match key {
        "title" | "description" => Rule::DescriptionChanged,
        "externalDocs" => Rule::ExternalDocsChanged,
        "example" | "examples" => Rule::ExampleChanged,
        _ => Rule::RepetitionChanged,
    }
}

/// If one of them only refers to a schema, has that one compared.
fn follow<'a>(walk: &mut Walk<'a>, old: &'a Value, new: &'a Value, at: &At) -> bool {
    let refers =
        |value: &Value| value.as_object().is_some_and(|members| members.len() == 1 && members.contains_key("$ref"));
    let step = |side: &mut Side<'a>, value: &'a Value| match refers(value) {
        true => side.resolve(value),
        false => Resolved { value, name: None },
    };
    let (before, after) = (step(&mut walk.old, old), step(&mut walk.new, new));
    if std::ptr::eq(before.value, old) && std::ptr::eq(after.value, new) {
        return false;
    }
    if let (Some(was), Some(is)) = (before.name, after.name)
        && was != is
    {
        let spot = (Some(before.value), Some(after.value));
        let sentence = format!("what was the schema {was} is the schema {is}");
        walk.report(at, Rule::SchemaRenamed, spot, Some(was.into()), Some(is.into()), &sentence);
    }
    let name = after.name.or(before.name).map_or_else(|| at.name.clone(), str::to_owned);
    walk.queue(before.value, after.value, &At { name, ..at.clone() });
    true
}

/// Keywords that need nothing but themselves, and those that no rule knows.
fn rest<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>) {
    let keys: BTreeSet<&str> = pair.old.members.keys().chain(pair.new.members.keys()).copied().collect();
    for key in keys {
        let spot = pair.member(key);
        let below = at.below(&format!(" {key}"));
        match key {
            // compared before
            key if values::KEYS.contains(&key) || limits::KEYS.contains(&key) => {}
            "format" | "additionalProperties" => {}
            "items" => walk.queue(spot.0.unwrap_or(&ANYTHING), spot.1.unwrap_or(&ANYTHING), &at.part("[]")),
            "not" => variants::exclusion(walk, at, spot),
            key if view::ANNOTATIONS.contains(&key) => walk.plain(&below, prose_rule(key), spot),
            "discriminator" => walk.plain(&below, Rule::DiscriminatorChanged, spot),
            "default" => {
                let rule = at.mode.pick(Rule::RequestDefaultChanged, Rule::AnswerDefaultChanged);
                walk.plain(&below, rule, spot);
            }
            "deprecated" => deprecated(walk, at, spot),
            "readOnly" => {
                access(walk, at, pair, spot, at.mode.pick(Rule::RequestFieldReadOnly, Rule::AccessMarkChanged))
            }
            "writeOnly" => {
                access(walk, at, pair, spot, at.mode.pick(Rule::AccessMarkChanged, Rule::AnswerFieldWriteOnly));
            }
            _ => walk.plain(&below, Rule::Unexplained, spot),
        }
    }
}

fn access<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>, spot: Spot<'a>, when_set: Rule) {
    let word = if spot == pair.member("readOnly") { "read-only" } else { "write-only" };
    let (rule, word) = match flag(walk, &at.below(&format!(" {word}")), spot) {
        Some((false, true)) => (when_set, format!("is {word}")),
        Some((true, false)) => (Rule::AccessMarkChanged, format!("is no longer {word}")),
        _ => return,
    };
    let sentence = format!("{} {word}", at.name);
    walk.report(at, rule, spot_or(spot, pair.spot), spot.0.cloned(), spot.1.cloned(), &sentence);
}
