//! Parameters and headers.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use serde_json::Value;

use crate::{
    change::Direction,
    equality::same,
    op::Op,
    placeholders::{self, template},
    rules::Rule,
    sets::{Kind, Schema, form},
    side::{ANYTHING, Side, items},
    verbatim::{deprecated, flag, or_whole, shaped, show},
    walk::{BothSides, Mode, Position, Walk},
};

/// A parameter by where it goes and what it is called there.
type Key<'a> = (&'a str, String);
type Listed<'a> = BTreeMap<Key<'a>, &'a Value>;

/// Compares the parameters of two operations, together with those of their paths.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, old_op: Op<'a>, new_op: Op<'a>) {
    for (old, new) in [(old_op.item, new_op.item), (old_op.value, new_op.value)] {
        if !shaped(walk, &at.below(" parameters"), (old.get("parameters"), new.get("parameters")), Value::is_array) {
            return;
        }
    }
    let (mut old, mut new) = (listed(&mut walk.old, old_op), listed(&mut walk.new, new_op));
    let declared: (BTreeSet<Key<'a>>, BTreeSet<Key<'a>>) =
        (old.keys().cloned().collect(), new.keys().cloned().collect());
    let both: Vec<Key<'a>> = old.keys().filter(|key| new.contains_key(*key)).cloned().collect();
    for key in both {
        let Some(spot) = taken(&mut old, &key, &mut new, &key) else { continue };
        let at = below(at, &title(&walk.new, spot.1), &key);
        pair(walk, &at, spot.0, spot.1);
    }
    for (before, after) in placeholders::renamed(old_op.path, new_op.path) {
        let keys = (("path", before.to_owned()), ("path", after.to_owned()));
        let sentence = format!("{}: the path's placeholder {{{before}}} is now {{{after}}}", at.name);
        if let Some(spot) = taken(&mut old, &keys.0, &mut new, &keys.1) {
            renamed(walk, at, Rule::PathParameterRenamed, "name", spot, &sentence);
            pair(walk, &at.below(&format!(" path {after}")), spot.0, spot.1);
        } else if template(old_op.path) == template(new_op.path) {
            let is_reported = declared.0.contains(&keys.0) || declared.1.contains(&keys.1);
            let rule = if is_reported { Rule::Unexplained } else { Rule::PathParameterRenamed };
            let spot = (Some(old_op.item), Some(new_op.item));
            walk.report(at, rule, spot, Some(before.into()), Some(after.into()), &sentence);
        }
    }
    for key in old.keys().cloned().collect::<Vec<_>>() {
        let Some(other) = new.keys().find(|other| other.1 == key.1).cloned() else { continue };
        let Some(spot) = taken(&mut old, &key, &mut new, &other) else { continue };
        let sentence = format!("{}: the parameter {} goes into the {}, not the {}", at.name, key.1, other.0, key.0);
        renamed(walk, at, Rule::ParameterMoved, "in", spot, &sentence);
        pair(walk, &at.below(&format!(" {} {}", other.0, other.1)), spot.0, spot.1);
    }
    for (key, value) in old {
        let at = below(at, &title(&walk.old, value), &key);
        gone(walk, &at, value);
    }
    for (key, value) in new {
        let at = below(at, &title(&walk.new, value), &key);
        added(walk, &at, value);
    }
}

/// The place of a parameter. OpenAPI says that three headers are ignored, since other parts of the document define
/// them.
fn below(at: &Position, title: &str, (place, name): &Key<'_>) -> Position {
    let is_ignored = *place == "header" && ["accept", "content-type", "authorization"].contains(&name.as_str());
    let cover = at.mode.cover.or(is_ignored.then_some(Rule::IgnoredParameterChanged));
    Position { mode: Mode { cover, ..at.mode }, ..at.below(title) }
}

fn taken<'a>(
    old: &mut Listed<'a>,
    old_key: &Key<'a>,
    new: &mut Listed<'a>,
    new_key: &Key<'a>,
) -> Option<(&'a Value, &'a Value)> {
    if !(old.contains_key(old_key) && new.contains_key(new_key)) {
        return None;
    }
    old.remove(old_key).zip(new.remove(new_key))
}

fn renamed<'a>(
    walk: &mut Walk<'a>,
    at: &Position,
    rule: Rule,
    key: &str,
    (old, new): (&'a Value, &'a Value),
    sentence: &str,
) {
    let setting = |value: &Value| value.get(key).cloned();
    let values = (setting(walk.old.resolve(old).value), setting(walk.new.resolve(new).value));
    walk.report(at, rule, (Some(old), Some(new)), values.0, values.1, sentence);
}

