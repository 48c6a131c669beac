//! Base URLs.

use serde_json::Value;

use crate::{
    equality::same,
    rules::Rule,
    side::{items, joined},
    verbatim::shaped,
    walk::{BothSides, Position, Walk},
};

/// Compares two lists of servers by URL.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    if !shaped(walk, &at.below(".servers"), spot, Value::is_array) {
        return;
    }
    // where there is none, it is where the document is
    if is_default(spot.0) && is_default(spot.1) {
        return walk.plain(&at.below(".servers"), Rule::RepetitionChanged, spot);
    }
    let (old, new) = (listed(spot.0), listed(spot.1));
    let (mut gone, mut added, mut pairs) = (Vec::new(), new.clone(), Vec::new());
    for (url, server) in &old {
        match added.iter().position(|(other, _)| other == url) {
            Some(index) => pairs.push((*server, added.remove(index).1)),
            None => gone.push((*url, *server)),
        }
    }
    let mut first = (old.first().map(|entry| entry.0), new.first().map(|entry| entry.0));
    if let ([(before, old)], [(after, new)]) = (&gone[..], &added[..]) {
        let sentence = format!("the base URL {before} is now {after}");
        walk.report(at, Rule::ServerUrlChanged, (old.get("url"), new.get("url")), url(before), url(after), &sentence);
        pairs.push((old, new));
        if first == (Some(before), Some(after)) {
            first = (None, None);
        }
        (gone, added) = (Vec::new(), Vec::new());
    }
    for (url, server) in gone {
        let rule = rule_of(server, url, &new, Rule::ServerRemoved);
        let word = if rule == Rule::ServerRemoved { "gone" } else { "listed once less" };
        walk.one_sided(at, rule, (Some(server), None), &format!("the base URL {url} is {word}"));
    }
    for (url, server) in added {
        let rule = rule_of(server, url, &old, Rule::ServerAdded);
        let word = if rule == Rule::ServerAdded { "new" } else { "listed once more" };
        walk.one_sided(at, rule, (None, Some(server)), &format!("the base URL {url} is {word}"));
    }
    pairs.into_iter().for_each(|(old, new)| entry(walk, at, old, new));
    // where there is none, it is where the document is
    let first = (first.0.unwrap_or("/"), first.1.unwrap_or("/"));
    if first.0 != first.1 {
        let sentence = format!("the base URL that stands first was {} and is {}", first.0, first.1);
        walk.report(at, Rule::DefaultServerChanged, spot, url(first.0), url(first.1), &sentence);
    }
}

/// Whether a list says no more than what is meant without one.
fn is_default(servers: Option<&Value>) -> bool {
    let is_root = |server: &Value| {
        let says_more = server.as_object().is_none_or(|own| own.keys().any(|key| key != "url" && key != "description"));
        server.get("url").is_some_and(|url| url == "/") && !says_more
    };
    items(servers).all(is_root) && items(servers).count() < 2
}

/// A server that the other document has too, but not as often.
fn rule_of(server: &Value, url: &str, others: &[(&str, &Value)], rule: Rule) -> Rule {
    if others.iter().any(|(_, other)| same(server, other)) {
        Rule::RepetitionChanged
    } else if others.iter().any(|(other, _)| *other == url) {
        Rule::Unexplained
    } else {
        rule
    }
}

fn url(text: &str) -> Option<Value> {
    Some(text.into())
}

fn listed(servers: Option<&Value>) -> Vec<(&str, &Value)> {
    items(servers).filter_map(|server| Some((server.get("url")?.as_str()?, server))).collect()
}

fn entry<'a>(walk: &mut Walk<'a>, at: &Position, old: &'a Value, new: &'a Value) {
    walk.old.mark(old);
    walk.new.mark(new);
    for (key, spot) in joined(Some(old), Some(new)) {
        let at = at.below(&format!(" server {key}"));
        match key {
            "url" => {
                walk.mark(spot);
            }
            "description" => walk.plain(&at, Rule::DescriptionChanged, spot),
            "variables" => walk.plain(&at, Rule::ServerVariableChanged, spot),
            _ => walk.plain(&at, Rule::Unexplained, spot),
        }
    }
}
