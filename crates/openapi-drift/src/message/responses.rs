//! Responses, by status.

use std::collections::BTreeMap;

use serde_json::Value;

use super::parameters;
use crate::{
    rules::Rule,
    side::{joined, members},
    verbatim::shaped,
    walk::{BothSides, Position, Walk},
};

type Listed<'a> = BTreeMap<String, (&'a str, &'a Value)>;

/// Compares the responses of two operations.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    if !shaped(walk, &at.below(" responses"), spot, Value::is_object) {
        return;
    }
    for (key, spot) in joined(spot.0, spot.1) {
        if key.starts_with("x-") {
            walk.plain(&at.below(&format!(" responses {key}")), Rule::Unexplained, spot);
        }
    }
    let (mut old, mut new) = (listed(spot.0), listed(spot.1));
    let has_success = |responses: &Listed<'_>| responses.keys().any(|status| status.starts_with('2'));
    let (old_succeeds, new_succeeds) = (has_success(&old), has_success(&new));
    let both: Vec<String> = old.keys().filter(|status| new.contains_key(*status)).cloned().collect();
    for status in both {
        if let (Some((_, before)), Some((_, after))) = (old.remove(&status), new.remove(&status)) {
            response(walk, &at.below(&format!(" {status}")), before, after);
        }
    }
    // a success that has no partner is the other's success under another status
    let (mut old_success, mut new_success) = (successes(&mut old), successes(&mut new));
    // the same holds for a response with any status, if there is no other success
    if !old_succeeds && !new_success.is_empty() {
        old_success.extend(default(&mut old));
    } else if !new_succeeds && !old_success.is_empty() {
        new_success.extend(default(&mut new));
    }
    let pairs = old_success.len().min(new_success.len());
    for ((before, old), (after, new)) in old_success.iter().zip(&new_success) {
        let (rule, word) = match (before.as_str(), after.as_str()) {
            ("default", _) => (Rule::SuccessStatusPublished, "success, which could have any status, has"),
            (_, "default") => (Rule::SuccessStatusOpened, "success may have any status:"),
            ("2XX", _) => (Rule::SuccessStatusPublished, "success, which could have any 2xx, has status"),
            (_, "2XX") => (Rule::SuccessStatusOpened, "success, which had one status, may have any"),
            _ => (Rule::SuccessStatusChanged, "success has another status,"),
        };
        let sentence = format!("{}: {word} {after}", at.name);
        let value = |status: &str| Some(Value::from(status));
        walk.report(at, rule, (Some(old), Some(new)), value(before), value(after), &sentence);
        response(walk, &at.below(&format!(" {after}")), old, new);
    }
    for (status, value) in std::mem::take(&mut old) {
        match covering(spot.1, &status) {
            Some((cover, after)) => {
                let sentence = format!("{}: {status} is no longer listed, and {cover} stands for it", at.name);
                specified(walk, at, Rule::ErrorResponseGeneralised, (value.1, after), (&status, cover), &sentence);
            }
            None => _ = old.insert(status, value),
        }
    }
    for (status, value) in std::mem::take(&mut new) {
        match covering(spot.0, &status) {
            Some((cover, before)) => {
                let sentence = format!("{}: {status} is listed, for which {cover} stood", at.name);
                specified(walk, at, Rule::ErrorResponseSpecified, (before, value.1), (cover, &status), &sentence);
            }
            None => _ = new.insert(status, value),
        }
    }
    let gone = old_success.into_iter().skip(pairs).map(|entry| (entry, Rule::SuccessResponseRemoved));
    let errors_gone = old.into_iter().map(|(key, (_, value))| ((key, value), Rule::ErrorResponseRemoved));
    for ((status, value), rule) in gone.chain(errors_gone) {
        let sentence = format!("{} no longer has a {status} response", at.name);
        walk.one_sided(at, rule, (Some(value), None), &sentence);
    }
    let added = new_success.into_iter().skip(pairs).map(|entry| (entry, Rule::SuccessResponseAdded));
    let errors_added = new.into_iter().map(|(key, (_, value))| ((key, value), Rule::ErrorResponseAdded));
    for ((status, value), rule) in added.chain(errors_added) {
        walk.one_sided(at, rule, (None, Some(value)), &format!("{} may have a {status} response", at.name));
    }
}

