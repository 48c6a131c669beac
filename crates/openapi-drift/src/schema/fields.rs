//! The fields of objects.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Pair, view::View};
use crate::{
    change::Direction,
    rules::Rule,
    side::{ANYTHING, Side},
    walk::{At, Mode, Walk},
};

pub fn compare<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>) {
    let names: BTreeSet<&str> = [&pair.old, &pair.new]
        .into_iter()
        .flat_map(|view| view.properties.keys().copied().chain(view.required.keys().copied()))
        .collect();
    for name in names {
        field(walk, at, pair, name);
    }
    extra(walk, at, pair, "additionalProperties");
}

fn field<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>, name: &'a str) {
    let (old, new) = (pair.old.properties.get(name).copied(), pair.new.properties.get(name).copied());
    let was_there = old.is_some() || pair.old.required.contains_key(name);
    let is_there = new.is_some() || pair.new.required.contains_key(name);
    let was_required = required(&walk.old, &pair.old, name, at.mode);
    let is_required = required(&walk.new, &pair.new, name, at.mode);
    let place = at.below(&format!(".{name}"));
    // one that is only named in `required` stands nowhere else
    let spot = (old.or(pair.spot.0), new.or(pair.spot.1));
    match (was_there, is_there) {
        (true, true) => {
            if was_required != is_required {
                let rule = match is_required {
                    true => at.mode.pick(Rule::RequestFieldNowRequired, Rule::AnswerFieldNowRequired),
                    false => at.mode.pick(Rule::RequestFieldNowOptional, Rule::AnswerFieldNowOptional),
                };
                let word = |required: bool| if required { "required" } else { "optional" };
                let told = |required: bool| Some(Value::from(format!("{name}: {}", word(required))));
                let sentence = format!("{} is now {}", place.name, word(is_required));
                walk.report(at, rule, spot, told(was_required), told(is_required), &sentence);
            } else if pair.old.required.contains_key(name) != pair.new.required.contains_key(name) {
                let mark = |view: &View<'_>| match view.required.contains_key(name) {
                    true => "marked as required",
                    false => "not marked as required",
                };
                let said = |view: &View<'_>| Some(Value::from(format!("{name}: {}", mark(view))));
                let sentence = format!("{}, which does not go this way, is now {}", place.name, mark(&pair.new));
                walk.report(at, Rule::RequiredMarkChanged, spot, said(&pair.old), said(&pair.new), &sentence);
            }
            if old.is_some() || new.is_some() {
                let mode = Mode { required: was_required && is_required, null_is_told: false, ..at.mode };
                walk.queue(old.unwrap_or(&ANYTHING), new.unwrap_or(&ANYTHING), &At { mode, ..place });
            }
        }
        (true, false) => {
            let rule = at.mode.pick(Rule::RequestFieldRemoved, Rule::AnswerFieldRemoved);
            old.into_iter().for_each(|value| walk.old.mark_all(value));
            walk.report(at, rule, (spot.0, None), told(old, name), None, &format!("{} is gone", place.name));
        }
        (false, true) => {
            let (rule, word) = match (at.mode.direction, is_required) {
                (Direction::Request, true) => (Rule::RequestFieldAddedRequired, "new and required"),
                (Direction::Request, false) => (Rule::RequestFieldAddedOptional, "new and optional"),
                _ => (Rule::AnswerFieldAdded, "new"),
            };
            new.into_iter().for_each(|value| walk.new.mark_all(value));
            walk.report(at, rule, (None, spot.1), None, told(new, name), &format!("{} is {word}", place.name));
        }
        (false, false) => {}
    }
}

fn told(value: Option<&Value>, name: &str) -> Option<Value> {
    Some(value.cloned().unwrap_or_else(|| format!("{name}: required").into()))
}

/// Whether it is always there. What is read-only is never sent, and what is write-only never answered.
fn required(side: &Side<'_>, view: &View<'_>, name: &str, mode: Mode) -> bool {
    let mark = if mode.direction == Direction::Request { "readOnly" } else { "writeOnly" };
    let is_marked = |value: &Value| value.get(mark) == Some(&Value::Bool(true));
    let property = view.properties.get(name);
    let other_way = property.is_some_and(|value| side.chain(value).into_iter().any(is_marked));
    view.required.contains_key(name) && !other_way
}

/// Fields that are not listed.
pub fn extra<'a>(walk: &mut Walk<'a>, at: &At, pair: &Pair<'a>, key: &str) {
    let spot = pair.member(key);
    if spot == (None, None) {
        return;
    }
    let is_refused = |value: Option<&Value>| value == Some(&Value::Bool(false));
    let rule = match (is_refused(spot.0), is_refused(spot.1)) {
        (true, true) => None,
        (false, true) => Some(at.mode.pick(Rule::RequestExtraFieldsRefused, Rule::AnswerExtraFieldsExcluded)),
        (true, false) => Some(at.mode.pick(Rule::RequestExtraFieldsAllowed, Rule::AnswerExtraFieldsAllowed)),
        (false, false) => {
            let values = at.part("{}");
            return walk.queue(spot.0.unwrap_or(&ANYTHING), spot.1.unwrap_or(&ANYTHING), &values);
        }
    };
    spot.0.into_iter().for_each(|value| walk.old.mark_all(value));
    spot.1.into_iter().for_each(|value| walk.new.mark_all(value));
    if let Some(rule) = rule {
        let word =
            if is_refused(spot.1) { "has no fields but those listed" } else { "may have fields that are not listed" };
        let place = crate::parameters::spot_or(spot, pair.spot);
        walk.report(at, rule, place, spot.0.cloned(), spot.1.cloned(), &format!("{} {word}", at.name));
    }
}
