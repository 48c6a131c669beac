//! Settings: which changes count how much, and which are known.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    level::{Audience, Level},
    read,
    rules::Rule,
};

/// How to judge what is found. The default takes the rules' own levels and ignores nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Levels that differ from the rules' own.
    pub levels: BTreeMap<Rule, Level>,
    /// Changes that are known and wanted.
    pub ignores: Vec<Ignore>,
    /// Names of shared schemas that a client is known to read, though no operation leads to them: what is delivered by
    /// webhooks that the document does not list. Changes of others that nothing leads to are risky at most.
    pub delivered: BTreeSet<String>,
    /// For whom the levels are.
    pub audience: Audience,
}

/// An entry of the ignore list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Ignore {
    /// The change's fingerprint, as reports show it.
    pub fingerprint: String,
    /// Why it need not be reported.
    pub reason: String,
}

impl Options {
    /// Sets levels that differ from the rules' own.
    #[must_use]
    pub fn levels(mut self, levels: BTreeMap<Rule, Level>) -> Self {
        self.levels = levels;
        self
    }

    /// Sets which changes are known and wanted.
    #[must_use]
    pub fn ignores(mut self, ignores: Vec<Ignore>) -> Self {
        self.ignores = ignores;
        self
    }

    /// Sets which shared schemas a client is known to read, though no operation leads to them.
    #[must_use]
    pub fn delivered(mut self, names: BTreeSet<String>) -> Self {
        self.delivered = names;
        self
    }

    /// Sets for whom the levels are. By default, for a client.
    #[must_use]
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audience = audience;
        self
    }
}

impl Ignore {
    /// Makes an entry.
    #[must_use]
    pub fn new(fingerprint: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { fingerprint: fingerprint.into(), reason: reason.into() }
    }
}

/// Reads a severity file: JSON or YAML, an object of rule id to level. `name` is for messages.
///
/// ```
/// let levels = openapi_drift::parse_levels("levels.yaml", "response-value-added: compatible").unwrap();
/// assert_eq!(levels[&openapi_drift::Rule::ResponseValueAdded], openapi_drift::Level::Compatible);
/// ```
///
/// # Errors
///
/// [`Error`] if it cannot be read, or names a rule or a level that does not exist.
pub fn parse_levels(name: &str, text: &str) -> Result<BTreeMap<Rule, Level>, Error> {
    let fail = |reason: String| Error::Settings { name: name.to_owned(), reason };
    let levels: BTreeMap<String, String> = parse(name, text)?;
    let level_names = Level::ALL.map(Level::name);
    levels
        .into_iter()
        .map(|(id, level)| {
            let rule = id.parse::<Rule>().map_err(|_| fail(format!("there is no rule {id:?}{}", hint(&id))))?;
            let names = || format!("rule {id}: {level:?} is no level; one of {} is", level_names.join(", "));
            Ok((rule, level.parse::<Level>().map_err(|_| fail(names()))?))
        })
        .collect()
}

/// Reads an ignore file: JSON or YAML, a list of `fingerprint` and `reason`. `name` is for messages.
///
/// # Errors
///
/// [`Error`] if it cannot be read, or an entry has no fingerprint of 16 hex digits, has no reason, or is listed twice.
pub fn parse_ignores(name: &str, text: &str) -> Result<Vec<Ignore>, Error> {
    let fail = |reason: String| Error::Settings { name: name.to_owned(), reason };
    let ignores: Vec<Ignore> = parse(name, text)?;
    for (index, ignore) in ignores.iter().enumerate() {
        let Ignore { fingerprint, reason } = ignore;
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if fingerprint.len() != 16 || !fingerprint.bytes().all(lower_hex) {
            return Err(fail(format!(
                "entry {}: {fingerprint:?} is no fingerprint; copy the 16 hex digits from a report, in quotes",
                index + 1
            )));
        }
        if reason.trim().is_empty() {
            return Err(fail(format!("entry {}: {fingerprint} has no reason; say why it is ignored", index + 1)));
        }
        if ignores[..index].iter().any(|earlier| earlier.fingerprint == *fingerprint) {
            return Err(fail(format!("entry {}: {fingerprint} is listed twice", index + 1)));
        }
    }
    Ok(ignores)
}

fn parse<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, Error> {
    let value = read::parse(name, text.as_bytes())?;
    serde_json::from_value(value).map_err(|error| Error::Settings { name: name.to_owned(), reason: error.to_string() })
}

/// The rules that share most words with a misspelt id.
fn hint(id: &str) -> String {
    let shared = |rule: &Rule| rule.id().split('-').filter(|word| id.split(['-', '_']).any(|w| w == *word)).count();
    let best = Rule::ALL.iter().max_by_key(|rule| (shared(rule), std::cmp::Reverse(rule.id().len())));
    match best.filter(|rule| shared(rule) > 1) {
        Some(rule) => format!("; did you mean {rule}?"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_in_a_severity_file_are_named() {
        for (text, part) in [
            ("response-feild-removed: risky", "there is no rule \"response-feild-removed\"; did you mean response-"),
            ("frobbed: risky", "there is no rule \"frobbed\""),
            (
                "deprecated: fatal",
                "rule deprecated: \"fatal\" is no level; one of breaking, risky, compatible, cosmetic",
            ),
            ("- deprecated", "levels.yaml"),
            ("a: [", "levels.yaml is not valid YAML"),
        ] {
            let message = parse_levels("levels.yaml", text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn mistakes_in_an_ignore_file_are_named() {
        let entry = |fingerprint: &str| format!("- {{fingerprint: \"{fingerprint}\", reason: known}}\n");
        let good = entry("0123456789abcdef");
        assert_eq!(parse_ignores("i.yaml", &good).unwrap()[0].reason, "known");
        for (text, part) in [
            (entry("0123"), "entry 1: \"0123\" is no fingerprint"),
            (entry("0123456789ABCDEF"), "is no fingerprint"),
            (good.repeat(2), "entry 2: 0123456789abcdef is listed twice"),
            (good.replace("known", "' '"), "has no reason"),
            (good.replace("reason", "why"), "unknown field `why`"),
        ] {
            let message = parse_ignores("i.yaml", &text).unwrap_err().to_string();
            assert!(message.contains("i.yaml") && message.contains(part), "{text}: {message}");
        }
    }
}
