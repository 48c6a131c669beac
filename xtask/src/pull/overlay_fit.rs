//! Finds out which overlay actions still fit a document, and which assumptions it now publishes.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::overlay::{self, Action, Overlay, Reason};

/// How an overlay fits a new document.
#[derive(Debug)]
pub struct OverlayFit {
    /// Actions that only repeat the document: it is the same without them.
    pub needless: Vec<ActionToChange>,
    /// Actions that a person must fix or remove.
    pub broken: Vec<ActionToChange>,
    /// Assumptions that are published now, in actions that also say something else.
    pub confirmed: Vec<Finding>,
    /// Assumptions for which another value is published now, which the overlay hides.
    pub refuted: Vec<Finding>,
    /// The document with every action that fits.
    pub document: Value,
}

/// An action that cannot stay.
#[derive(Debug)]
pub struct ActionToChange {
    /// Its position in the overlay, from 0.
    pub index: usize,
    /// The action.
    pub action: Action,
    /// Why.
    pub reason: Reason,
}

/// Something that an action says and the document says too.
#[derive(Debug)]
pub struct Finding {
    /// The action's position in the overlay, from 0.
    pub index: usize,
    /// The action.
    pub action: Action,
    /// JSON pointer into the document.
    pub place: String,
    /// What is published.
    pub published: Value,
    /// What the action says.
    pub assumed: Value,
}

/// Tries each action on the new document. What an action already repeated or replaced in the old document is not
/// reported.
pub fn fit(old: &Value, new: &Value, overlay: &Overlay) -> OverlayFit {
    let mut fit = OverlayFit {
        needless: Vec::new(),
        broken: Vec::new(),
        confirmed: Vec::new(),
        refuted: Vec::new(),
        document: new.clone(),
    };
    let mut old = old.clone();
    for (index, action) in overlay.actions.iter().enumerate() {
        let (before, now) = (overlaps(&old, action), overlaps(&fit.document, action));
        if let Ok(after) = tried(&old, action) {
            old = after;
        }
        match tried(&fit.document, action) {
            Ok(after) => fit.document = after,
            Err(reason) => {
                let entry = ActionToChange { index, action: action.clone(), reason };
                if says_all(&fit.document, action) {
                    fit.needless.push(entry);
                    continue;
                }
                fit.broken.push(entry);
            }
        }
        for (place, (published, assumed)) in now.into_iter().filter(|(place, _)| !before.contains_key(place)) {
            let list = if published == assumed { &mut fit.confirmed } else { &mut fit.refuted };
            list.push(Finding { index, action: action.clone(), place, published, assumed });
        }
    }
    fit
}

fn tried(document: &Value, action: &Action) -> Result<Value, Reason> {
    let mut after = document.clone();
    overlay::apply_action(&mut after, action).map(|()| after)
}

/// The nodes that an action is about, by JSON pointer.
fn targets<'a>(document: &'a Value, action: &Action) -> Vec<(String, &'a Value)> {
    let Ok(path) = JsonPath::parse(&action.target) else { return Vec::new() };
    path.query_located(document).iter().map(|found| (found.location().to_json_pointer(), found.node())).collect()
}

/// Whether the document says all that an action would write.
fn says_all(document: &Value, action: &Action) -> bool {
    let Some(update) = &action.update else { return false };
    let targets = targets(document, action);
    !targets.is_empty() && targets.iter().all(|(_, target)| says(target, update))
}

fn says(target: &Value, update: &Value) -> bool {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            update.iter().all(|(key, value)| target.get(key).is_some_and(|known| says(known, value)))
        }
        (Value::Array(target), Value::Array(update)) => update.iter().all(|entry| target.contains(entry)),
        (Value::Array(target), entry) => target.contains(entry),
        (target, update) => target == update,
    }
}

/// What both the document and the action say: published and assumed value by place.
fn overlaps(document: &Value, action: &Action) -> BTreeMap<String, (Value, Value)> {
    let mut found = BTreeMap::new();
    if let Some(update) = &action.update {
        targets(document, action).iter().for_each(|(at, target)| overlap(at, target, update, &mut found));
    }
    found
}

fn overlap(at: &str, target: &Value, update: &Value, found: &mut BTreeMap<String, (Value, Value)>) {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            for (key, value) in update {
                if let Some(known) = target.get(key) {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    overlap(&format!("{at}/{key}"), known, value, found);
                }
            }
        }
        (Value::Array(known), Value::Array(entries)) => {
            for entry in entries.iter().filter(|entry| known.contains(entry)) {
                found.insert(format!("{at} {entry}"), (entry.clone(), entry.clone()));
            }
        }
        (Value::Array(known), entry) => {
            let same = known.iter().find(|known| *known == entry || is_parameter(known, entry));
            if let Some(known) = same {
                let name = entry["name"].as_str().map_or_else(|| entry.to_string(), str::to_owned);
                found.insert(format!("{at} {name}"), (known.clone(), entry.clone()));
            }
        }
        _ => drop(found.insert(at.to_owned(), (target.clone(), update.clone()))),
    }
}

