//! The table of rules in the crate's documentation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use openapi_drift::Rule;

/// The table as it should be.
fn table() -> String {
    let mut text = String::from(
        "# Rules\n\nLevels are those of a client that was written for the old document. A severity file can give a rule another one.\n\n| rule | level | when |\n|---|---|---|\n",
    );
    for rule in Rule::ALL {
        writeln!(text, "| `{rule}` | {} | {} |", rule.level(), rule.meaning()).unwrap();
    }
    text
}

#[test]
fn the_table_and_the_rules_are_the_same() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("RULES.md");
    if std::env::var_os("UPDATE_RULES").is_some() {
        std::fs::write(&path, table()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written, table(), "run this test with UPDATE_RULES=1 to write the table anew");
}

#[test]
fn ids_are_unique_and_lead_back() {
    let ids: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        assert_eq!(Rule::from_id(rule.id()), Some(*rule));
    }
}

#[test]
fn mirrors_know_each_other() {
    for rule in Rule::ALL {
        assert!(!rule.mirrors().is_empty(), "{rule}");
        for mirror in rule.mirrors() {
            assert!(mirror.mirrors().contains(rule), "{mirror} does not lead back to {rule}");
        }
    }
}
