//! Joins the documents of many pages into one.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value, json};

use crate::{media, walk};

/// The document of one page.
#[derive(Debug, Clone)]
pub struct Part {
    /// The page.
    pub place: String,
    /// What it publishes, cleaned.
    pub document: Value,
}

/// Something that only one page may define.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    /// By section, path or webhook, and member.
    Item(&'static str, String, String),
    Component(String, String),
    Root(String),
}

/// Members that describe the whole document; [`super::frame`] writes them once for all parts.
const FRAME: [&str; 7] = ["components", "info", "jsonSchemaDialect", "openapi", "security", "servers", "tags"];

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item("paths", path, method) if walk::METHODS.contains(&method.as_str()) => {
                write!(f, "{} {path}", method.to_uppercase())
            }
            Self::Item("paths", path, member) => write!(f, "`{member}` of path {path}"),
            Self::Item(_, name, member) => write!(f, "`{member}` of webhook {name}"),
            Self::Component(section, name) => write!(f, "{section} `{name}`"),
            Self::Root(member) => write!(f, "`{member}`"),
        }
    }
}

/// Pages that contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("pages contradict each other; save the site to a folder, mend it and pull from there:\n{}", .0.join("\n"))]
pub struct Conflicts(Vec<String>);

/// One document of all parts, without the members that describe the whole.
pub fn merge(parts: &[Part]) -> Result<Value, Conflicts> {
    let mut found = BTreeMap::<Slot, Vec<(&Value, &Part)>>::new();
    for part in parts {
        for section in walk::SECTIONS {
            for (path, item) in members(&part.document[section]) {
                for (member, value) in members(item) {
                    let slot = Slot::Item(section, path.clone(), member.clone());
                    found.entry(slot).or_default().push((value, part));
                }
            }
        }
        for (section, named) in members(&part.document["components"]) {
            for (name, value) in members(named) {
                found.entry(Slot::Component(section.clone(), name.clone())).or_default().push((value, part));
            }
        }
        let is_own = |member: &str| !FRAME.contains(&member) && !walk::SECTIONS.contains(&member);
        for (member, value) in members(&part.document).filter(|(member, _)| is_own(member)) {
            found.entry(Slot::Root(member.clone())).or_default().push((value, part));
        }
    }
    let mut conflicts = Vec::new();
    let mut document = json!({"openapi": "3.0.3", "paths": {}});
    for (slot, candidates) in found {
        let Some(value) = agreed(&candidates) else {
            conflicts.push(told(&slot, &candidates));
            continue;
        };
        let place = match &slot {
            Slot::Item(section, path, member) => &mut document[section][path][member],
            Slot::Component(section, name) => &mut document["components"][section][name],
            Slot::Root(member) => &mut document[member],
        };
        *place = value.clone();
    }
    if conflicts.is_empty() { Ok(document) } else { Err(Conflicts(conflicts)) }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// The value, if all pages publish the same.
fn agreed<'a>(candidates: &[(&'a Value, &Part)]) -> Option<&'a Value> {
    let (first, _) = candidates.first()?;
    let is_same = |value: &Value| value == *first || media::plain(value) == media::plain(first);
    candidates.iter().all(|(value, _)| is_same(value)).then_some(first)
}

/// Every different content, and the first page that has it.
fn told(slot: &Slot, candidates: &[(&Value, &Part)]) -> String {
    let mut lines = format!("  {slot} is published with different content:\n");
    let mut seen = Vec::<&Value>::new();
    for (value, part) in candidates {
        if !seen.contains(value) {
            seen.push(value);
            let text = format!("{value:#}").replace('\n', "\n      ");
            lines += &format!("    in {}:\n      {text}\n", part.place);
        }
    }
    lines.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(place: &str, thing: Value) -> Part {
        let document = json!({
            "paths": {"/things": {place: {"operationId": place}}}, "components": {"schemas": {"Thing": thing}}});
        Part { place: place.to_owned(), document }
    }

    #[test]
    fn parts_join() {
        let parts = ["get", "put"].map(|place| part(place, json!({"type": "object"})));
        assert_eq!(
            merge(&parts).unwrap(),
            json!({"openapi": "3.0.3", "components": {"schemas": {"Thing": {"type": "object"}}},
                "paths": {"/things": {"get": {"operationId": "get"}, "put": {"operationId": "put"}}}})
        );
    }

    #[test]
    fn webhooks_of_many_pages_join() {
        let page = |place: &str, name: &str, said: &str| {
            let document = json!({"paths": {}, "x-webhooks": {name: {"post": {"description": said}}}});
            Part { place: place.to_owned(), document }
        };
        let joined = merge(&[page("a", "lost", "l"), page("b", "found", "f"), page("c", "lost", "l")]).unwrap();
        assert_eq!(
            joined["x-webhooks"],
            json!({"lost": {"post": {"description": "l"}}, "found": {"post": {"description": "f"}}})
        );
        let error = merge(&[page("a", "lost", "l"), page("b", "lost", "other")]).unwrap_err().to_string();
        assert!(error.contains("`post` of webhook lost is published with different content"), "{error}");
    }

    #[test]
    fn a_contradiction_shows_both_sides() {
        let parts = [part("get", json!({"type": "object"})), part("put", json!({"type": "string"}))];
        let error = merge(&parts).unwrap_err().to_string();
        let what = "schemas `Thing` is published with different content";
        for told in [what, "in get:", "\"object\"", "in put:", "\"string\"", "save the site to a folder"] {
            assert!(error.contains(told), "{told}: {error}");
        }
    }
}
