//! The table of rules in the crate's documentation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use openapi_drift::{Change, Rule};
use serde_json::Value;

/// Longer values are cut.
const MOST_LINES: usize = 12;

/// The page as it should be.
fn page() -> String {
    let mut text = String::from(
        "# Rules\n\nLevels are those of a client that was written for the old document. A severity file can give a rule another one. A change counts less where more is known: what is proved of schemas as a whole to refuse nothing that was sent, or to return nothing that could not be returned before, is compatible; and in a shared schema that no operation leads to, nothing is more than risky.\n\n| rule | level | when |\n|---|---|---|\n",
    );
    for rule in Rule::ALL {
        writeln!(text, "| `{rule}` | {} | {} |", rule.level(), rule.meaning()).unwrap();
    }
    text += "\n# Examples\n\nOne of each rule, from the tests: what was there, and what is.\n";
    let cases: Vec<common::Case> = common::cases().into_values().flatten().collect();
    for rule in Rule::ALL {
        let of_rule = cases
            .iter()
            .filter(|case| case.rule == rule.id())
            .filter_map(|case| case.report().changes.into_iter().find(|change| change.rule == *rule));
        let example = of_rule.min_by_key(|change| change.level != rule.level()).unwrap();
        writeln!(text, "\n## {rule}\n\n{}.\n", escaped(&example.sentence)).unwrap();
        text += &diff(&example);
    }
    text
}

/// The text of a sentence, with what documents quote in it taken as text.
fn escaped(text: &str) -> String {
    let word = |word: &str| match word.contains("://") {
        true => format!("`{word}`"),
        false => word.replace('<', "&lt;").replace('[', "\\[").replace('_', "\\_").replace('*', "\\*"),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn diff(change: &Change) -> String {
    let mut text = format!("```diff\n  {}\n", change.pointer);
    for (mark, value) in [('-', &change.old), ('+', &change.new)] {
        let told = value.as_ref().map(|value: &Value| serde_json::to_string_pretty(value).unwrap());
        let lines = told.as_deref().unwrap_or("nothing").lines();
        lines.clone().take(MOST_LINES).for_each(|line| writeln!(text, "{mark} {line}").unwrap());
        if lines.count() > MOST_LINES {
            writeln!(text, "{mark} …").unwrap();
        }
    }
    text + "```\n"
}

#[test]
fn the_table_and_the_rules_are_the_same() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("RULES.md");
    if std::env::var_os("UPDATE_RULES").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written, page(), "run this test with UPDATE_RULES=1 to write the page anew");
}

#[test]
fn ids_are_unique_and_lead_back() {
    let ids: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        assert_eq!(rule.id().parse(), Ok(*rule));
    }
}

#[test]
fn mirrors_know_each_other() {
    for rule in Rule::ALL {
        // what values prove stands in for others
        let is_proved = (Rule::RequestValuesRefused..=Rule::ResponseValuesRefused).contains(rule);
        assert_eq!(rule.mirrors().is_empty(), is_proved, "{rule}");
        for mirror in rule.mirrors() {
            assert!(mirror.mirrors().contains(rule), "{mirror} does not lead back to {rule}");
        }
    }
}
