//! Checks an answer against what the document says of it.

use std::collections::BTreeSet;

use anyhow::Result;
use hb_bls::raw::{Operation, is_word};
use serde::Serialize;
use serde_json::Value;

use super::{
    calls::Seen,
    document::{Document, join},
    evidence::{Counter, Evidence, Site},
    walk,
};

/// The longest name or value that is repeated.
const LONGEST: usize = 64;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It contradicts the document.
    Violation,
    /// A field that the document does not have.
    UnknownField,
    /// A value that is not in a set of which the document says that it may grow.
    UnknownValue,
    /// An optional field that no object had.
    MissingField,
    /// A header that is only assumed, and was not there.
    MissingHeader,
    /// A status that the document allows, and not the one it assumes.
    OtherStatus,
}

impl Kind {
    pub fn is_violation(self) -> bool {
        self == Self::Violation
    }
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub kind: Kind,
    pub site: Site,
    pub text: String,
}

/// Collects what answers show.
pub struct Checker<'d> {
    document: &'d Document,
    findings: BTreeSet<Finding>,
    evidence: Evidence,
    fields: walk::Fields,
}

impl<'d> Checker<'d> {
    pub fn new(document: &'d Document) -> Self {
        Self { document, findings: BTreeSet::new(), evidence: Evidence::default(), fields: walk::Fields::new() }
    }

    /// Everything found, each once.
    pub fn finish(mut self) -> (Vec<Finding>, Evidence) {
        for ((site, name), field) in std::mem::take(&mut self.fields) {
            let path = walk::step(&site.path, &name);
            let site = Site { path, ..site };
            // a required one is told of as a violation
            if field.present == 0 && !field.required {
                self.find(Kind::MissingField, site, "no answer has it");
            }
        }
        (self.findings.into_iter().collect(), self.evidence)
    }

    fn find(&mut self, kind: Kind, site: Site, text: impl Into<String>) {
        self.findings.insert(Finding { kind, site, text: text.into() });
    }

    /// Checks an answer.
    pub fn answer(&mut self, operation: Operation, answer: &Seen) -> Result<()> {
        let site = || Site { operation: operation.id(), path: ".".to_owned() };
        let Some(response) = self.document.response(operation, answer.status) else {
            // that a server fails, or asks to wait, is no change of the API
            if answer.status < 500 && answer.status != 429 {
                let text = format!("the status is {}, which the document does not have here", answer.status);
                self.find(Kind::Violation, site(), text);
            }
            return Ok(());
        };
        let chain = self.document.chain(&response);
        for pointer in &chain {
            self.evidence.response(pointer).statuses.entry(answer.status).or_insert_with(site);
            let assumed = self.document.at(pointer)["x-status"].as_u64();
            if let Some(assumed) = assumed.filter(|assumed| *assumed != u64::from(answer.status)) {
                let text = format!("the status is {}, where {assumed} is assumed", answer.status);
                self.find(Kind::OtherStatus, site(), text);
            }
            self.headers(pointer, &site(), answer);
        }
        let response = chain.last().unwrap_or(&response);
        self.content(response, &site(), answer)
    }

    fn headers(&mut self, response: &str, site: &Site, answer: &Seen) {
        let declared = self.document.at(response)["headers"].as_object();
        for (name, header) in declared.into_iter().flatten() {
            let value = answer.headers.get(name);
            let number = value.and_then(|value| value.to_str().ok()).is_some_and(|value| value.parse::<i64>().is_ok());
            let wrong = match value {
                None => Some((Kind::MissingHeader, format!("the header {name} is missing"))),
                Some(_) if header["schema"]["type"] == "integer" && !number => {
                    Some((Kind::Violation, format!("the header {name} is no whole number")))
                }
                Some(_) => None,
            };
            let seen = self.evidence.response(response).headers.entry(name.clone()).or_default();
            match wrong {
                None => seen.good += 1,
                Some((kind, text)) => {
                    seen.bad.get_or_insert_with(|| Counter { site: site.clone(), text: text.clone() });
                    self.find(kind, site.clone(), text);
                }
            }
        }
    }

    fn content(&mut self, response: &str, site: &Site, answer: &Seen) -> Result<()> {
        let Some(declared) = self.document.at(response)["content"].as_object() else { return Ok(()) };
        let given = answer.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
        self.evidence.response(response).types.entry(shown(&given)).or_insert_with(|| site.clone());
        if !declared.contains_key(&given) {
            let expected: Vec<&str> = declared.keys().map(String::as_str).collect();
            let text = format!("the media type is {}, not {}", shown(&given), expected.join(" or "));
            self.find(Kind::Violation, site.clone(), text);
        }
        // a body under the wrong name is looked at all the same
        if declared.contains_key("application/json") {
            match serde_json::from_slice::<Value>(&answer.body) {
                Ok(body) => self.json(&join(&join(response, "content"), "application/json"), site, &body)?,
                Err(_) => self.find(Kind::Violation, site.clone(), "the body is not JSON"),
            }
        } else if declared.contains_key("application/pdf") && !answer.body.starts_with(b"%PDF-") {
            self.find(Kind::Violation, site.clone(), "the body is not a PDF");
        }
        Ok(())
    }

    fn json(&mut self, media: &str, site: &Site, body: &Value) -> Result<()> {
        let schema = join(media, "schema");
        let validator = self.document.validator(&schema)?;
        let broken: Vec<walk::Broken> = validator.iter_errors(body).map(|error| walk::Broken::of(&error)).collect();
        for broken in &broken {
            let site = Site { operation: site.operation, path: broken.path.clone() };
            self.find(Kind::Violation, site, broken.text.clone());
        }
        let mut found = Vec::new();
        let mut walk = walk::Walk {
            document: self.document,
            operation: site.operation,
            broken: &broken,
            evidence: &mut self.evidence,
            fields: &mut self.fields,
            found: &mut found,
        };
        walk.value(vec![schema], body, "");
        for (kind, path, text) in found {
            self.find(kind, Site { operation: site.operation, path }, text);
        }
        Ok(())
    }
}

/// A media type, unless it could be anything.
fn shown(media: &str) -> String {
    let fits = media.len() <= LONGEST && media.chars().all(|c| c.is_ascii_alphanumeric() || "/+-.".contains(c));
    match media {
        "" => "not given".to_owned(),
        _ if fits => media.to_owned(),
        _ => "something else".to_owned(),
    }
}

/// A name or value that is not likely to be personal.
pub fn word(text: &str) -> Option<&str> {
    is_word(text).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_personal_is_no_word() {
        for text in ["", "Ada", "Ada Lovelace", "ada@example.com", "+447700900123", "447700900123", "2026-06-05", "é"]
        {
            assert_eq!(word(text), None, "{text}");
        }
        assert_eq!(word("beta_booked"), Some("beta_booked"));
        assert_eq!(word(&"a".repeat(LONGEST + 1)), None);
        assert_eq!(shown("text/html\u{1b}[2J"), "something else");
    }
}
