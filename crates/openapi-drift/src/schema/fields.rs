//! The fields of objects.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Pair, view::View};
use crate::{
    change::Direction,
    rules::Rule,
    sets::Schema,
    side::{ANYTHING, Side},
    walk::{Position, Walk},
};

pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>) {
    let names: BTreeSet<&str> = [&pair.old, &pair.new]
        .into_iter()
        .flat_map(|view| view.properties.keys().copied().chain(view.required.keys().copied()))
        .collect();
    for name in names {
        field(walk, at, pair, name);
    }
    extra(walk, at, pair, "additionalProperties");
}

fn field<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>, name: &'a str) {
    let (old, new) = (pair.old.properties.get(name).copied(), pair.new.properties.get(name).copied());
    let was_there = old.is_some() || pair.old.required.contains_key(name);
    let is_there = new.is_some() || pair.new.required.contains_key(name);
    let turned = |side: &Side<'a>, property: Option<&'a Value>| {
        property.is_some_and(|property| Schema::new(side, property).goes_other_way(at.mode.direction))
    };
    let (was_turned, is_turned) = (turned(&walk.old, old), turned(&walk.new, new));
    let was_required = pair.old.required.contains_key(name) && !was_turned;
    let is_required = pair.new.required.contains_key(name) && !is_turned;
    let place = at.below(&format!(".{name}"));
    // a field that is only named in `required` has no place of its own
    let spot = (old.or(pair.spot.0), new.or(pair.spot.1));
    match (was_there, is_there) {
        (true, true) => {
            if was_required != is_required {
                let rule = match is_required {
                    true => at.mode.pick(Rule::RequestFieldNowRequired, Rule::ResponseFieldNowRequired),
                    false => at.mode.pick(Rule::RequestFieldNowOptional, Rule::ResponseFieldNowOptional),
                };
                let word = |required: bool| if required { "required" } else { "optional" };
                let described = |required: bool| Some(Value::from(format!("{name}: {}", word(required))));
                let sentence = format!("{} is now {}", place.name, word(is_required));
                walk.report(at, rule, spot, described(was_required), described(is_required), &sentence);
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
                let mut mode = at.mode.part(was_required && is_required);
                if was_turned || is_turned {
                    mode.cover = mode.cover.or(Some(Rule::OtherWayChanged));
                }
                walk.queue(old.unwrap_or(&ANYTHING), new.unwrap_or(&ANYTHING), &Position { mode, ..place });
            }
        }
        (true, false) => {
            let rule = match was_turned {
                true => Rule::OtherWayChanged,
                false => at.mode.pick(Rule::RequestFieldRemoved, Rule::ResponseFieldRemoved),
            };
            if is_closed(&pair.new) {
                walk.note_closed(at);
            }
            old.into_iter().for_each(|value| walk.old.mark_all(value));
            walk.report(at, rule, (spot.0, None), described(old, name), None, &format!("{} is gone", place.name));
        }
        (false, true) => {
            let (rule, word) = match (at.mode.direction, is_required) {
                _ if is_turned => (Rule::OtherWayChanged, "new"),
                (Direction::Request, true) => (Rule::RequestFieldAddedRequired, "new and required"),
                (Direction::Request, false) => (Rule::RequestFieldAddedOptional, "new and optional"),
                _ => (Rule::ResponseFieldAdded, "new"),
            };
            new.into_iter().for_each(|value| walk.new.mark_all(value));
            walk.report(at, rule, (None, spot.1), None, described(new, name), &format!("{} is {word}", place.name));
        }
        (false, false) => {}
    }
}

fn described(value: Option<&Value>, name: &str) -> Option<Value> {
    Some(value.cloned().unwrap_or_else(|| format!("{name}: required").into()))
}

/// Whether fields that are not listed are refused.
fn is_closed(view: &View<'_>) -> bool {
    let says = |key: &str| view.members.get(key).is_some_and(|rest| **rest == Value::Bool(false));
    (says("additionalProperties") || says("unevaluatedProperties")) && !view.members.contains_key("patternProperties")
}

/// Fields that are not listed.
pub fn extra<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>, key: &str) {
    let spot = pair.member(key);
    if spot == (None, None) {
        return;
    }
    let is_refused = |value: Option<&Value>| value == Some(&Value::Bool(false));
    let rule = match (is_refused(spot.0), is_refused(spot.1)) {
        (true, true) => None,
        (false, true) => Some(at.mode.pick(Rule::RequestExtraFieldsRefused, Rule::ResponseExtraFieldsExcluded)),
        (true, false) => Some(at.mode.pick(Rule::RequestExtraFieldsAllowed, Rule::ResponseExtraFieldsAllowed)),
        (false, false) => {
            let values = at.part("{}");
            return walk.queue(spot.0.unwrap_or(&ANYTHING), spot.1.unwrap_or(&ANYTHING), &values);
        }
    };
    walk.mark_all(spot);
    if let Some(rule) = rule {
        let word =
            if is_refused(spot.1) { "has no fields but those listed" } else { "may have fields that are not listed" };
        let place = crate::verbatim::or_whole(spot, pair.spot);
        walk.report(at, rule, place, spot.0.cloned(), spot.1.cloned(), &format!("{} {word}", at.name));
    }
}