/// An operation's own parameters override those of its path.
fn listed<'a>(side: &mut Side<'a>, op: Op<'a>) -> Listed<'a> {
    let mut found = Listed::new();
    // of the same list, the first counts
    for list in [op.value.get("parameters"), op.item.get("parameters")] {
        for entry in items(list) {
            let text = |key: &str| side.chain(entry).last()?.get(key)?.as_str();
            let (Some(place), Some(name)) = (text("in"), text("name")) else { continue };
            // names of headers are the same in any case
            let name = if place == "header" { name.to_lowercase() } else { name.to_owned() };
            if let Entry::Vacant(free) = found.entry((place, name)) {
                free.insert(entry);
                let parameter = side.resolve(entry).value;
                // looking a parameter up compares its place and name
                ["in", "name"].iter().filter_map(|key| parameter.get(key)).for_each(|value| side.mark(value));
            }
        }
    }
    found
}

/// A parameter's place and name, as sentences say it.
fn title(side: &Side<'_>, entry: &Value) -> String {
    let parameter = side.target(entry).unwrap_or(entry);
    let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
    format!(" {} {}", text("in"), text("name"))
}

/// Whether it is always there.
fn is_required(parameter: &Value) -> bool {
    parameter.get("required") == Some(&Value::Bool(true)) || parameter.get("in").is_some_and(|place| place == "path")
}

/// Reports a parameter or header that is gone.
pub fn gone<'a>(walk: &mut Walk<'a>, at: &Position, entry: &'a Value) {
    let old = walk.old.resolve(entry).value;
    walk.old.mark_all(entry);
    let (rule, word) = match (at.mode.direction, is_required(old)) {
        (Direction::Response, true) => (Rule::ResponseRequiredHeaderRemoved, "gone"),
        (Direction::Response, false) => (Rule::ResponseHeaderRemoved, "gone"),
        _ => (Rule::ParameterRemoved, "no longer taken"),
    };
    walk.report(at, rule, (Some(entry), None), Some(old.clone()), None, &format!("{} is {word}", at.name));
}

/// Reports a parameter or header that is new.
pub fn added<'a>(walk: &mut Walk<'a>, at: &Position, entry: &'a Value) {
    let new = walk.new.resolve(entry).value;
    walk.new.mark_all(entry);
    let (rule, word) = match (at.mode.direction, is_required(new)) {
        (Direction::Response, _) => (Rule::ResponseHeaderAdded, "new"),
        (_, true) => (Rule::ParameterAddedRequired, "new and required"),
        (_, false) => (Rule::ParameterAddedOptional, "new and optional"),
    };
    walk.report(at, rule, (None, Some(entry)), None, Some(new.clone()), &format!("{} is {word}", at.name));
}

/// Compares two parameters, or two headers.
pub fn pair<'a>(walk: &mut Walk<'a>, at: &Position, old: &'a Value, new: &'a Value) {
    let (whole, members) = walk.entries(at, (Some(old), Some(new)));
    if let (Some(old), Some(new)) = whole {
        walk.pair(old, new);
    }
    if !shaped(walk, at, whole, Value::is_object) {
        return;
    }
    for (key, spot) in members {
        let below = at.below(&format!(" {key}"));
        match key {
            "name" | "in" if is_listed(walk, spot) => {}
            "required" => required(walk, at, whole, spot),
            "summary" | "description" => walk.plain(&below, Rule::DescriptionChanged, spot),
            "deprecated" => deprecated(walk, at, spot),
            "example" => walk.plain(&below, Rule::ExampleChanged, spot),
            "examples" => walk.plain_entries(&below, Rule::ExampleChanged, spot),
            "allowEmptyValue" => empty(walk, at, spot),
            "style" | "explode" | "allowReserved" => written(walk, &below, key, whole, spot),
            "name" if is_same_header(whole, spot) => {
                walk.mark(spot);
            }
            "schema" => {
                let at = Position { mode: at.mode.part(true), ..at.clone() };
                walk.queue(spot.0.unwrap_or(&ANYTHING), spot.1.unwrap_or(&ANYTHING), &at);
            }
            "content" => match spot {
                (Some(_), Some(_)) => super::content(walk, at, spot),
                _ => {
                    let sentence = format!("{} is written in another media type", at.name);
                    walk.one_sided(at, Rule::ParameterFormatChanged, spot, &sentence);
                }
            },
            _ => walk.plain(&below, Rule::Unexplained, spot),
        }
    }
}

