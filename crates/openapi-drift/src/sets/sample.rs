//! Values that fit a schema, made to find one that does not fit another.

use serde_json::{Map, Value};

use super::{
    Schema,
    check::{Truth, check},
    clause::{Clause, Kind},
    normal_form::form,
    pattern,
};
use crate::{
    change::Direction,
    number::{Decimal, wide_value},
};

/// How many values of a schema, and of each of its parts, are tried.
const MOST: usize = 48;
const MOST_OF_A_PART: usize = 4;
const DEEPEST: usize = 4;
const LONGEST: u64 = 1000;
const STEPS: usize = 30_000;

/// A value that is sure to fit one schema and not the other, if one is found.
pub fn witness<'a>(one: Schema<'_, 'a>, other: Schema<'_, 'a>, direction: Direction) -> Option<Value> {
    let mut steps = STEPS;
    let hints = form(&[other], direction, &mut steps).unwrap_or_default();
    let mut found = Vec::new();
    for clause in form(&[one], direction, &mut steps)? {
        values(&clause, &hints, direction, 0, &mut steps, &mut found);
    }
    found.truncate(MOST);
    found.into_iter().find(|value| {
        let mut fits = |schema| check(value, schema, direction, &mut steps);
        fits(one) == Truth::Yes && fits(other) == Truth::No
    })
}

/// A few values of a part.
fn part<'a>(schemas: &[Schema<'_, 'a>], direction: Direction, depth: usize, steps: &mut usize) -> Vec<Value> {
    if schemas.is_empty() {
        return vec![Value::from("")];
    }
    let mut found = Vec::new();
    if depth < DEEPEST {
        for clause in form(schemas, direction, steps).unwrap_or_default() {
            let mut own = Vec::new();
            values(&clause, &[], direction, depth + 1, steps, &mut own);
            // one of each type first
            own.truncate(MOST_OF_A_PART);
            found.extend(own);
        }
    }
    let fits = |value: &Value, steps: &mut usize| {
        schemas.iter().all(|schema| check(value, *schema, direction, steps) == Truth::Yes)
    };
    found.retain(|value| fits(value, steps));
    found.truncate(MOST_OF_A_PART);
    found
}

fn values<'a>(
    clause: &Clause<'_, 'a>,
    hints: &[Clause<'_, 'a>],
    direction: Direction,
    depth: usize,
    steps: &mut usize,
    found: &mut Vec<Value>,
) {
    if let Some(values) = &clause.values {
        return found.extend(values.iter().take(MOST).map(|value| (*value).clone()));
    }
    let hints: Vec<&Clause<'_, 'a>> = hints.iter().filter(|hint| hint.kind == clause.kind).collect();
    match clause.kind {
        Kind::Null => found.push(Value::Null),
        Kind::Boolean => found.extend([true, false].map(Value::from)),
        Kind::Number => found.extend(numbers(clause, &hints)),
        Kind::String => found.extend(texts(clause, &hints)),
        Kind::Array => lists(clause, &hints, direction, depth, steps, found),
        Kind::Object => objects(clause, &hints, direction, depth, steps, found),
    }
}

fn numbers(clause: &Clause<'_, '_>, hints: &[&Clause<'_, '_>]) -> Vec<Value> {
    let bounds = |clause: &Clause<'_, '_>| {
        let near = |bound: &Decimal| [Some(bound.clone()), bound.next_whole(true), bound.next_whole(false)];
        let all = [&clause.lower, &clause.upper].into_iter().flatten().flat_map(|bound| near(&bound.0)).flatten();
        all.chain(clause.multiples.iter().cloned()).collect::<Vec<_>>()
    };
    let plain = ["1", "0", "-1", "2", "3", "0.5"].into_iter().filter_map(Decimal::parse);
    let all = bounds(clause).into_iter().chain(hints.iter().flat_map(|hint| bounds(hint))).chain(plain);
    all.map(|number| serde_json::from_str(&number.text()).unwrap_or_else(|_| wide_value(&number.text()))).collect()
}

/// Lengths worth trying: as short and as long as may be, and what the other refuses.
fn lengths(clause: &Clause<'_, '_>, hints: &[&Clause<'_, '_>]) -> Vec<u64> {
    let own = [Some(clause.least), clause.most, Some(clause.least.max(1))].into_iter().flatten();
    let near = |hint: &&Clause<'_, '_>| [hint.most.map(|most| most.saturating_add(1)), hint.least.checked_sub(1)];
    let mut all: Vec<u64> =
        own.chain(hints.iter().flat_map(near).flatten()).filter(|length| *length <= LONGEST).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn texts(clause: &Clause<'_, '_>, hints: &[&Clause<'_, '_>]) -> Vec<Value> {
    let patterns = clause.texts.iter().filter(|(key, _)| *key == "pattern");
    let examples = patterns.filter_map(|(_, own)| pattern::example(own)).map(Value::from);
    let plain =
        lengths(clause, hints).into_iter().map(|length| Value::from("a".repeat(usize::try_from(length).unwrap_or(0))));
    examples.chain(plain).collect()
}

fn lists<'a>(
    clause: &Clause<'_, 'a>,
    hints: &[&Clause<'_, 'a>],
    direction: Direction,
    depth: usize,
    steps: &mut usize,
    found: &mut Vec<Value>,
) {
    for length in lengths(clause, hints).into_iter().filter(|length| *length <= 20) {
        let mut list = Vec::new();
        for index in 0..usize::try_from(length).unwrap_or(0) {
            let schemas: Vec<_> = clause.rows.iter().filter_map(|row| row.at(index)).collect();
            let items = part(&schemas, direction, depth, steps);
            // another one where they must differ
            list.extend(items.get(if clause.unique { index } else { 0 }).or(items.first()).cloned());
        }
        found.push(Value::Array(list));
    }
}

fn objects<'a>(
    clause: &Clause<'_, 'a>,
    hints: &[&Clause<'_, 'a>],
    direction: Direction,
    depth: usize,
    steps: &mut usize,
    found: &mut Vec<Value>,
) {
    let mut listed = clause.listed();
    listed.extend(&clause.required);
    listed.retain(|name| !clause.lacks(name));
    let mut whole = Map::new();
    let mut choices = Vec::new();
    for name in listed.into_iter().take(MOST) {
        let values = part(&clause.field(name), direction, depth, steps);
        if let Some(first) = values.first() {
            whole.insert(name.to_owned(), first.clone());
        }
        choices.push((name, values));
    }
    let mut least = whole.clone();
    least.retain(|name, _| clause.required.contains(name.as_str()));
    found.extend([&whole, &least].map(|object| Value::Object(object.clone())));
    // what the other does without, and what it needs
    for name in hints.iter().flat_map(|hint| hint.required.iter().chain(&hint.absent)) {
        for object in [&whole, &least] {
            let mut object = object.clone();
            let value = whole.get(*name).cloned().unwrap_or_default();
            if object.remove(*name).is_none() {
                object.insert((*name).to_owned(), value);
            }
            found.push(Value::Object(object));
        }
    }
    for (name, values) in choices {
        for value in values.into_iter().skip(1) {
            let mut object = whole.clone();
            object.insert(name.to_owned(), value);
            found.push(Value::Object(object));
        }
    }
}
