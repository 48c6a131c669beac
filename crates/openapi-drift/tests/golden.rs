//! One case for each rule: what a small edit is reported as.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{cases, documents};
use openapi_drift::Rule;

#[test]
fn every_rule_is_reported_as_it_should() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (theme, cases) in cases() {
        let mut text = String::new();
        for case in &cases {
            let changes = case.report().changes;
            let found = changes.iter().any(|change| change.rule.id() == case.rule);
            assert!(found, "{} is not among {changes:#?}", case.rule);
            text += &format!("# {}{}\n", case.rule, if case.reverse { ", backwards" } else { "" });
            case.patch.as_array().unwrap().iter().for_each(|step| text += &format!("{step}\n"));
            changes.iter().for_each(|change| text += &common::told(change));
            text.push('\n');
        }
        settings.bind(|| insta::assert_snapshot!(theme, text));
    }
}

#[test]
fn every_rule_has_a_case() {
    let known: Vec<String> = cases().into_values().flatten().map(|case| case.rule).collect();
    let missing: Vec<&str> =
        Rule::ALL.iter().map(|rule| rule.id()).filter(|id| !known.iter().any(|k| k == id)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    let unknown: Vec<&String> = known.iter().filter(|id| id.parse::<Rule>().is_err()).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

#[test]
fn every_case_has_its_mirror() {
    for case in cases().into_values().flatten() {
        let (old, new) = documents(&case);
        common::assert_mirrored(&old, &new);
    }
}