/// Whether only the case of a header's name differs, which counts for nothing.
fn is_same_header(whole: BothSides<'_>, spot: BothSides<'_>) -> bool {
    let is_header = |parameter: Option<&Value>| parameter.is_some_and(|p| p.get("in").is_some_and(|i| i == "header"));
    let name = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_lowercase);
    is_header(whole.0) && is_header(whole.1) && name(spot.0).is_some() && name(spot.0) == name(spot.1)
}

/// How a parameter is written: what it says, or the default.
fn said(parameter: Option<&Value>, key: &str) -> Value {
    let get = |key: &str| parameter.and_then(|parameter| parameter.get(key)).cloned();
    let style = || {
        let form = get("in").is_some_and(|place| place == "query" || place == "cookie");
        get("style").unwrap_or_else(|| if form { "form" } else { "simple" }.into())
    };
    match key {
        "style" => style(),
        "explode" => get("explode").unwrap_or_else(|| (style() == "form").into()),
        _ => get(key).unwrap_or(Value::Bool(false)),
    }
}

/// Whether a parameter may be sent without a value.
fn empty<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    let (rule, word) = match flag(walk, &at.below(" allowEmptyValue"), spot) {
        Some((false, true)) => (Rule::ParameterEmptyAllowed, "may be sent without a value"),
        Some((true, false)) => (Rule::ParameterEmptyRefused, "can no longer be sent without a value"),
        _ => return,
    };
    walk.report(at, rule, spot, spot.0.cloned(), spot.1.cloned(), &format!("{} {word}", at.name));
}

/// Whether a parameter's value is never a list or an object.
fn is_single<'a>(side: &Side<'a>, parameter: Option<&'a Value>) -> bool {
    let schema = parameter.and_then(|parameter| parameter.get("schema"));
    let clauses = schema.and_then(|schema| form(&[Schema::new(side, schema)], Direction::Request, &mut 1000));
    clauses.is_some_and(|clauses| !clauses.iter().any(|clause| [Kind::Array, Kind::Object].contains(&clause.kind)))
}

/// Whether operations of both documents have been compared by it.
fn is_listed(walk: &Walk<'_>, spot: BothSides<'_>) -> bool {
    spot.0.is_none_or(|value| walk.old.is_seen(value)) && spot.1.is_none_or(|value| walk.new.is_seen(value))
}

fn required<'a>(walk: &mut Walk<'a>, at: &Position, whole: BothSides<'a>, spot: BothSides<'a>) {
    if flag(walk, &at.below(" required"), spot).is_none() {
        return;
    }
    let (before, after) = (whole.0.is_some_and(is_required), whole.1.is_some_and(is_required));
    let (rule, word) = match (before, after) {
        (false, true) => (at.mode.pick(Rule::ParameterNowRequired, Rule::ResponseHeaderNowRequired), "now required"),
        (true, false) => (at.mode.pick(Rule::ParameterNowOptional, Rule::ResponseHeaderNowOptional), "now optional"),
        // a path parameter is always required
        _ if spot.0 != spot.1 && whole.0.or(whole.1).is_some_and(|p| p.get("in").is_some_and(|i| i == "path")) => {
            return walk.plain(&at.below(" required"), Rule::Unexplained, spot);
        }
        _ => return,
    };
    walk.report(at, rule, or_whole(spot, whole), spot.0.cloned(), spot.1.cloned(), &format!("{} is {word}", at.name));
}

fn written<'a>(walk: &mut Walk<'a>, at: &Position, key: &str, whole: BothSides<'a>, spot: BothSides<'a>) {
    walk.mark_below(spot);
    let (before, after) = (said(whole.0, key), said(whole.1, key));
    if !same(&before, &after) {
        let sentence = format!("{} was {} and is {}", at.name, show(&before), show(&after));
        // these styles write a single value in the same way
        let is_plain = |style: &Value| ["form", "simple", "spaceDelimited", "pipeDelimited"].iter().any(|s| style == s);
        let is_alike = key == "explode" || (key == "style" && is_plain(&before) && is_plain(&after));
        let single = is_single(&walk.old, whole.0) && is_single(&walk.new, whole.1);
        let rule = if is_alike && single { Rule::ParameterFormatUnused } else { Rule::ParameterFormatChanged };
        walk.report(at, rule, or_whole(spot, whole), Some(before), Some(after), &sentence);
    }
}
