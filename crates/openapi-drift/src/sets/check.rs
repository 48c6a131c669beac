//! Decides whether a value fits a schema, as far as that can be determined.

use serde_json::{Map, Value};

use super::{Kind, Schema, normal_form::is_whole, pattern};
use crate::{
    change::Direction,
    equality::{same, text_of},
    number::{Decimal, is_number},
    side::{items, members},
};

/// Deeper schemas and values are not looked into.
const DEEPEST: usize = 48;

/// The answer to a question that cannot always be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    Maybe,
}

impl Truth {
    fn of(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }

    fn or_maybe(is_so: Option<bool>) -> Self {
        is_so.map_or(Self::Maybe, Self::of)
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

struct Traversal {
    direction: Direction,
    depth: usize,
    steps: usize,
}

/// Judges a value. In responses, fields that are not listed are no error, since a reader skips them.
pub fn check(value: &Value, schema: Schema<'_, '_>, direction: Direction, steps: &mut usize) -> Truth {
    let mut traversal = Traversal { direction, depth: 0, steps: *steps };
    let found = fits(value, schema, &mut traversal);
    *steps = traversal.steps;
    found
}

fn fits<'a>(value: &Value, schema: Schema<'_, 'a>, traversal: &mut Traversal) -> Truth {
    let own = match schema.value {
        Value::Bool(is_so) => return Truth::of(*is_so),
        Value::Object(own) => own,
        _ => return Truth::Maybe,
    };
    if value.is_null() && own.get("nullable") == Some(&Value::Bool(true)) {
        return Truth::Yes;
    }
    if traversal.depth > DEEPEST || traversal.steps == 0 {
        return Truth::Maybe;
    }
    traversal.depth += 1;
    traversal.steps -= 1;
    let mut found = Truth::Yes;
    for (key, said) in own {
        if found != Truth::No {
            found = found.and(keyword(value, key, said, own, schema, traversal));
        }
    }
    traversal.depth -= 1;
    found
}

fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    truths.fold(Truth::Yes, Truth::and)
}

fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    all(truths.map(Truth::not)).not()
}

fn keyword<'a>(
    value: &Value,
    key: &str,
    said: &'a Value,
    own: &'a Map<String, Value>,
    schema: Schema<'_, 'a>,
    traversal: &mut Traversal,
) -> Truth {
    let part = |value: &'a Value| schema.with(value);
    match key {
        "$ref" => schema.side.target(schema.value).map_or(Truth::Maybe, |target| fits(value, part(target), traversal)),
        "$dynamicRef" | "contentSchema" => Truth::Maybe,
        "allOf" => all(items(Some(said)).map(|schema| fits(value, part(schema), traversal))),
        "anyOf" => any(items(Some(said)).map(|schema| fits(value, part(schema), traversal))),
        "oneOf" => {
            let truths: Vec<Truth> = items(Some(said)).map(|schema| fits(value, part(schema), traversal)).collect();
            let count = |truth: Truth| truths.iter().filter(|other| **other == truth).count();
            match (count(Truth::Yes), count(Truth::Maybe)) {
                (2.., _) | (0, 0) => Truth::No,
                (1, 0) => Truth::Yes,
                _ => Truth::Maybe,
            }
        }
        "not" => fits(value, part(said), traversal).not(),
        "if" => {
            let mut branch =
                |key: &str| schema.value.get(key).map_or(Truth::Yes, |schema| fits(value, part(schema), traversal));
            let (met, unmet) = (branch("then"), branch("else"));
            match fits(value, part(said), traversal) {
                Truth::Yes => met,
                Truth::No => unmet,
                Truth::Maybe => {
                    if met == unmet {
                        met
                    } else {
                        Truth::Maybe
                    }
                }
            }
        }
        "type" => {
            let mut names = said.as_str().into_iter().chain(items(Some(said)).filter_map(Value::as_str));
            Truth::of(names.any(|name| {
                Kind::named(name).is_some_and(|(kind, whole)| kind == Kind::of(value) && (!whole || is_whole(value)))
            }))
        }
        "enum" => Truth::of(items(Some(said)).any(|known| same(known, value))),
        "const" => Truth::of(same(said, value)),
        "x-extensible-enum" => {
            if items(Some(said)).any(|known| same(known, value)) {
                Truth::Yes
            } else {
                Truth::Maybe
            }
        }
        _ => match value {
            value if is_number(value) => number(value, key, said, own),
            Value::String(text) => self::text(text, key, said),
            Value::Array(list) => self::list(list, key, said, schema, traversal),
            Value::Object(fields) => object(fields, key, said, schema, traversal),
            _ => Truth::Yes,
        },
    }
}

