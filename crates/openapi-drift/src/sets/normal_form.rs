//! The normal form of a schema: the clauses that its values are of.

use serde_json::{Map, Value};

use super::{
    Schema,
    clause::{Clause, Contains, Fields, Kind, Row},
    pattern,
};
use crate::{
    change::Direction,
    equality::text_of,
    number::{Decimal, is_number},
    side::{ANYTHING, Id, items, members},
};

/// More clauses than this are not told apart.
const MOST_CLAUSES: usize = 80;
/// Longer ways through references and compositions are not followed.
const DEEPEST: usize = 48;

type Clauses<'s, 'a> = Vec<Clause<'s, 'a>>;

struct Traversal {
    direction: Direction,
    above: Vec<Id>,
    steps: usize,
}

/// The clauses of what fits all of the schemas. None if that takes more than `steps`, or leads in a circle.
pub fn form<'s, 'a>(schemas: &[Schema<'s, 'a>], direction: Direction, steps: &mut usize) -> Option<Clauses<'s, 'a>> {
    let mut traversal = Traversal { direction, above: Vec::new(), steps: *steps };
    let mut clauses: Option<Clauses<'s, 'a>> = Some(Kind::ALL.map(Clause::any).into());
    for schema in schemas {
        clauses = clauses.and_then(|clauses| restrict(clauses, *schema, &mut traversal));
    }
    *steps = traversal.steps;
    let mut clauses = clauses?;
    clauses.iter_mut().for_each(Clause::settle);
    clauses.retain(|clause| !clause.is_empty());
    Some(clauses)
}

/// What of the clauses also fits the schema.
fn restrict<'s, 'a>(
    clauses: Clauses<'s, 'a>,
    schema: Schema<'s, 'a>,
    traversal: &mut Traversal,
) -> Option<Clauses<'s, 'a>> {
    let own = match schema.value {
        Value::Bool(true) => return Some(clauses),
        Value::Bool(false) => return Some(Vec::new()),
        Value::Object(own) => own,
        _ => return None,
    };
    traversal.steps = traversal.steps.checked_sub(1 + clauses.len())?;
    if traversal.above.len() > DEEPEST
        || traversal.above.contains(&(schema.value as Id))
        || clauses.len() > MOST_CLAUSES
    {
        return None;
    }
    traversal.above.push(schema.value);
    // version 3.0 marks null, and lets it pass whatever else is said
    let is_null = |clause: &Clause<'_, '_>| clause.kind == Kind::Null;
    let marked = own.get("nullable") == Some(&Value::Bool(true));
    let null: Clauses<'s, 'a> = clauses.iter().filter(|clause| marked && is_null(clause)).cloned().collect();
    let mut found = clauses;
    found.retain_mut(|clause| said(clause, own, schema, traversal.direction) && !clause.is_empty());
    found = composed(found, own, schema, traversal)?;
    if !null.is_empty() {
        found.retain(|clause| !is_null(clause));
        found.extend(null);
    }
    traversal.above.pop();
    Some(found)
}

/// What the schema says itself.
fn said<'s, 'a>(
    clause: &mut Clause<'s, 'a>,
    own: &'a Map<String, Value>,
    schema: Schema<'s, 'a>,
    direction: Direction,
) -> bool {
    if let Some(kinds) = own.get("type") {
        let named = kinds.as_str().into_iter().chain(items(Some(kinds)).filter_map(Value::as_str));
        let fitting: Vec<bool> =
            named.filter_map(Kind::named).filter(|(kind, _)| *kind == clause.kind).map(|(_, whole)| whole).collect();
        if fitting.is_empty() {
            return false;
        }
        clause.whole |= fitting.iter().all(|whole| *whole);
    }
    if let Some(values) = own.get("enum").and_then(Value::as_array) {
        clause.limit(values.iter());
    }
    if let Some(value) = own.get("const") {
        clause.limit(std::iter::once(value));
    }
    if let Some(open) = own.get("x-extensible-enum") {
        clause.texts.insert(("x-extensible-enum", text_of(open)));
    }
    if own.contains_key("$dynamicRef") {
        clause.opaque.push(("$dynamicRef", schema));
    }
    match clause.kind {
        Kind::Null | Kind::Boolean => {}
        Kind::Number => number(clause, own),
        Kind::String => text(clause, own, schema),
        Kind::Array => list(clause, own, schema),
        Kind::Object => object(clause, own, schema, direction),
    }
    true
}

