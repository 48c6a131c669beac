//! Types, null and formats.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Pair;
use crate::{
    change::Direction,
    parameters::spot_or,
    raw::show_option,
    rules::Rule,
    walk::{At, Walk},
};

type Types<'a> = Option<BTreeSet<&'a str>>;

pub fn compare<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>) {
    types(walk, at, pair);
    null(walk, at, pair);
    format(walk, at, pair);
}

fn types<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>) {
    let (old, new) = (&pair.old.types, &pair.new.types);
    let rule = match (covers(new, old), covers(old, new)) {
        (true, true) => return,
        (true, false) => at.mode.pick(Rule::RequestTypeWidened, Rule::AnswerTypeWidened),
        (false, true) => at.mode.pick(Rule::RequestTypeNarrowed, Rule::AnswerTypeNarrowed),
        (false, false) => at.mode.pick(Rule::RequestTypeChanged, Rule::AnswerTypeChanged),
    };
    let (before, after) = (told(old), told(new));
    let sentence = format!("{} was of {before} and is of {after}", at.name);
    walk.report(at, rule, pair.spot, Some(before.into()), Some(after.into()), &sentence);
}

/// Whether a value of any of the types is one that is allowed.
fn covers(allowed: &Types<'_>, types: &Types<'_>) -> bool {
    let Some(allowed) = allowed else { return true };
    let Some(types) = types else { return false };
    types.iter().all(|kind| allowed.contains(kind) || (*kind == "integer" && allowed.contains("number")))
}

fn told(types: &Types<'_>) -> String {
    match types {
        None => "any type".to_owned(),
        Some(types) if types.is_empty() => "no type".to_owned(),
        Some(types) => format!("type {}", types.iter().copied().collect::<Vec<_>>().join(" or ")),
    }
}

fn null<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>) {
    let (old, new) = (pair.old.nullable(), pair.new.nullable());
    if old == new || at.mode.null_is_told {
        return;
    }
    let rule = match (at.mode.direction, new) {
        (Direction::Request, true) => Rule::RequestNullAllowed,
        (Direction::Request, false) => Rule::RequestNullRefused,
        (_, true) if at.mode.required => Rule::AnswerRequiredNullAdded,
        (_, true) => Rule::AnswerNullAdded,
        (_, false) => Rule::AnswerNullRemoved,
    };
    let word = if new { "may be null" } else { "can no longer be null" };
    let said = |nullable: bool| Some(Value::from(if nullable { "or null" } else { "never null" }));
    walk.report(at, rule, pair.spot, said(old), said(new), &format!("{} {word}", at.name));
}

fn format<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>) {
    let spot = pair.member("format");
    spot.0.into_iter().for_each(|value| walk.old.mark_below(value));
    spot.1.into_iter().for_each(|value| walk.new.mark_below(value));
    if spot.0 == spot.1 {
        return;
    }
    let text = |value: Option<&'a Value>| value.and_then(Value::as_str);
    let is_within = |inner: Option<&str>, outer: Option<&str>| {
        matches!((inner, outer), (Some(_), None) | (Some("int32"), Some("int64")) | (Some("float"), Some("double")))
    };
    let (old, new) = (text(spot.0), text(spot.1));
    let (tighter, looser) = (
        at.mode.pick(Rule::RequestFormatTightened, Rule::AnswerFormatTightened),
        at.mode.pick(Rule::RequestFormatLoosened, Rule::AnswerFormatLoosened),
    );
    let rule = match (is_within(new, old), is_within(old, new)) {
        (true, _) => tighter,
        (_, true) => looser,
        _ => at.mode.pick(Rule::RequestFormatChanged, Rule::AnswerFormatChanged),
    };
    let sentence = format!("{}: the format was {} and is {}", at.name, show_option(spot.0), show_option(spot.1));
    walk.report(at, rule, spot_or(spot, pair.spot), spot.0.cloned(), spot.1.cloned(), &sentence);
}
