//! The assumptions about the API, and whether responses confirm them.
//!
//! An assumption is an action of the overlay. It claims that the parts of the document which it added are right, or that
//! fields which it removed do not exist.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use hb_bls::{
    compare,
    raw::{OVERLAY, Operation, PUBLISHED},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::JsonPath;

use super::{
    document,
    evidence::{Counter, Evidence},
};

/// How the description of an assumption begins; others add names, and say nothing about the API.
const ASSUMED: &str = "Assumed: ";
/// How one goes on that belongs to the one before it.
const AS_ABOVE: &str = "as above, ";
/// Keywords that say nothing about a value, or nothing that a response shows.
const ANNOTATIONS: [&str; 5] = ["title", "description", "example", "deprecated", "default"];
/// Keywords beneath which things have names.
const NAMED: [&str; 5] = ["schemas", "properties", "responses", "content", "headers"];

/// An assumption and what came of it.
#[derive(Debug, Serialize)]
pub struct Assumption {
    /// The overlay's target.
    pub target: String,
    pub verdict: Verdict,
    /// What is assumed, and why.
    pub text: String,
    /// How many claims were seen, and how many reading could show.
    pub seen: usize,
    pub judged: usize,
    pub refuted_by: Vec<Counter>,
    /// What the assumption is about, if reading cannot judge it.
    pub not_judged: Option<About>,
}

/// Whether an assumption holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Something was seen to be otherwise.
    Refuted,
    /// Everything that reading can show was seen.
    Confirmed,
    /// Some of it was seen, and nothing to the contrary.
    Partly,
    /// No response had anything that it is about.
    NotMet,
    /// Reading cannot judge it.
    NotJudged,
}

/// What a part of the document is about, if reading does not show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Responses of operations that are not called.
    OtherResponses,
    /// What a client sends.
    Requests,
    /// What the portal sends, or what nothing in the document refers to: the data of events.
    Deliveries,
}