fn number<'a>(clause: &mut Clause<'_, 'a>, own: &'a Map<String, Value>) {
    let bound = |key: &str| own.get(key).and_then(Decimal::of);
    let marked = |key: &str| own.get(key) == Some(&Value::Bool(true));
    bound("minimum").into_iter().for_each(|value| clause.raise((value, marked("exclusiveMinimum"))));
    bound("exclusiveMinimum").into_iter().for_each(|value| clause.raise((value, true)));
    bound("maximum").into_iter().for_each(|value| clause.cut((value, marked("exclusiveMaximum"))));
    bound("exclusiveMaximum").into_iter().for_each(|value| clause.cut((value, true)));
    clause.multiples.extend(bound("multipleOf"));
    match own.get("format").and_then(Value::as_str) {
        Some(format @ ("int32" | "int64")) => {
            let (least, most) = match format {
                "int32" => (i32::MIN.into(), i32::MAX.into()),
                _ => (i64::MIN, i64::MAX),
            };
            Decimal::parse(&least.to_string()).into_iter().for_each(|value| clause.raise((value, false)));
            Decimal::parse(&most.to_string()).into_iter().for_each(|value| clause.cut((value, false)));
        }
        Some("float") => clause.texts.extend(["float", "double"].map(|format| ("format", format.to_owned()))),
        Some(format) if !is_for_text(format) => _ = clause.texts.insert(("format", format.to_owned())),
        _ => {}
    }
}

/// Whether numbers have nothing to do with a format.
fn is_for_text(format: &str) -> bool {
    const FORMATS: [&str; 20] = [
        "date",
        "date-time",
        "time",
        "duration",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "uri",
        "uri-reference",
        "iri",
        "iri-reference",
        "uri-template",
        "uuid",
        "regex",
        "byte",
        "binary",
        "password",
    ];
    FORMATS.contains(&format)
}

fn size(own: &Map<String, Value>, key: &str) -> Option<u64> {
    Decimal::of(own.get(key)?)?.text().parse().ok()
}

fn text<'s, 'a>(clause: &mut Clause<'s, 'a>, own: &'a Map<String, Value>, schema: Schema<'s, 'a>) {
    clause.least = clause.least.max(size(own, "minLength").unwrap_or(0));
    size(own, "maxLength").into_iter().for_each(|most| clause.shorten(most));
    let text_of = |key: &'static str| own.get(key).and_then(Value::as_str).map(|text| (key, text.to_owned()));
    let is_numeric = |format: &str| ["int32", "int64", "float", "double"].contains(&format);
    clause.texts.extend(text_of("pattern").filter(|(_, pattern)| !pattern::is_everything(pattern)));
    clause.texts.extend(text_of("format").filter(|(_, format)| !is_numeric(format)));
    clause.texts.extend(text_of("contentEncoding"));
    clause.texts.extend(text_of("contentMediaType"));
    if own.contains_key("contentSchema") {
        clause.opaque.push(("contentSchema", schema));
    }
}

/// Whether a schema applies others to the value as a whole: then it takes more to know what is left over.
fn is_composed(own: &Map<String, Value>) -> bool {
    ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas", "contains"]
        .iter()
        .any(|key| own.contains_key(*key))
}

/// What is said of the rest, or else of what nothing has evaluated, which is the same if nothing is composed.
fn rest<'s, 'a>(
    clause: &mut Clause<'s, 'a>,
    own: &'a Map<String, Value>,
    schema: Schema<'s, 'a>,
    key: Option<&str>,
    unevaluated: &'a str,
) -> Option<Schema<'s, 'a>> {
    let said = key.and_then(|key| own.get(key));
    let left = own.get(unevaluated).filter(|_| said.is_none());
    if left.is_some_and(|left| *left != Value::Bool(true)) && is_composed(own) {
        clause.opaque.push((unevaluated, schema));
        return None;
    }
    said.or(left).filter(|value| !is_anything(value)).map(|value| schema.with(value))
}

