//! Bounds, patterns, and other limits.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Pair, view::View};
use crate::{
    number::{Decimal, is_number},
    rules::Rule,
    verbatim::{flag, or_whole, show_option},
    walk::{Position, Walk},
};

pub const KEYS: [&str; 13] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// A number's own bound: its value, and whether the value itself is out.
type Bound = (Decimal, bool);

pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>) {
    for (plain, exclusive, is_lower) in [("minimum", "exclusiveMinimum", true), ("maximum", "exclusiveMaximum", false)]
    {
        let well_formed = |view: &View<'_>| {
            view.members.get(plain).is_none_or(|value| is_number(value))
                && view.members.get(exclusive).is_none_or(|value| is_number(value) || value.is_boolean())
        };
        if !(well_formed(&pair.old) && well_formed(&pair.new)) {
            unknown(walk, at, pair, &[plain, exclusive]);
            continue;
        }
        mark(walk, pair, &[plain, exclusive]);
        let (old, new) = (bound(&pair.old, plain, exclusive, is_lower), bound(&pair.new, plain, exclusive, is_lower));
        let order = match (&old, &new) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(old), Some(new)) => tightness(old, new, is_lower),
        };
        let described = |bound: Option<Bound>| {
            bound.map(|(value, out)| {
                let word = if out { "exclusive" } else { "inclusive" };
                Value::from(format!("{} {word}", value.text()))
            })
        };
        tell(walk, at, pair, plain, order, described(old), described(new));
    }
    for (key, is_lower) in [
        ("minLength", true),
        ("maxLength", false),
        ("minItems", true),
        ("maxItems", false),
        ("minProperties", true),
        ("maxProperties", false),
    ] {
        let spot = pair.member(key);
        if [spot.0, spot.1].into_iter().flatten().any(|value| !is_number(value)) {
            unknown(walk, at, pair, &[key]);
            continue;
        }
        mark(walk, pair, &[key]);
        // no lower limit is the same as a limit of zero
        let number = |value: Option<&Value>| match value {
            Some(value) => Decimal::of(value),
            None => Decimal::parse("0").filter(|_| is_lower),
        };
        let order = match (number(spot.0), number(spot.1)) {
            (Some(old), Some(new)) => tightness(&(old, false), &(new, false), is_lower),
            (old, new) => old.is_some().cmp(&new.is_some()),
        };
        // Less means that the old one limits less
        tell(walk, at, pair, key, order, spot.0.cloned(), spot.1.cloned());
    }
    let spot = pair.member("uniqueItems");
    if let Some((old, new)) = flag(walk, &at.below(" uniqueItems"), spot) {
        tell(walk, at, pair, "uniqueItems", old.cmp(&new), spot.0.cloned(), spot.1.cloned());
    }
    for key in ["pattern", "multipleOf"] {
        let (old, new) = pair.member(key);
        mark(walk, pair, &[key]);
        match (old, new) {
            (Some(before), Some(after)) if !crate::equality::same(before, after) => {
                let rule = at.mode.pick(Rule::RequestPatternChanged, Rule::ResponsePatternChanged);
                let sentence = format!("{}: {key} was {before} and is {after}", at.name);
                walk.report(at, rule, (old, new), old.cloned(), new.cloned(), &sentence);
            }
            _ => tell(walk, at, pair, key, old.is_some().cmp(&new.is_some()), old.cloned(), new.cloned()),
        }
    }
}

fn unknown<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>, keys: &[&str]) {
    keys.iter().for_each(|key| walk.plain(&at.below(&format!(" {key}")), Rule::Unexplained, pair.member(key)));
}

fn mark<'a>(walk: &mut Walk<'a>, pair: &Pair<'a>, keys: &[&str]) {
    for spot in keys.iter().map(|key| pair.member(key)) {
        walk.mark_below(spot);
    }
}

/// The bound that counts, whether 3.0 marks it as exclusive or 3.1 gives it as a number of its own.
fn bound(view: &View<'_>, plain: &str, exclusive: &str, is_lower: bool) -> Option<Bound> {
    let number = |key: &str| Decimal::of(view.members.get(key)?);
    let marked = view.members.get(exclusive).is_some_and(|mark| **mark == Value::Bool(true));
    let inner = number(plain).map(|value| (value, marked));
    let outer = number(exclusive).map(|value| (value, true));
    match (inner, outer) {
        (Some(inner), Some(outer)) => {
            Some(if tightness(&inner, &outer, is_lower) == Ordering::Less { outer } else { inner })
        }
        (inner, outer) => inner.or(outer),
    }
}

/// `Less` if the old one limits less than the new one.
fn tightness(old: &Bound, new: &Bound, is_lower: bool) -> Ordering {
    let order = old.0.cmp(&new.0);
    let order = if is_lower { order } else { order.reverse() };
    order.then(old.1.cmp(&new.1))
}

fn tell<'a>(
    walk: &mut Walk<'a>,
    at: &Position,
    pair: &Pair<'a>,
    key: &str,
    order: Ordering,
    old: Option<Value>,
    new: Option<Value>,
) {
    let (rule, word) = match order {
        Ordering::Equal => return,
        Ordering::Less => (at.mode.pick(Rule::RequestBoundsTightened, Rule::ResponseBoundsTightened), "tighter"),
        Ordering::Greater => (at.mode.pick(Rule::RequestBoundsWidened, Rule::ResponseBoundsWidened), "wider"),
    };
    let (before, after) = (show_option(old.as_ref()), show_option(new.as_ref()));
    let sentence = format!("{}: {key} is {word}: it was {before} and is {after}", at.name);
    walk.report(at, rule, or_whole(pair.member(key), pair.spot), old, new, &sentence);
}
