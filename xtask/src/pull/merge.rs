//! Joins the documents of many pages into one.

use std::{cmp::Ordering, collections::BTreeMap, fmt, time::SystemTime};

use serde_json::{Map, Value, json};

use crate::{media, walk};

/// What to take when two pages publish different content under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Preference {
    /// The page that was changed last, or has the higher number if the site does not tell
    Newest,
}

/// The document of one page.
#[derive(Debug, Clone)]
pub struct Part {
    /// The page.
    pub place: String,
    /// What it publishes, cleaned.
    pub document: Value,
    /// When it was last changed, if the site says so.
    pub modified: Option<SystemTime>,
    /// Its number, which grows with each new page.
    pub number: Option<u64>,
}

/// Something that only one page may define.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    /// By section, path or webhook, and member.
    Item(&'static str, String, String),
    Component(String, String),
    Root(String),
}

/// Members that describe the whole document; [`super::api_metadata`] writes them once for all parts.
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
#[error(
    "pages contradict each other; `--prefer newest` takes what was published last, where that is known:\n{}",
    .0.join("\n")
)]
pub struct Conflicts(Vec<String>);

/// One document of all parts, without the members that describe the whole.
pub fn merge(parts: &[Part], prefer: Option<Preference>) -> Result<Value, Conflicts> {
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
        let Some(value) = choose(&candidates, prefer) else {
            conflicts.push(describe(&slot, &candidates));
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

/// The value that all pages publish, or the newest if that is preferred.
fn choose<'a>(candidates: &[(&'a Value, &Part)], prefer: Option<Preference>) -> Option<&'a Value> {
    let (first, _) = candidates.first()?;
    if candidates.iter().all(|(value, _)| value == first || media::plain(value) == media::plain(first)) {
        return Some(first);
    }
    prefer?;
    let is_newest = |(value, part): &&(&Value, &Part)| {
        candidates.iter().all(|(other, than)| value == other || is_newer(part, than))
    };
    candidates.iter().find(is_newest).map(|(value, _)| *value)
}

fn is_newer(part: &Part, than: &Part) -> bool {
    let by_time = part.modified.zip(than.modified).map_or(Ordering::Equal, |(a, b)| a.cmp(&b));
    let by_number = || part.number.zip(than.number).map_or(Ordering::Equal, |(a, b)| a.cmp(&b));
    by_time.then_with(by_number) == Ordering::Greater
}

/// Every different content, and the first page that has it.
fn describe(slot: &Slot, candidates: &[(&Value, &Part)]) -> String {
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
    use std::time::Duration;

    use super::*;

    fn part(place: &str, seconds: Option<u64>, number: Option<u64>, thing: Value) -> Part {
        let document = json!({
            "paths": {"/things": {place: {"operationId": place}}}, "components": {"schemas": {"Thing": thing}}});
        let modified = seconds.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        Part { place: place.to_owned(), document, modified, number }
    }

    fn thing(parts: &[Part], prefer: Option<Preference>) -> Result<Value, String> {
        merge(parts, prefer)
            .map(|document| document["components"]["schemas"]["Thing"].clone())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn parts_join() {
        let parts =
            [part("get", None, None, json!({"type": "object"})), part("put", None, None, json!({"type": "object"}))];
        assert_eq!(
            merge(&parts, None).unwrap(),
            json!({"openapi": "3.0.3", "components": {"schemas": {"Thing": {"type": "object"}}},
                "paths": {"/things": {"get": {"operationId": "get"}, "put": {"operationId": "put"}}}})
        );
    }

    #[test]
    fn webhooks_of_many_pages_join() {
        let page = |place: &str, name: &str, said: &str| {
            let document = json!({"paths": {}, "x-webhooks": {name: {"post": {"description": said}}}});
            Part { document, ..part(place, None, None, json!({})) }
        };
        let joined = merge(&[page("a", "lost", "l"), page("b", "found", "f"), page("c", "lost", "l")], None).unwrap();
        assert_eq!(
            joined["x-webhooks"],
            json!({"lost": {"post": {"description": "l"}}, "found": {"post": {"description": "f"}}})
        );
        let error = merge(&[page("a", "lost", "l"), page("b", "lost", "other")], None).unwrap_err().to_string();
        assert!(error.contains("`post` of webhook lost is published with different content"), "{error}");
    }

    #[test]
    fn a_contradiction_shows_both_sides() {
        let parts = [
            part("get", Some(1), None, json!({"type": "object"})),
            part("put", Some(2), None, json!({"type": "string"})),
        ];
        let error = thing(&parts, None).unwrap_err();
        for part in [
            "schemas `Thing` is published with different content",
            "in get:",
            "\"object\"",
            "in put:",
            "\"string\"",
            "--prefer newest",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn the_newest_is_the_last_changed_else_the_highest_number() {
        let (a, b, c) = (json!({"a": 1}), json!({"b": 1}), json!({"c": 1}));
        let newest = |parts: &[Part]| thing(parts, Some(Preference::Newest));
        let times = [
            part("a", Some(3), Some(1), a.clone()),
            part("b", Some(2), Some(9), b.clone()),
            part("c", Some(1), Some(8), c),
        ];
        assert_eq!(newest(&times), Ok(a.clone()));
        assert_eq!(
            newest(&[part("a", None, Some(1), a.clone()), part("b", Some(2), Some(9), b.clone())]),
            Ok(b.clone())
        );
        assert_eq!(
            newest(&[part("a", Some(2), Some(1), a.clone()), part("b", Some(2), Some(9), b.clone())]),
            Ok(b.clone())
        );
        assert!(newest(&[part("a", None, None, a), part("b", Some(2), Some(9), b)]).unwrap_err().contains("in a:"));
    }
}