fn is_anything(value: &Value) -> bool {
    *value == Value::Bool(true) || value.as_object().is_some_and(Map::is_empty)
}

fn list<'s, 'a>(clause: &mut Clause<'s, 'a>, own: &'a Map<String, Value>, schema: Schema<'s, 'a>) {
    clause.least = clause.least.max(size(own, "minItems").unwrap_or(0));
    size(own, "maxItems").into_iter().for_each(|most| clause.shorten(most));
    clause.unique |= own.get("uniqueItems") == Some(&Value::Bool(true));
    // before 2020, `items` could be a list of its own
    let is_tuple = own.get("items").is_some_and(Value::is_array);
    let (first, key) = if is_tuple { ("items", "additionalItems") } else { ("prefixItems", "items") };
    let first: Vec<_> = items(own.get(first)).map(|item| schema.with(item)).collect();
    let rest = rest(clause, own, schema, Some(key), "unevaluatedItems");
    if rest.is_some_and(|rest| *rest.value == Value::Bool(false)) {
        clause.shorten(u64::try_from(first.len()).unwrap_or(u64::MAX));
    }
    if !first.is_empty() || rest.is_some() {
        clause.rows.push(Row { first, rest });
    }
    if let Some(item) = own.get("contains") {
        let least = size(own, "minContains").unwrap_or(1);
        let most = size(own, "maxContains");
        if least > 0 || most.is_some() {
            clause.contains.push(Contains { schema: schema.with(item), least, most });
            clause.least = clause.least.max(least);
        }
    }
}

fn object<'s, 'a>(
    clause: &mut Clause<'s, 'a>,
    own: &'a Map<String, Value>,
    schema: Schema<'s, 'a>,
    direction: Direction,
) {
    clause.least = clause.least.max(size(own, "minProperties").unwrap_or(0));
    size(own, "maxProperties").into_iter().for_each(|most| clause.shorten(most));
    let other_way = |name: &str| {
        let property = own.get("properties").and_then(|properties| properties.get(name));
        property.is_some_and(|property| schema.with(property).goes_other_way(direction))
    };
    let required = items(own.get("required")).filter_map(Value::as_str).filter(|name| !other_way(name));
    clause.required.extend(required);
    for (name, others) in members(own.get("dependentRequired")) {
        clause.dependent.extend(items(Some(others)).filter_map(|other| Some((name.as_str(), other.as_str()?))));
    }
    clause.names.extend(own.get("propertyNames").filter(|names| !is_anything(names)).map(|names| schema.with(names)));
    let listed = members(own.get("properties")).map(|(name, property)| {
        let property = if other_way(name) { &ANYTHING } else { property };
        (name.as_str(), schema.with(property))
    });
    let patterns = members(own.get("patternProperties")).map(|(pattern, value)| (pattern.as_str(), schema.with(value)));
    let mut fields = Fields { listed: listed.collect(), patterns: patterns.collect(), rest: None };
    fields.rest = rest(clause, own, schema, Some("additionalProperties"), "unevaluatedProperties");
    if !(fields.listed.is_empty() && fields.patterns.is_empty() && fields.rest.is_none()) {
        clause.fields.push(fields);
    }
}