/// What stands for a status that is not listed: its range, or else any.
fn covering<'a>(responses: Option<&'a Value>, status: &str) -> Option<(&'a str, &'a Value)> {
    let is_status = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
    let range = format!("{}XX", status.get(..1)?);
    let find = |wanted: &str| {
        members(responses).find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(key, value)| (key.as_str(), value))
    };
    find(&range).filter(|_| is_status).or_else(|| find("default").filter(|_| status != "DEFAULT"))
}

/// Compares a response with the one that stands for its status.
fn specified<'a>(
    walk: &mut Walk<'a>,
    at: &Position,
    rule: Rule,
    (old, new): (&'a Value, &'a Value),
    (before, after): (&str, &str),
    sentence: &str,
) {
    walk.report(at, rule, (Some(old), Some(new)), Some(before.into()), Some(after.into()), sentence);
    response(walk, &at.below(&format!(" {after}")), old, new);
}

fn listed(responses: Option<&Value>) -> Listed<'_> {
    let statuses = members(responses).filter(|(status, _)| !status.starts_with("x-"));
    statuses.map(|(status, value)| (status.to_uppercase(), (status.as_str(), value))).collect()
}

/// Takes out what stands for a success: 2XX first.
fn successes<'a>(responses: &mut Listed<'a>) -> Vec<(String, &'a Value)> {
    let mut keys: Vec<String> = responses.keys().filter(|status| status.starts_with('2')).cloned().collect();
    keys.sort_by_key(|status| (status != "2XX", status.clone()));
    keys.into_iter().filter_map(|key| responses.remove(&key).map(|(_, value)| (key, value))).collect()
}

/// Takes out what stands for every status that is not listed.
fn default<'a>(responses: &mut Listed<'a>) -> Option<(String, &'a Value)> {
    responses.remove("DEFAULT").map(|(status, value)| (status.to_lowercase(), value))
}

/// Compares two responses.
pub fn response<'a>(walk: &mut Walk<'a>, at: &Position, old: &'a Value, new: &'a Value) {
    let (spot, members) = walk.entries(at, (Some(old), Some(new)));
    if let (Some(old), Some(new)) = spot {
        walk.pair(old, new);
    }
    if !shaped(walk, at, spot, Value::is_object) {
        return;
    }
    for (key, member) in members {
        let below = at.below(&format!(" {key}"));
        match key {
            "description" | "summary" => walk.plain(&below, Rule::DescriptionChanged, member),
            "headers" => headers(walk, at, member),
            "content" => super::content(walk, at, member),
            "links" => walk.plain_entries(&below, Rule::LinkChanged, member),
            "x-status" => walk.plain(&below, Rule::ExpectedStatusChanged, member),
            _ => walk.plain(&below, Rule::Unexplained, member),
        }
    }
}

pub fn headers<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    if !shaped(walk, &at.below(" headers"), spot, Value::is_object) {
        return;
    }
    // names of headers are the same in any case
    let mut named = BTreeMap::<String, (&str, BothSides<'a>)>::new();
    for (name, value) in members(spot.0) {
        named.entry(name.to_lowercase()).or_insert((name, (None, None))).1.0 = Some(value);
    }
    for (name, value) in members(spot.1) {
        named.entry(name.to_lowercase()).or_insert((name, (None, None))).1.1 = Some(value);
    }
    for (name, spot) in named.into_values() {
        let at = at.below(&format!(" header {name}"));
        match spot {
            (Some(old), Some(new)) => parameters::pair(walk, &at, old, new),
            (Some(old), None) => parameters::gone(walk, &at, old),
            (None, Some(new)) => parameters::added(walk, &at, new),
            (None, None) => {}
        }
    }
}
