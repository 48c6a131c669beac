//! Compares the credentials that a call needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    equality::same,
    rules::Rule,
    side::{items, joined, members},
    walk::{BothSides, Position, Walk},
};

/// One set of credentials that is accepted: its schemes, each with its scopes.
type Alternative<'a> = BTreeMap<String, BTreeSet<&'a str>>;

/// Compares what two operations require.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    let well_formed = |list: &Value| {
        let scopes_are_text = |scopes: &Value| scopes.as_array().is_some_and(|s| s.iter().all(Value::is_string));
        list.as_array().is_some_and(|list| list.iter().all(Value::is_object))
            && items(Some(list)).all(|schemes| members(Some(schemes)).all(|(_, scopes)| scopes_are_text(scopes)))
    };
    if [spot.0, spot.1].into_iter().flatten().any(|list| !well_formed(list)) {
        return walk.plain(&at.below(" security"), Rule::Unexplained, spot);
    }
    walk.mark_set(spot);
    let (old, new) = (alternatives(walk, spot.0, true), alternatives(walk, spot.1, false));
    let (old_open, new_open) = (is_open(spot.0), is_open(spot.1));
    if old_open != new_open {
        let (rule, word) = match old_open {
            true => (Rule::SecurityAdded, "now needs credentials"),
            false => (Rule::SecurityRemoved, "needs no credentials any more"),
        };
        return walk.report(at, rule, spot, spot.0.cloned(), spot.1.cloned(), &format!("{} {word}", at.name));
    }
    let gone: Vec<_> = old.difference(&new).collect();
    let added: Vec<_> = new.difference(&old).collect();
    if let ([before], [after]) = (&gone[..], &added[..])
        && before.keys().eq(after.keys())
    {
        return scopes(walk, at, spot, before, after);
    }
    let (mut gone, mut added) = (gone, added);
    gone.retain(|before| {
        let found = added.iter().position(|after| is_within(after, before) || is_within(before, after));
        let Some(after) = found.map(|index| added.remove(index)) else { return true };
        let (rule, word) = match is_within(after, before) {
            true => (Rule::SecurityAlternativeLoosened, "now does with"),
            false => (Rule::SecurityAlternativeTightened, "now needs"),
        };
        let sentence = format!("{} {word} {}, where {} was needed", at.name, named(after), named(before));
        walk.report(at, rule, spot, Some(value(before)), Some(value(after)), &sentence);
        false
    });
    for alternative in gone {
        let sentence = format!("{} no longer accepts {}", at.name, named(alternative));
        walk.report(at, Rule::SecurityAlternativeRemoved, spot, Some(value(alternative)), None, &sentence);
    }
    for alternative in added {
        let sentence = format!("{} also accepts {}", at.name, named(alternative));
        walk.report(at, Rule::SecurityAlternativeAdded, spot, None, Some(value(alternative)), &sentence);
    }
}

/// Whether one needs nothing that the other does not.
fn is_within(one: &Alternative<'_>, other: &Alternative<'_>) -> bool {
    one.iter().all(|(scheme, scopes)| other.get(scheme).is_some_and(|others| scopes.is_subset(others)))
}

fn scopes<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>, old: &Alternative<'_>, new: &Alternative<'_>) {
    for (scheme, before) in old {
        let Some(after) = new.get(scheme) else { continue };
        for scope in after.difference(before) {
            let sentence = format!("{} now needs the scope {scope} of {scheme}", at.name);
            walk.report(at, Rule::SecurityScopeAdded, spot, None, Some((*scope).into()), &sentence);
        }
        for scope in before.difference(after) {
            let sentence = format!("{} no longer needs the scope {scope} of {scheme}", at.name);
            walk.report(at, Rule::SecurityScopeRemoved, spot, Some((*scope).into()), None, &sentence);
        }
    }
}

/// Whether no credentials are needed.
fn is_open(list: Option<&Value>) -> bool {
    items(list).all(|schemes| members(Some(schemes)).next().is_none())
        || items(list).any(|schemes| members(Some(schemes)).next().is_none())
}

/// What is accepted.
fn alternatives<'a>(walk: &mut Walk<'a>, list: Option<&'a Value>, is_old: bool) -> BTreeSet<Alternative<'a>> {
    let mut found = BTreeSet::new();
    for schemes in items(list) {
        let alternative: Alternative<'a> = members(Some(schemes))
            .map(|(name, scopes)| {
                (scheme_name(walk, is_old, name), items(Some(scopes)).filter_map(Value::as_str).collect())
            })
            .collect();
        found.insert(alternative);
    }
    found.retain(|alternative| !alternative.is_empty());
    found
}

