//! The members that describe the whole API: information, servers, tags, and the authentication that most operations
//! need.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::walk;

/// On a page, what describes the whole API is a placeholder of the tool; in an export it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Pages of a site.
    Pages,
    /// One document of the whole API.
    Export,
}

/// Writes these members. What is not published is kept from the vendored document.
pub fn set(document: &mut Value, parts: &[Value], origin: Origin, vendored: &Value) {
    document["info"] = info(parts, origin, &vendored["info"]);
    let servers = in_order(parts.iter().flat_map(|part| list(&part["servers"])));
    document["servers"] = if servers.is_empty() { vendored["servers"].clone() } else { servers.into() };
    if document["servers"].is_null() {
        document.as_object_mut().map(|root| root.remove("servers"));
    }
    set_tags(document, parts, vendored);
    share_security(document);
}

fn info(parts: &[Value], origin: Origin, vendored: &Value) -> Value {
    let mut info = vendored.as_object().cloned().unwrap_or_default();
    if let (Origin::Export, Some(Value::Object(published))) = (origin, parts.first().map(|part| &part["info"])) {
        info.extend(
            published.iter().filter(|(_, value)| **value != "").map(|(key, value)| (key.clone(), value.clone())),
        );
    }
    for (key, fallback) in [("title", "API"), ("version", "0")] {
        info.entry(key).or_insert_with(|| fallback.into());
    }
    info.into()
}

/// The tags in use, described as published, else as vendored; vendored ones first and in their order.
fn set_tags(document: &mut Value, parts: &[Value], vendored: &Value) {
    let published: Vec<&Value> = parts.iter().flat_map(|part| list(&part["tags"])).collect();
    let operations = walk::operations(document);
    let used: Vec<&Value> = operations.iter().flat_map(|operation| list(&operation.value["tags"])).collect();
    let known: Vec<&Value> = list(&vendored["tags"]).collect();
    let position = |tag: &Value| known.iter().position(|known| known["name"] == *tag).unwrap_or(known.len());
    let mut names = in_order(used.into_iter().chain(published.iter().map(|tag| &tag["name"])));
    names.retain(Value::is_string);
    names.sort_by(|a, b| (position(a), a.as_str()).cmp(&(position(b), b.as_str())));
    let tags: Vec<Value> = names
        .into_iter()
        .map(|name| {
            let mut tag = Map::from_iter([("name".to_owned(), name.clone())]);
            for source in [&known, &published] {
                let same = source.iter().filter(|tag| tag["name"] == name).filter_map(|tag| tag.as_object());
                tag.extend(same.flatten().map(|(key, value)| (key.clone(), value.clone())));
            }
            tag.into()
        })
        .collect();
    match tags.is_empty() {
        true => drop(document.as_object_mut().map(|root| root.remove("tags"))),
        false => document["tags"] = tags.into(),
    }
}

/// What most operations require is written once for all; the others state what they require instead.
fn share_security(document: &mut Value) {
    let mut counts = BTreeMap::<String, (usize, Value)>::new();
    walk::operations_mut(document, |_, _, operation| {
        let required = &operation["security"];
        counts.entry(required.to_string()).or_insert_with(|| (0, required.clone())).0 += 1;
    });
    // of two that are equally common, the first in alphabetical order
    let most = counts.into_values().rev().max_by_key(|(count, _)| *count).map(|(_, required)| required);
    let Some(shared) = most.filter(|required| list(required).next().is_some()) else { return };
    walk::operations_mut(document, |_, _, operation| {
        if operation["security"] == shared {
            operation.as_object_mut().map(|members| members.remove("security"));
        }
    });
    document["security"] = shared;
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn in_order<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(value) {
            found.push(value.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vendored() -> Value {
        json!({
            "info": {"title": "Ours", "version": "beta", "contact": {"name": "c"}}, "servers": [{"url": "https://v.example"}],
            "tags": [{"name": "Z", "description": "last letter"}, {"name": "Unused"}],
        })
    }

    fn framed(parts: &[Value], origin: Origin, paths: Value) -> Value {
        let mut document = json!({"paths": paths});
        set(&mut document, parts, origin, &vendored());
        document
    }

    #[test]
    fn pages_are_framed_by_the_vendored_document() {
        let page = |url: Value| json!({"info": {"title": "", "version": "1.0.0"}, "servers": url});
        let paths = json!({"/a": {"get": {"tags": ["A", "Z"], "security": [{"b": []}]}, "put": {"security": []}, "post": {"security": [{"b": []}]}}});
        assert_eq!(
            framed(&[page(json!([])), page(Value::Null)], Origin::Pages, paths.clone()),
            json!({
                "info": vendored()["info"], "servers": vendored()["servers"], "security": [{"b": []}],
                "tags": [{"name": "Z", "description": "last letter"}, {"name": "A"}],
                "paths": {"/a": {"get": {"tags": ["A", "Z"]}, "put": {"security": []}, "post": {}}}})
        );
        let named = json!([{"url": "https://n.example"}]);
        assert_eq!(framed(&[page(named.clone()), page(named.clone())], Origin::Pages, paths)["servers"], named);
    }

    #[test]
    fn an_export_speaks_for_itself() {
        let export = json!({"info": {"title": "", "version": "2"}, "tags": [{"name": "Z", "description": "published"}, {"name": "Q"}]});
        let document = framed(&[export], Origin::Export, json!({"/a": {"get": {"tags": ["Z"], "security": []}}}));
        assert_eq!(document["info"], json!({"title": "Ours", "version": "2", "contact": {"name": "c"}}));
        assert_eq!(document["tags"], json!([{"name": "Z", "description": "published"}, {"name": "Q"}]));
        assert_eq!(document.get("security"), None, "nothing is shared");
    }
}
