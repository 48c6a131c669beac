//! Small pairs of documents, each with the levels that its worst change may have.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{collections::BTreeMap, fmt::Write as _};

use openapi_drift::{Level, Rule, parse};
use serde_json::Value;

/// What a comparison made of a pair, held against what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Right,
    TooLow,
    TooHigh,
    Unexplained,
}

/// How bad: 0 for no change at all, up to 4 for one that breaks clients.
fn rank(level: Option<Level>) -> usize {
    level.map_or(0, |level| 4 - Level::ALL.iter().position(|known| *known == level).unwrap())
}

fn named(name: &Value) -> usize {
    ["none", "cosmetic", "compatible", "risky", "breaking"].iter().position(|known| name == known).unwrap()
}

fn judged(pair: &Value, documents: &Value) -> (Verdict, String) {
    let document = |key: &str| &documents[pair[key].as_str().unwrap()];
    let report = common::diff(document("old"), document("new"));
    let seen = rank(report.worst());
    let (least, most) = (named(&pair["least"]), named(&pair["most"]));
    let verdict = match () {
        () if report.changes.iter().any(|change| change.rule == Rule::Unexplained) && seen == 3 => Verdict::Unexplained,
        () if seen > most => Verdict::TooHigh,
        () if seen < least => Verdict::TooLow,
        () => Verdict::Right,
    };
    let told: Vec<String> = report.changes.iter().map(|change| format!("{} {}", change.level, change.rule)).collect();
    (verdict, format!("{}: {}..{}, seen {told:?}", pair["id"], pair["least"], pair["most"]))
}

#[test]
fn pairs_are_judged_as_they_should() {
    let fixture = parse("pairs.json", include_bytes!("fixtures/pairs.json")).unwrap();
    let pairs = fixture["pairs"].as_array().unwrap();
    let (mut counts, mut wrong) = (BTreeMap::<Verdict, usize>::new(), String::new());
    for pair in pairs {
        // what vendors write in words of their own is unexplained, and should be
        let is_own = pair["id"].as_str().unwrap().starts_with("api/vendor-");
        let (mut verdict, told) = judged(pair, &fixture["documents"]);
        if is_own && verdict == Verdict::Unexplained {
            verdict = Verdict::Right;
        }
        *counts.entry(verdict).or_default() += 1;
        if verdict != Verdict::Right {
            writeln!(wrong, "{verdict:?} {told}").unwrap();
        }
    }
    let count = |verdict: Verdict| counts.get(&verdict).copied().unwrap_or(0);
    let said = format!("{counts:?} of {}\n{wrong}", pairs.len());
    assert_eq!(count(Verdict::TooLow), 0, "{said}");
    assert_eq!(count(Verdict::Unexplained), 0, "{said}");
    assert!(count(Verdict::Right) * 100 >= pairs.len() * 97, "{said}");
    assert!(count(Verdict::TooHigh) * 100 <= pairs.len() * 2, "{said}");
}
