//! Base URLs.

use serde_json::Value;

use crate::{
    root::shaped,
    rules::Rule,
    side::{items, joined},
    walk::{At, Spot, Walk},
};

/// Compares two lists of servers by URL.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &At, spot: Spot<'a>) {
    if !shaped(walk, &at.below(".servers"), spot, Value::is_array) {
        return;
    }
    let (old, new) = (listed(spot.0), listed(spot.1));
    let mut gone: Vec<_> = old.iter().filter(|(url, _)| !new.iter().any(|(other, _)| other == url)).collect();
    let mut added: Vec<_> = new.iter().filter(|(url, _)| !old.iter().any(|(other, _)| other == url)).collect();
    if let ([(before, old)], [(after, new)]) = (&gone[..], &added[..]) {
        let sentence = format!("the base URL {before} is now {after}");
        walk.report(at, Rule::ServerUrlChanged, (old.get("url"), new.get("url")), url(before), url(after), &sentence);
        entry(walk, at, old, new);
        (gone, added) = (Vec::new(), Vec::new());
    }
    for (url, server) in gone {
        walk.one_sided(at, Rule::ServerRemoved, (Some(server), None), &format!("the base URL {url} is gone"));
    }
    for (url, server) in added {
        walk.one_sided(at, Rule::ServerAdded, (None, Some(server)), &format!("the base URL {url} is new"));
    }
    for (url, server) in &old {
        if let Some((_, other)) = new.iter().find(|(other, _)| other == url) {
            entry(walk, at, server, other);
        }
    }
    if let (Some((before, _)), Some((after, _))) = (old.first(), new.first())
        && before != after
        && old.iter().any(|(url, _)| url == after)
        && new.iter().any(|(url, _)| url == before)
    {
        let sentence = format!("the base URL that stands first was {before} and is {after}");
        walk.report(at, Rule::DefaultServerChanged, spot, url(before), url(after), &sentence);
    }
}

fn url(text: &str) -> Option<Value> {
    Some(text.into())
}

fn listed(servers: Option<&Value>) -> Vec<(&str, &Value)> {
    items(servers).filter_map(|server| Some((server.get("url")?.as_str()?, server))).collect()
}

fn entry<'a>(walk: &mut Walk<'a>, at: &At, old: &'a Value, new: &'a Value) {
    walk.old.mark(old);
    walk.new.mark(new);
    for (key, spot) in joined(Some(old), Some(new)) {
        let at = at.below(&format!(" server {key}"));
        match key {
            "url" => {
                spot.0.into_iter().for_each(|value| walk.old.mark(value));
                spot.1.into_iter().for_each(|value| walk.new.mark(value));
            }
            "description" => walk.plain(&at, Rule::DescriptionChanged, spot),
            "variables" => walk.plain(&at, Rule::ServerVariableChanged, spot),
            _ => walk.plain(&at, Rule::Unexplained, spot),
        }
    }
}
