//! What normalising drops from the document or rewrites, one snapshot per step.

use std::collections::BTreeMap;

use xtask::normalise;

use crate::common;

#[test]
fn normalising_does_what_was_reviewed() {
    let (_, log) = normalise::run(common::effective_document());
    assert_eq!(log.problems, []);
    let mut steps: BTreeMap<String, String> =
        normalise::STEPS.iter().map(|(step, _)| ((*step).to_owned(), String::new())).collect();
    for note in log.notes {
        *steps.get_mut(note.step).unwrap() += &format!("{note}\n");
    }
    for text in steps.values_mut().filter(|text| text.is_empty()) {
        *text = "nothing\n".to_owned();
    }
    common::assert_snapshots("normalising", &steps);
}