/// Schemes correspond by name, or by what they do if the other document has another name for them.
fn scheme_name<'a>(walk: &mut Walk<'a>, is_old: bool, name: &'a str) -> String {
    let schemes = |root: &'a Value| root.pointer("/components/securitySchemes");
    let (old, new) = (schemes(walk.old.root), schemes(walk.new.root));
    let (here, there) = if is_old { (old, new) } else { (new, old) };
    let known = |schemes: Option<&'a Value>, name: &str| schemes.and_then(|schemes| schemes.get(name));
    let Some(scheme) = known(here, name).filter(|_| known(there, name).is_none()) else { return name.to_owned() };
    let mut others = members(there).filter(|(other, _)| known(here, other).is_none());
    let Some((twin, other)) = others.find(|(_, other)| same(&on_the_wire(scheme), &on_the_wire(other))) else {
        return name.to_owned();
    };
    let (old, new) = if is_old { (scheme, other) } else { (other, scheme) };
    let (before, after) = if is_old { (name, twin.as_str()) } else { (twin.as_str(), name) };
    let at = walk.document(after);
    let sentence = format!("the security scheme {before} is now called {after}");
    walk.report(&at, Rule::SchemaRenamed, (Some(old), Some(new)), Some(before.into()), Some(after.into()), &sentence);
    self::scheme(walk, &at, old, new);
    // both documents call the pair the same
    std::cmp::min(before, after).to_owned()
}

fn on_the_wire(scheme: &Value) -> Value {
    let kept = members(Some(scheme)).filter(|(key, _)| !["description", "bearerFormat"].contains(&key.as_str()));
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn named(alternative: &Alternative<'_>) -> String {
    alternative.keys().map(String::as_str).collect::<Vec<_>>().join(" and ")
}

fn value(alternative: &Alternative<'_>) -> Value {
    let scopes = |scopes: &BTreeSet<&str>| scopes.iter().map(|scope| Value::from(*scope)).collect::<Vec<_>>().into();
    Value::Object(alternative.iter().map(|(name, list)| (name.clone(), scopes(list))).collect())
}

/// Compares two schemes of one name.
pub fn scheme<'a>(walk: &mut Walk<'a>, at: &Position, old: &'a Value, new: &'a Value) {
    let (old, new) = (walk.old.resolve(old).value, walk.new.resolve(new).value);
    walk.old.mark(old);
    walk.new.mark(new);
    if !(old.is_object() && new.is_object()) {
        return walk.plain(at, Rule::Unexplained, (Some(old), Some(new)));
    }
    for (key, spot) in joined(Some(old), Some(new)) {
        let at = at.below(&format!(".{key}"));
        let rule = match key {
            "flows" => {
                flows(walk, &at, spot);
                continue;
            }
            "scheme" if is_same_name(spot) => {
                walk.mark(spot);
                continue;
            }
            "type" | "scheme" | "in" | "name" | "openIdConnectUrl" => Rule::SecuritySchemeChanged,
            "description" | "bearerFormat" => Rule::DescriptionChanged,
            _ => Rule::Unexplained,
        };
        walk.plain(&at, rule, spot);
    }
}

/// Names of HTTP's schemes are the same in any case.
fn is_same_name(spot: BothSides<'_>) -> bool {
    let name = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_lowercase);
    name(spot.0).is_some() && name(spot.0) == name(spot.1)
}

/// How tokens are obtained, and for which scopes.
fn flows<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    for (_, at, spot) in members_of(walk, at, spot) {
        for (key, at, spot) in members_of(walk, &at, spot) {
            match key {
                "scopes" => members_of(walk, &at, spot).into_iter().for_each(|(_, at, spot)| scope(walk, &at, spot)),
                key if key.starts_with("x-") => walk.plain(&at, Rule::Unexplained, spot),
                _ => walk.plain(&at, Rule::SecuritySchemeChanged, spot),
            }
        }
    }
}

fn scope<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    match spot {
        (Some(_), None) => {
            walk.one_sided(at, Rule::SecurityScopeWithdrawn, spot, &format!("{} is no longer offered", at.name));
        }
        (None, Some(_)) => walk.one_sided(at, Rule::SecurityScopeOffered, spot, &format!("{} is offered", at.name)),
        _ => walk.plain(at, Rule::DescriptionChanged, spot),
    }
}

/// The members of two objects. Anything else is compared as it is.
fn members_of<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) -> Vec<(&'a str, Position, BothSides<'a>)> {
    if !matches!(spot, (Some(Value::Object(_)), Some(Value::Object(_)))) {
        walk.plain(at, Rule::SecuritySchemeChanged, spot);
        return Vec::new();
    }
    walk.mark(spot);
    joined(spot.0, spot.1).into_iter().map(|(key, spot)| (key, at.below(&format!(".{key}")), spot)).collect()
}