/// What the schema is composed of.
fn composed<'s, 'a>(
    mut found: Clauses<'s, 'a>,
    own: &'a Map<String, Value>,
    schema: Schema<'s, 'a>,
    traversal: &mut Traversal,
) -> Option<Clauses<'s, 'a>> {
    if own.contains_key("$ref") {
        match schema.side.target(schema.value) {
            Some(target) => found = restrict(found, schema.with(target), traversal)?,
            None => return None,
        }
    }
    for part in items(own.get("allOf")) {
        found = restrict(found, schema.with(part), traversal)?;
    }
    if let Some(shapes) = own.get("anyOf").and_then(Value::as_array) {
        let mut any = Vec::new();
        for shape in shapes {
            any.extend(restrict(found.clone(), schema.with(shape), traversal)?);
        }
        found = any;
    }
    if let Some(shapes) = own.get("oneOf").and_then(Value::as_array) {
        found = one_of(&found, shapes, schema, traversal)?;
    }
    if let Some(not) = own.get("not") {
        found = negated(found, schema.with(not), traversal)?;
    }
    if let Some(condition) = own.get("if").filter(|_| own.contains_key("then") || own.contains_key("else")) {
        let condition = schema.with(condition);
        let branch = |key: &str| schema.with(own.get(key).unwrap_or(&ANYTHING));
        let met = restrict(found.clone(), condition, traversal)?;
        let mut either = restrict(met, branch("then"), traversal)?;
        let unmet = negated(found, condition, traversal)?;
        either.extend(restrict(unmet, branch("else"), traversal)?);
        found = either;
    }
    for (name, dependent) in members(own.get("dependentSchemas")) {
        let (objects, mut either): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|clause| clause.kind == Kind::Object && !clause.absent.contains(name.as_str()));
        let (mut with, mut without) = (objects.clone(), objects);
        with.iter_mut().for_each(|clause| _ = clause.required.insert(name));
        without.iter_mut().for_each(|clause| _ = clause.absent.insert(name));
        either.extend(restrict(with, schema.with(dependent), traversal)?);
        either.extend(without.into_iter().filter(|clause| !clause.is_empty()));
        found = either;
    }
    (found.len() <= MOST_CLAUSES).then_some(found)
}

/// One shape, and none of the others.
fn one_of<'s, 'a>(
    clauses: &Clauses<'s, 'a>,
    shapes: &'a [Value],
    schema: Schema<'s, 'a>,
    traversal: &mut Traversal,
) -> Option<Clauses<'s, 'a>> {
    let mut forms = Vec::new();
    for shape in shapes {
        forms.push(restrict(Kind::ALL.map(Clause::any).into(), schema.with(shape), traversal)?);
    }
    let mut found = Vec::new();
    for (index, shape) in shapes.iter().enumerate() {
        let mut own = restrict(clauses.clone(), schema.with(shape), traversal)?;
        for (other, form) in shapes.iter().zip(&forms).enumerate().filter(|(other, _)| *other != index).map(|(_, o)| o)
        {
            own = without(own, schema.with(other), form, traversal)?;
        }
        found.extend(own);
    }
    Some(found)
}

/// What of the clauses does not fit the schema.
fn negated<'s, 'a>(
    clauses: Clauses<'s, 'a>,
    schema: Schema<'s, 'a>,
    traversal: &mut Traversal,
) -> Option<Clauses<'s, 'a>> {
    let form = restrict(Kind::ALL.map(Clause::any).into(), schema, traversal)?;
    without(clauses, schema, &form, traversal)
}

fn without<'s, 'a>(
    mut clauses: Clauses<'s, 'a>,
    schema: Schema<'s, 'a>,
    form: &[Clause<'s, 'a>],
    traversal: &mut Traversal,
) -> Option<Clauses<'s, 'a>> {
    traversal.steps = traversal.steps.checked_sub(clauses.len())?;
    clauses.retain_mut(|clause| {
        let alike: Vec<_> = form.iter().filter(|other| other.kind == clause.kind).collect();
        // whatever is of the type fits
        if alike.iter().any(|other| other.is_bare()) {
            return false;
        }
        match alike[..] {
            [] => {}
            // one field that must be there, and nothing else: it must not
            [other] if other.required.len() == 1 && is_bare_but_required(other) => {
                clause.absent.extend(&other.required)
            }
            [_, ..] => clause.not.push(schema),
        }
        !clause.is_empty()
    });
    Some(clauses)
}

fn is_bare_but_required(clause: &Clause<'_, '_>) -> bool {
    let mut clause = clause.clone();
    clause.required.clear();
    clause.is_bare()
}

/// Whether a value is a number that may be whole.
pub fn is_whole(value: &Value) -> bool {
    is_number(value) && Decimal::of(value).is_some_and(|number| number.is_whole())
}
