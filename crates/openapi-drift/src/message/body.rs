//! Bodies, by media type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    change::Direction,
    rules::Rule,
    sets::{Schema, form},
    side::{ANYTHING, Side, joined, members},
    verbatim::{flag, or_whole, shaped},
    walk::{BothSides, Position, Walk},
};

/// Compares the bodies of two requests, which webhooks deliver and calls send.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    let at = at.below(" body");
    let (spot, members) = walk.entries(&at, spot);
    if !shaped(walk, &at, spot, Value::is_object) {
        return;
    }
    let is_required = |body: &Value| body.get("required") == Some(&Value::Bool(true));
    let is_read = at.mode.direction == Direction::Response;
    match spot {
        (Some(old), Some(new)) => walk.pair(old, new),
        (Some(_), None) => {
            let rule = at.mode.pick(Rule::RequestBodyRemoved, Rule::ResponseBodyRemoved);
            return walk.one_sided(&at, rule, spot, &format!("{} is gone", at.name));
        }
        (None, Some(new)) => {
            let (rule, word) = match (is_read, is_required(new)) {
                (true, _) => (Rule::ResponseBodyAdded, "new"),
                (false, true) => (Rule::RequestBodyAddedRequired, "new and required"),
                (false, false) => (Rule::RequestBodyAddedOptional, "new and optional"),
            };
            return walk.one_sided(&at, rule, spot, &format!("{} is {word}", at.name));
        }
        (None, None) => return,
    }
    for (key, member) in members {
        let below = at.below(&format!(" {key}"));
        match key {
            "required" => {
                let (rule, word) = match flag(walk, &below, member) {
                    Some((false, true)) => {
                        (at.mode.pick(Rule::RequestBodyNowRequired, Rule::ResponseFieldNowRequired), "now required")
                    }
                    Some((true, false)) => {
                        (at.mode.pick(Rule::RequestBodyNowOptional, Rule::ResponseFieldNowOptional), "now optional")
                    }
                    _ => continue,
                };
                let sentence = format!("{} is {word}", at.name);
                walk.report(&at, rule, or_whole(member, spot), member.0.cloned(), member.1.cloned(), &sentence);
            }
            "summary" | "description" => walk.plain(&below, Rule::DescriptionChanged, member),
            "content" => content(walk, &at, member),
            _ => walk.plain(&below, Rule::Unexplained, member),
        }
    }
}

/// Compares bodies by media type.
pub fn content<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    if !shaped(walk, at, spot, Value::is_object) {
        return;
    }
    let empty = |content: Option<&Value>| members(content).next().is_none();
    if at.mode.direction == Direction::Response && empty(spot.0) != empty(spot.1) {
        let (rule, word, spot) = match empty(spot.0) {
            true => (Rule::ResponseBodyAdded, "has a body", (None, spot.1)),
            false => (Rule::ResponseBodyRemoved, "has no body any more", (spot.0, None)),
        };
        return walk.one_sided(at, rule, spot, &format!("{} {word}", at.name));
    }
    let mut kinds = BTreeMap::<String, BothSides<'a>>::new();
    let several = [spot.0, spot.1].map(several);
    let name = |kind: &str| {
        let normal = normal(kind);
        let base = essence(&normal);
        if several.iter().any(|several| several.contains(base)) { normal } else { base.to_owned() }
    };
    for (kind, value) in members(spot.0) {
        kinds.entry(name(kind)).or_default().0 = Some(value);
    }
    for (kind, value) in members(spot.1) {
        kinds.entry(name(kind)).or_default().1 = Some(value);
    }
    for (kind, spot) in kinds {
        match spot {
            (Some(_), Some(_)) => media(walk, at, spot),
            (Some(_), None) => {
                let rule = at.mode.pick(Rule::RequestMediaTypeRemoved, Rule::ResponseMediaTypeRemoved);
                walk.one_sided(at, rule, spot, &format!("{} no longer comes as {kind}", at.name));
            }
            _ => {
                let rule = at.mode.pick(Rule::RequestMediaTypeAdded, Rule::ResponseMediaTypeAdded);
                walk.one_sided(at, rule, spot, &format!("{} also comes as {kind}", at.name));
            }
        }
    }
}

/// A media type without its parameters.
fn essence(kind: &str) -> &str {
    kind.split(';').next().unwrap_or(kind)
}

/// Media types that differ only in their parameters.
fn several(content: Option<&Value>) -> BTreeSet<String> {
    let (mut once, mut again) = (BTreeSet::new(), BTreeSet::new());
    for (kind, _) in members(content) {
        let base = essence(&normal(kind)).to_owned();
        if !once.insert(base.clone()) {
            again.insert(base);
        }
    }
    again
}

/// Media types are the same in any case, and with any spaces.
fn normal(kind: &str) -> String {
    kind.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn media<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    if !shaped(walk, at, spot, Value::is_object) {
        return;
    }
    for (key, member) in joined(spot.0, spot.1) {
        let below = at.below(&format!(" {key}"));
        match key {
            "schema" => {
                let at = if at.name.ends_with(" body") { at.clone() } else { at.below(" body") };
                // a body is always there, and so is a parameter's or header's value
                let at = Position { mode: at.mode.part(true), ..at };
                walk.queue(member.0.unwrap_or(&ANYTHING), member.1.unwrap_or(&ANYTHING), &at);
            }
            "example" => walk.plain(&below, Rule::ExampleChanged, member),
            "examples" => walk.plain_entries(&below, Rule::ExampleChanged, member),
            "encoding" => encoding(walk, &below, spot, member),
            _ => walk.plain(&below, Rule::Unexplained, member),
        }
    }
}

/// How the parts of a form are written.
fn encoding<'a>(walk: &mut Walk<'a>, at: &Position, whole: BothSides<'a>, spot: BothSides<'a>) {
    let is_map = |value: &Value| value.as_object().is_some_and(|parts| parts.values().all(Value::is_object));
    if ![spot.0, spot.1].into_iter().flatten().all(is_map) {
        return walk.plain(at, Rule::EncodingChanged, spot);
    }
    walk.mark(spot);
    for (part, spot) in joined(spot.0, spot.1) {
        let at = at.below(&format!(".{part}"));
        if spot.0.is_none() || spot.1.is_none() {
            let is_known = |side: &Side<'a>, media: Option<&'a Value>| has_field(side, media, part);
            let comes_with_field = is_known(&walk.old, whole.0) != is_known(&walk.new, whole.1);
            let rule = if comes_with_field { Rule::EncodingOfField } else { Rule::EncodingChanged };
            walk.one_sided(&at, rule, spot, &format!("{} is said, or no longer said", at.name));
            continue;
        }
        walk.mark(spot);
        for (key, member) in joined(spot.0, spot.1) {
            match key {
                "headers" => super::headers(walk, &at, member),
                _ => walk.plain(&at.below(&format!(".{key}")), Rule::EncodingChanged, member),
            }
        }
    }
}

/// Whether the form of a media type lists a field.
fn has_field<'a>(side: &Side<'a>, media: Option<&'a Value>, name: &str) -> bool {
    let schema = media.and_then(|media| media.get("schema"));
    let mut clauses = schema.and_then(|schema| form(&[Schema::new(side, schema)], Direction::Both, &mut 1000));
    clauses.iter_mut().flatten().any(|clause| clause.listed().contains(name))
}
