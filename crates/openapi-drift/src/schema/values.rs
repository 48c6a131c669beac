//! Listed values: `enum`, `const`, and `x-extensible-enum`, whose list is open.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Pair, view::View};
use crate::{
    change::Direction,
    equality::{same, text_of},
    rules::Rule,
    side::items,
    verbatim::show,
    walk::{BothSides, Position, Walk},
};

pub const KEYS: [&str; 3] = ["const", "enum", "x-extensible-enum"];

/// The values, by how they are written.
type Listed<'a> = BTreeMap<String, &'a Value>;

pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>) {
    let is_list = |key: &str| {
        let spot = pair.member(key);
        [spot.0, spot.1].into_iter().flatten().all(Value::is_array)
    };
    let said = |view: &View<'_>| KEYS.iter().filter(|key| view.members.contains_key(*key)).count();
    if !is_list("enum") || !is_list("x-extensible-enum") || said(&pair.old) > 1 || said(&pair.new) > 1 {
        // in several ways at once, or malformed: it is not clear what is meant
        return KEYS
            .iter()
            .for_each(|key| walk.plain(&at.below(&format!(" {key}")), Rule::Unexplained, pair.member(key)));
    }
    for key in KEYS {
        let spot = pair.member(key);
        if key == "const" { walk.mark_below(spot) } else { walk.mark_set(spot) }
    }
    let pick = |request, response| at.mode.pick(request, response);
    match (listed(&pair.old), listed(&pair.new)) {
        (None, None) => {}
        (None, Some((values, is_open))) => {
            // an open list limits nothing
            let rule = match is_open {
                true if at.mode.direction == Direction::Request => Rule::RequestValueAdded,
                true => Rule::ResponseOpenValueAdded,
                false => pick(Rule::RequestValuesLimited, Rule::ResponseValuesLimited),
            };
            limited(walk, at, pair.spot, rule, None, Some(values));
        }
        (Some((values, is_open)), None) => {
            let rule = match is_open {
                true => pick(Rule::RequestValueRemoved, Rule::ResponseValueRemoved),
                false => pick(Rule::RequestValuesUnlimited, Rule::ResponseValuesUnlimited),
            };
            limited(walk, at, pair.spot, rule, Some(values), None);
        }
        (Some((old, was_open)), Some((new, is_open))) => {
            if was_open != is_open {
                let (rule, word) = match is_open {
                    true => (
                        pick(Rule::RequestValuesOpened, Rule::ResponseValuesOpened),
                        "may have values beyond those listed",
                    ),
                    false => {
                        (pick(Rule::RequestValuesClosed, Rule::ResponseValuesClosed), "has the listed values only")
                    }
                };
                let said = |open: bool| Some(Value::from(if open { "open" } else { "closed" }));
                walk.report(at, rule, pair.spot, said(was_open), said(is_open), &format!("{} {word}", at.name));
            }
            each(walk, at, pair.spot, &old, &new, is_open);
            labels(walk, at, pair);
        }
    }
}

/// A list of the same length as the values, such as `x-enum-varnames`, describes each value in turn. If the values are
/// in another order and it is not, it describes others.
fn labels<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>) {
    for (key, labels) in pair.new.members.iter().filter(|(key, _)| key.starts_with("x-") && !KEYS.contains(key)) {
        let same_labels = pair.old.members.get(key).is_some_and(|old| same(old, labels));
        let values = |view: &View<'a>| {
            let list = KEYS.iter().find_map(|key| view.members.get(key));
            items(list.copied()).map(text_of).collect::<Vec<_>>()
        };
        let (old, new) = (values(&pair.old), values(&pair.new));
        let is_list_of = |values: &[String]| values.len() == items(Some(labels)).count();
        if !same_labels || old == new || !is_list_of(&old) || !is_list_of(&new) {
            continue;
        }
        let sentence = format!("{}: the values are in another order, and {key} is not", at.name);
        let (old, new) = (Value::from(old.join(", ")), Value::from(new.join(", ")));
        walk.report(at, Rule::Unexplained, pair.spot, Some(old), Some(new), &sentence);
    }
}

/// The values and whether there may be others.
fn listed<'a>(view: &View<'a>) -> Option<(Listed<'a>, bool)> {
    let key = KEYS.into_iter().find(|key| view.members.contains_key(key))?;
    let member = view.members.get(key).copied()?;
    let values: Vec<&Value> = if key == "const" { vec![member] } else { items(Some(member)).collect() };
    Some((values.into_iter().map(|value| (text_of(value), value)).collect(), key == "x-extensible-enum"))
}

fn limited<'a>(
    walk: &mut Walk<'a>,
    at: &Position,
    spot: BothSides<'a>,
    rule: Rule,
    old: Option<Listed<'a>>,
    new: Option<Listed<'a>>,
) {
    let whole = |values: &Listed<'_>| Value::from(values.values().copied().cloned().collect::<Vec<_>>());
    let (old, new) = (old.as_ref().map(whole), new.as_ref().map(whole));
    let sentence = match (&old, &new) {
        (_, Some(values)) => format!("{} now lists its values: {}", at.name, show(values)),
        (Some(values), _) => format!("{} no longer lists its values, which were {}", at.name, show(values)),
        _ => String::new(),
    };
    walk.report(at, rule, spot, old, new, &sentence);
}

fn each<'a>(
    walk: &mut Walk<'a>,
    at: &Position,
    spot: BothSides<'a>,
    old: &Listed<'a>,
    new: &Listed<'a>,
    is_open: bool,
) {
    for (text, value) in new.iter().filter(|(text, _)| !old.contains_key(*text)) {
        let (rule, word) = match (at.mode.direction, is_open) {
            (Direction::Request, _) => (Rule::RequestValueAdded, "also takes"),
            (_, true) => (Rule::ResponseOpenValueAdded, "is known to have"),
            (_, false) => (Rule::ResponseValueAdded, "may be"),
        };
        walk.report(at, rule, spot, None, Some((*value).clone()), &format!("{} {word} {text}", at.name));
    }
    for (text, value) in old.iter().filter(|(text, _)| !new.contains_key(*text)) {
        let rule = at.mode.pick(Rule::RequestValueRemoved, Rule::ResponseValueRemoved);
        let word = if at.mode.direction == Direction::Request { "no longer takes" } else { "is no longer" };
        walk.report(at, rule, spot, Some((*value).clone()), None, &format!("{} {word} {text}", at.name));
    }
}