fn number(value: &Value, key: &str, said: &Value, own: &Map<String, Value>) -> Truth {
    let Some(number) = Decimal::of(value) else { return Truth::Maybe };
    let limit = Decimal::of(said);
    let marked = |key: &str| own.get(key) == Some(&Value::Bool(true));
    match (key, limit) {
        ("minimum", Some(limit)) => Truth::of(number > limit || (number == limit && !marked("exclusiveMinimum"))),
        ("maximum", Some(limit)) => Truth::of(number < limit || (number == limit && !marked("exclusiveMaximum"))),
        ("exclusiveMinimum", Some(limit)) => Truth::of(number > limit),
        ("exclusiveMaximum", Some(limit)) => Truth::of(number < limit),
        ("multipleOf", Some(limit)) => Truth::or_maybe(number.is_multiple_of(&limit)),
        ("format", _) => match said.as_str() {
            Some("int32") => Truth::or_maybe(number.text().parse::<i32>().ok().map(|_| true)),
            Some("int64") => Truth::or_maybe(number.text().parse::<i64>().ok().map(|_| true)),
            Some("double" | "float") => Truth::Yes,
            _ => Truth::Maybe,
        },
        _ => Truth::Yes,
    }
}

fn size(length: usize, key: &str, said: &Value, least: &str, most: &str) -> Option<Truth> {
    let limit = Decimal::of(said)?;
    let length = Decimal::parse(&length.to_string())?;
    match key {
        key if key == least => Some(Truth::of(length >= limit)),
        key if key == most => Some(Truth::of(length <= limit)),
        _ => None,
    }
}

fn text(text: &str, key: &str, said: &Value) -> Truth {
    if let Some(found) = size(text.chars().count(), key, said, "minLength", "maxLength") {
        return found;
    }
    match key {
        "pattern" => Truth::or_maybe(said.as_str().and_then(|pattern| pattern::matches(pattern, text))),
        "format" if ["int32", "int64", "float", "double", "password"].iter().any(|own| said == own) => Truth::Yes,
        "format" | "contentEncoding" | "contentMediaType" => Truth::Maybe,
        _ => Truth::Yes,
    }
}

fn list<'a>(list: &[Value], key: &str, said: &'a Value, schema: Schema<'_, 'a>, traversal: &mut Traversal) -> Truth {
    if let Some(found) = size(list.len(), key, said, "minItems", "maxItems") {
        return found;
    }
    match key {
        "uniqueItems" => {
            let mut known: Vec<String> = list.iter().map(text_of).collect();
            known.sort_unstable();
            known.dedup();
            Truth::of(*said == Value::Bool(false) || known.len() == list.len())
        }
        "prefixItems" => {
            all(items(Some(said)).zip(list).map(|(schema_of, item)| fits(item, schema.with(schema_of), traversal)))
        }
        "items" if !said.is_array() => {
            let first = items(schema.value.get("prefixItems")).count();
            all(list.iter().skip(first).map(|item| fits(item, schema.with(said), traversal)))
        }
        "contains" => {
            let truths: Vec<Truth> = list.iter().map(|item| fits(item, schema.with(said), traversal)).collect();
            let count = |truth: Truth| truths.iter().filter(|other| **other == truth).count();
            let (sure, unsure) = (count(Truth::Yes), count(Truth::Maybe));
            let bound = |key: &str| schema.value.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
            let (least, most) = (bound("minContains").unwrap_or(1), bound("maxContains").unwrap_or(usize::MAX));
            match () {
                () if sure >= least && sure + unsure <= most => Truth::Yes,
                () if sure + unsure < least || sure > most => Truth::No,
                () => Truth::Maybe,
            }
        }
        "unevaluatedItems" | "additionalItems" if *said != Value::Bool(true) => Truth::Maybe,
        "items" => Truth::Maybe,
        _ => Truth::Yes,
    }
}