fn is_parameter(known: &Value, entry: &Value) -> bool {
    entry["name"].is_string() && known["name"] == entry["name"] && known["in"] == entry["in"]
}

/// The overlay's text without some of its actions; the rest stays as it is written.
pub fn without(text: &str, indexes: &[usize]) -> Result<String, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Raw<'a> {
        #[serde(borrow)]
        actions: Vec<&'a serde_json::value::RawValue>,
    }
    let raw: Raw<'_> = serde_json::from_str(text)?;
    // each is a piece of the text
    let span = |raw: &serde_json::value::RawValue| {
        let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        (start, start + raw.get().len())
    };
    let spans: Vec<(usize, usize)> = raw.actions.iter().map(|raw| span(raw)).collect();
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(text.to_owned()) };
    let between = spans.get(1).map_or(",", |second| &text[first.1..second.0]);
    let kept = spans.iter().enumerate().filter(|(index, _)| !indexes.contains(index));
    let kept: Vec<&str> = kept.map(|(_, (start, end))| &text[*start..*end]).collect();
    Ok(format!("{}{}{}", &text[..first.0], kept.join(between), &text[last.1..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fitted(old: Value, new: Value, actions: Value) -> OverlayFit {
        let overlay = json!({"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": actions});
        fit(&old, &new, &overlay::parse(overlay).unwrap())
    }

    fn action(target: &str, update: Value) -> Value {
        json!({"target": target, "description": "Assumed: so.", "update": update})
    }

    #[test]
    fn actions_fit_are_needless_or_are_broken() {
        let old = json!({"a": {"x": 1}, "b": {"required": []}, "c": {}, "p": []});
        let new = json!({"a": {"x": 1, "y": 2}, "b": {"required": ["id"]}, "p": [{"name": "page", "in": "query"}]});
        let fit = fitted(
            old,
            new,
            json!([
                action("$.a", json!({"y": 2})),
                action("$.b", json!({"required": ["id", "secret"]})),
                action("$.c", json!({"z": 1})),
                action("$.a", json!({"w": 1})),
                action("$.p", json!({"name": "page", "in": "query"})),
                action("$.p", json!({"name": "page", "in": "query", "required": true})),
            ]),
        );
        let indices = |list: &[ActionToChange]| list.iter().map(|entry| entry.index).collect::<Vec<_>>();
        assert_eq!((indices(&fit.needless), indices(&fit.broken)), (vec![0, 4], vec![1, 2, 5]));
        assert_eq!(fit.document["a"], json!({"x": 1, "y": 2, "w": 1}));
    }

    #[test]
    fn assumptions_that_are_published_now_are_found() {
        let update = json!({"type": "string", "format": "uuid", "minLength": 1, "new": true});
        let fit = fitted(
            json!({"a": {"type": "string", "minLength": 0}}),
            json!({"a": {"type": "string", "minLength": 0, "format": "date", "new": true}}),
            json!([action("$.a", update)]),
        );
        let texts = |list: &[Finding]| {
            list.iter().map(|f| format!("{} {} {}", f.place, f.published, f.assumed)).collect::<Vec<_>>()
        };
        // what was repeated or replaced before is not reported
        assert_eq!(texts(&fit.confirmed), ["/a/new true true"]);
        assert_eq!(texts(&fit.refuted), [r#"/a/format "date" "uuid""#]);
        assert!(fit.broken.is_empty() && fit.needless.is_empty());
    }

    #[test]
    fn actions_are_taken_out_of_the_text() {
        let text = "{\n  \"overlay\": \"1.0.0\",\n  \"actions\": [\n    {\"b\": 1, \"a\": 1},\n    {\n      \"c\": \"],\"\n    },\n    {\"d\": 1}\n  ]\n}\n";
        assert_eq!(without(text, &[]).unwrap(), text);
        assert_eq!(
            without(text, &[1]).unwrap(),
            "{\n  \"overlay\": \"1.0.0\",\n  \"actions\": [\n    {\"b\": 1, \"a\": 1},\n    {\"d\": 1}\n  ]\n}\n"
        );
        assert_eq!(without(text, &[0, 2]).unwrap().matches('{').count(), 2);
        assert_eq!(serde_json::from_str::<Value>(&without(text, &[0, 1, 2]).unwrap()).unwrap()["actions"], json!([]));
    }
}
