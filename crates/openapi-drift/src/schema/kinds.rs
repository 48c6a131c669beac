//! Types, null and formats.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Pair, view::View};
use crate::{
    change::Direction,
    rules::Rule,
    sets::{Kind, Schema, form},
    side::Side,
    verbatim::{or_whole, show_option},
    walk::{Position, Walk},
};

type Types<'a> = Option<BTreeSet<&'a str>>;

/// The number of steps that finding the types of a schema may take.
const STEPS: usize = 20_000;

pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>) {
    let (old, new) = (kinds(&walk.old, &pair.old, pair.spot.0, at), kinds(&walk.new, &pair.new, pair.spot.1, at));
    if at.mode.kinds_are_reported {
        return;
    }
    let is_same = covers(&old.0, &new.0) && covers(&new.0, &old.0);
    let said = |view: &View<'a>| (view.types.clone(), view.nullable());
    if is_same && old.1 == new.1 {
        // what else is said allows no other types
        let (before, after) = (said(&pair.old), said(&pair.new));
        if before != after && pair.old.choices.len() == pair.new.choices.len() {
            let null = |or_null: bool| if or_null { " or null" } else { "" };
            let [before, after] = [before, after].map(|(types, or_null)| described(&types) + null(or_null));
            let sentence = format!("{} was said to be of {before} and is said to be of {after}", at.name);
            walk.report(at, Rule::RepetitionChanged, pair.spot, Some(before.into()), Some(after.into()), &sentence);
        }
        return;
    }
    types(walk, at, pair, &old.0, &new.0);
    // what may be anything may be null
    if old.0.is_some() == new.0.is_some() {
        null(walk, at, pair, old.1, new.1);
    }
}

/// Formats and encodings.
pub fn formats<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>) {
    ["format", "contentEncoding", "contentMediaType"].into_iter().for_each(|key| format(walk, at, pair, key));
}

/// The types of all values but null, whatever they are composed of, and whether null is among them.
fn kinds<'a>(side: &Side<'a>, view: &View<'a>, schema: Option<&'a Value>, at: &Position) -> (Types<'a>, bool) {
    let is_listed = ["enum", "const", "not", "if"].iter().any(|key| view.members.contains_key(key));
    let said = (view.types.clone(), view.nullable());
    let Some(schema) = schema.filter(|_| is_listed || !(view.choices.is_empty() && view.parts.is_empty())) else {
        return said;
    };
    let Some(clauses) = form(&[Schema::new(side, schema)], at.mode.direction, &mut STEPS.clone()) else { return said };
    let has = |kind: Kind| clauses.iter().any(|clause| clause.kind == kind);
    if Kind::ALL.into_iter().all(has) {
        return (None, view.nullable());
    }
    let whole = clauses.iter().filter(|clause| clause.kind == Kind::Number).all(|clause| clause.whole);
    let names = [
        (Kind::Boolean, "boolean"),
        (Kind::Number, if whole { "integer" } else { "number" }),
        (Kind::String, "string"),
        (Kind::Array, "array"),
        (Kind::Object, "object"),
    ];
    (Some(names.into_iter().filter(|(kind, _)| has(*kind)).map(|(_, name)| name).collect()), has(Kind::Null))
}

fn types<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>, old: &Types<'a>, new: &Types<'a>) {
    let rule = match (covers(new, old), covers(old, new)) {
        (true, true) => return,
        (true, false) => at.mode.pick(Rule::RequestTypeWidened, Rule::ResponseTypeWidened),
        (false, true) => at.mode.pick(Rule::RequestTypeNarrowed, Rule::ResponseTypeNarrowed),
        (false, false) => at.mode.pick(Rule::RequestTypeChanged, Rule::ResponseTypeChanged),
    };
    let (before, after) = (described(old), described(new));
    let sentence = format!("{} was of {before} and is of {after}", at.name);
    walk.report(at, rule, pair.spot, Some(before.into()), Some(after.into()), &sentence);
}

/// Whether a value of any of the types is one that is allowed.
fn covers(allowed: &Types<'_>, types: &Types<'_>) -> bool {
    let Some(allowed) = allowed else { return true };
    let Some(types) = types else { return false };
    types.iter().all(|kind| allowed.contains(kind) || (*kind == "integer" && allowed.contains("number")))
}

fn described(types: &Types<'_>) -> String {
    match types {
        None => "any type".to_owned(),
        Some(types) if types.is_empty() => "no type".to_owned(),
        Some(types) => format!("type {}", types.iter().copied().collect::<Vec<_>>().join(" or ")),
    }
}

fn null<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>, old: bool, new: bool) {
    if old == new {
        return;
    }
    let rule = match (at.mode.direction, new) {
        (Direction::Request, true) => Rule::RequestNullAllowed,
        (Direction::Request, false) => Rule::RequestNullRefused,
        (_, true) if at.mode.required => Rule::ResponseRequiredNullAdded,
        (_, true) => Rule::ResponseNullAdded,
        (_, false) => Rule::ResponseNullRemoved,
    };
    let word = if new { "may be null" } else { "can no longer be null" };
    let said = |nullable: bool| Some(Value::from(if nullable { "or null" } else { "never null" }));
    walk.report(at, rule, pair.spot, said(old), said(new), &format!("{} {word}", at.name));
}

fn format<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>, key: &str) {
    let spot = pair.member(key);
    walk.mark_below(spot);
    if spot.0 == spot.1 {
        return;
    }
    let text = |value: Option<&'a Value>| value.and_then(Value::as_str);
    let is_within = |inner: Option<&str>, outer: Option<&str>| {
        matches!((inner, outer), (Some(_), None) | (Some("int32"), Some("int64")) | (Some("float"), Some("double")))
    };
    let (old, new) = (text(spot.0), text(spot.1));
    let (tighter, looser) = (
        at.mode.pick(Rule::RequestFormatTightened, Rule::ResponseFormatTightened),
        at.mode.pick(Rule::RequestFormatLoosened, Rule::ResponseFormatLoosened),
    );
    let rule = match (is_within(new, old), is_within(old, new)) {
        (true, _) => tighter,
        (_, true) => looser,
        _ => at.mode.pick(Rule::RequestFormatChanged, Rule::ResponseFormatChanged),
    };
    let sentence = format!("{}: the {key} was {} and is {}", at.name, show_option(spot.0), show_option(spot.1));
    walk.report(at, rule, or_whole(spot, pair.spot), spot.0.cloned(), spot.1.cloned(), &sentence);
}