fn object<'a>(
    fields: &Map<String, Value>,
    key: &str,
    said: &'a Value,
    schema: Schema<'_, 'a>,
    traversal: &mut Traversal,
) -> Truth {
    if let Some(found) = size(fields.len(), key, said, "minProperties", "maxProperties") {
        return found;
    }
    let direction = traversal.direction;
    let property = |name: &str| schema.value.get("properties").and_then(|properties| properties.get(name));
    let other_way = |name: &str| property(name).is_some_and(|own| schema.with(own).goes_other_way(direction));
    match key {
        "required" => {
            let mut names = items(Some(said)).filter_map(Value::as_str);
            Truth::of(names.all(|name| fields.contains_key(name) || other_way(name)))
        }
        "properties" => all(members(Some(said))
            .filter_map(|(name, own)| Some((name, own, fields.get(name)?)))
            .filter(|(name, ..)| !other_way(name))
            .map(|(_, own, value)| fits(value, schema.with(own), traversal))
            .collect::<Vec<_>>()
            .into_iter()),
        "patternProperties" => {
            let mut found = Truth::Yes;
            for (pattern, own) in members(Some(said)) {
                for (name, value) in fields {
                    let truth = match pattern::matches(pattern, name) {
                        Some(true) => fits(value, schema.with(own), traversal),
                        Some(false) => Truth::Yes,
                        None => Truth::Maybe,
                    };
                    found = found.and(truth);
                }
            }
            found
        }
        "additionalProperties" => {
            let patterns: Vec<&String> = members(schema.value.get("patternProperties")).map(|(key, _)| key).collect();
            let mut found = Truth::Yes;
            for (name, value) in fields.iter().filter(|(name, _)| property(name).is_none()) {
                let matched = patterns.iter().map(|pattern| pattern::matches(pattern, name)).collect::<Vec<_>>();
                let truth = match () {
                    () if matched.contains(&Some(true)) => Truth::Yes,
                    () if matched.contains(&None) => Truth::Maybe,
                    () if *said == Value::Bool(false) && direction == Direction::Response => Truth::Maybe,
                    () => fits(value, schema.with(said), traversal),
                };
                found = found.and(truth);
            }
            found
        }
        "propertyNames" => all(fields
            .keys()
            .map(|name| fits(&Value::from(name.as_str()), schema.with(said), traversal))
            .collect::<Vec<_>>()
            .into_iter()),
        "dependentRequired" => Truth::of(
            members(Some(said))
                .filter(|(name, _)| fields.contains_key(*name))
                .all(|(_, others)| items(Some(others)).filter_map(Value::as_str).all(|name| fields.contains_key(name))),
        ),
        "dependentSchemas" => {
            let value = Value::Object(fields.clone());
            all(members(Some(said))
                .filter(|(name, _)| fields.contains_key(*name))
                .map(|(_, own)| fits(&value, schema.with(own), traversal))
                .collect::<Vec<_>>()
                .into_iter())
        }
        "unevaluatedProperties" if *said != Value::Bool(true) => Truth::Maybe,
        _ => Truth::Yes,
    }
}