/// A claim about a part of the document.
enum Claim {
    /// Something is as it says.
    Holds(&'static Value),
    /// Objects of this schema do not have this field.
    Without(&'static Value, String),
}

#[derive(Deserialize)]
struct Overlay {
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Action {
    target: String,
    description: String,
    #[serde(default)]
    update: Value,
    #[serde(default)]
    remove: bool,
}

/// Judges each assumption that the compiled-in document was made with.
pub fn judge(evidence: &Evidence, called: &[Operation]) -> Result<Vec<Assumption>> {
    let published: Value = serde_json::from_str(PUBLISHED).context("cannot read the published document")?;
    let overlay: Overlay = serde_json::from_str(OVERLAY).context("cannot read the assumptions")?;
    let schemas = SchemaUse::new(called);
    let mut above = String::new();
    let mut all = Vec::new();
    for action in overlay.actions {
        let Some(text) = action.description.strip_prefix(ASSUMED) else { continue };
        let text = match text.strip_prefix(AS_ABOVE) {
            Some(more) => format!("{above}, {more}"),
            None => {
                above = first_sentence(text).to_owned();
                text.to_owned()
            }
        };
        let claims = claims(&published, &action)?;
        all.push(verdict(action.target, text, &claims, evidence, &schemas));
    }
    Ok(all)
}

/// The text up to the first full stop.
pub fn first_sentence(text: &str) -> &str {
    text.split(". ").next().unwrap_or_default().trim_end_matches('.')
}

fn claims(published: &Value, action: &Action) -> Result<Vec<Claim>> {
    let target = &action.target;
    let path =
        JsonPath::parse(target).with_context(|| format!("the target of an assumption is no JSONPath: {target}"))?;
    let mut all = Vec::new();
    if action.remove {
        // what was removed is in the published document only
        for location in path.query_located(published).locations() {
            let pointer = location.to_json_pointer();
            let (schema, name) = pointer.rsplit_once("/properties/").unwrap_or((&pointer, ""));
            all.extend(compare::document().pointer(schema).map(|schema| Claim::Without(schema, name.to_owned())));
        }
    } else {
        for part in path.query_located(compare::document()) {
            let location = part.location().to_json_pointer();
            let is_named = location.rsplit('/').next().is_some_and(|key| NAMED.contains(&key));
            let before = all.len();
            collect(part.node(), &action.update, is_named, &mut all);
            if all.len() == before {
                all.push(Claim::Holds(part.node()));
            }
        }
    }
    if all.is_empty() {
        bail!("the assumption about {target} is not the one that the compiled-in document was made with");
    }
    Ok(all)
}

/// The parts that an update has put there. `is_named`: its keys are names, not keywords.
fn collect(part: &'static Value, update: &Value, is_named: bool, all: &mut Vec<Claim>) {
    for (key, value) in update.as_object().into_iter().flatten() {
        let Some(inner) = part.get(key) else { continue };
        match (key.as_str(), inner) {
            _ if is_named => {
                all.push(Claim::Holds(inner));
                collect(inner, value, false, all);
            }
            (key, _) if ANNOTATIONS.contains(&key) => {}
            // of a header it is checked as a whole
            ("headers", Value::Object(headers)) => {
                let added = headers.iter().filter(|(name, _)| value.get(*name).is_some());
                all.extend(added.map(|(_, header)| Claim::Holds(header)));
            }
            (key, _) if NAMED.contains(&key) => collect(inner, value, true, all),
            ("required" | "x-extensible-enum", Value::Array(words)) => {
                if key != "required" && inner == value {
                    // that there are no others is assumed, too
                    all.push(Claim::Holds(inner));
                }
                let update = value.as_array().into_iter().flatten();
                all.extend(update.filter_map(|word| words.iter().find(|other| *other == word)).map(Claim::Holds));
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => {
                for (part, value) in parts.iter().zip(value.as_array().into_iter().flatten()) {
                    all.push(Claim::Holds(part));
                    collect(part, value, false, all);
                }
            }
            ("nullable" | "x-status", _) => all.push(Claim::Holds(inner)),
            ("enum", _) => all.push(Claim::Holds(part)),
            (_, Value::Object(_) | Value::Array(_)) => {
                all.push(Claim::Holds(inner));
                collect(inner, value, false, all);
            }
            _ => all.push(Claim::Holds(part)),
        }
    }
}

fn verdict(target: String, text: String, claims: &[Claim], evidence: &Evidence, schemas: &SchemaUse) -> Assumption {
    let (mut seen, mut not_met, mut not_judged, mut refuted_by) = (0, 0, None, Vec::new());
    let mut known = BTreeSet::new();
    for claim in claims {
        let (part, (met, counter)) = match claim {
            Claim::Holds(part) if !known.insert(std::ptr::from_ref::<Value>(part)) => continue,
            Claim::Holds(part) => (part, evidence.of(part)),
            Claim::Without(schema, name) => (schema, evidence.of_extra(schema, name)),
        };
        match (schemas.hidden(part), counter) {
            (Some(about), _) => not_judged = not_judged.or(Some(about)),
            (None, Some(counter)) if refuted_by.contains(counter) => {}
            (None, Some(counter)) => refuted_by.push(counter.clone()),
            (None, None) if met => seen += 1,
            (None, None) => not_met += 1,
        }
    }
    let verdict = match (refuted_by.len(), seen, not_met) {
        (0, 0, 0) => Verdict::NotJudged,
        (0, 0, _) => Verdict::NotMet,
        (0, _, 0) => Verdict::Confirmed,
        (0, _, _) => Verdict::Partly,
        _ => Verdict::Refuted,
    };
    Assumption { target, verdict, text, seen, judged: seen + not_met + refuted_by.len(), refuted_by, not_judged }
}

/// Which parts of the document describe what.
struct SchemaUse {
    read: BTreeSet<*const Value>,
    responses: BTreeSet<*const Value>,
    requests: BTreeSet<*const Value>,
}

impl SchemaUse {
    fn new(called: &[Operation]) -> Self {
        let mut schemas = Self { read: BTreeSet::new(), responses: BTreeSet::new(), requests: BTreeSet::new() };
        for operation in Operation::ALL {
            let responses = if called.contains(&operation) { &mut schemas.read } else { &mut schemas.responses };
            let declared = document::operation(operation);
            beneath(&declared["responses"], responses);
            beneath(&declared["parameters"], &mut schemas.requests);
            beneath(&declared["requestBody"], &mut schemas.requests);
        }
        schemas
    }

    /// What keeps a part from being judged by reading; nothing if it can be.
    fn hidden(&self, part: &Value) -> Option<About> {
        let part = std::ptr::from_ref(part);
        if self.read.contains(&part) {
            None
        } else if self.responses.contains(&part) {
            Some(About::OtherResponses)
        } else if self.requests.contains(&part) {
            Some(About::Requests)
        } else {
            Some(About::Deliveries)
        }
    }
}

/// A part, all beneath it, and all that it refers to.
fn beneath(part: &'static Value, into: &mut BTreeSet<*const Value>) {
    let mut waiting = vec![part];
    while let Some(part) = waiting.pop() {
        if !into.insert(part) {
            continue;
        }
        waiting.extend(compare::chain(compare::document(), part).into_iter().skip(1));
        match part {
            Value::Object(members) => waiting.extend(members.values()),
            Value::Array(entries) => waiting.extend(entries),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_assumption_claims_something_and_without_responses_nothing_is_known() {
        let called = super::super::calls::operations();
        let all = judge(&Evidence::default(), &called).unwrap();
        assert_eq!(all.len(), OVERLAY.matches("\"description\": \"Assumed: ").count());
        assert!(all.len() > 50);
        for assumption in &all {
            assert!(matches!(assumption.verdict, Verdict::NotMet | Verdict::NotJudged), "{assumption:?}");
            assert!(assumption.judged > 0 || assumption.not_judged.is_some(), "{assumption:?}");
            assert!(!assumption.text.contains("as above"), "{assumption:?}");
        }
        let about = |target: &str| {
            let found = all.iter().find(|assumption| assumption.target == target).unwrap();
            (found.judged, found.not_judged)
        };
        assert_eq!(about("$.components.schemas.Course.properties"), (2, None));
        assert_eq!(about("$.components.schemas.BookingStatus"), (1, None));
        assert_eq!(about("$.components.schemas.HoldRequest"), (0, Some(About::Requests)));
        assert_eq!(about("$.components.schemas.WebhookEvent"), (0, Some(About::Deliveries)));
        assert_eq!(about("$.components.schemas.WebhookSecret"), (0, Some(About::OtherResponses)));
        let unpaged =
            "$.components.schemas['CoursesResponse','TimeslotsResponse','WebhooksResponse'].properties['meta','links']";
        assert_eq!(about(unpaged), (6, None));
    }
}
