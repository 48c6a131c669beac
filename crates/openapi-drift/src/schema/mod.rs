//! Schemas.

mod discriminator;
mod fields;
mod keywords;
mod kinds;
mod limits;
mod merge;
mod values;
mod variants;
mod view;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    rules::Rule,
    walk::{BothSides, Position, Walk},
};
use merge::absorb;
use view::{MergeOptions, View};

/// Two schemas and where they are.
struct Pair<'a> {
    old: View<'a>,
    new: View<'a>,
    spot: BothSides<'a>,
}

impl<'a> Pair<'a> {
    fn member(&self, key: &str) -> BothSides<'a> {
        (self.old.members.get(key).copied(), self.new.members.get(key).copied())
    }
}

/// Compares two schemas, and queues those they are made of.
pub fn compare<'a>(walk: &mut Walk<'a>, old: &'a Value, new: &'a Value, at: &Position) {
    if walk.is_unchanged(old, new) || follow(walk, old, new, at) {
        return;
    }
    let mut pair = views(walk, old, new);
    for schema in pair.old.merged.iter().chain(&pair.new.merged) {
        walk.note_merged(schema, at.mode);
    }
    if pair.old.malformed.is_some() || pair.new.malformed.is_some() {
        return walk.plain(at, Rule::Unexplained, pair.spot);
    }
    if is_composed(&pair.old) || is_composed(&pair.new) {
        walk.note_composed(at);
    }
    kinds::compare(walk, at, &pair);
    variants::compare(walk, at, &mut pair);
    kinds::formats(walk, at, &pair);
    values::compare(walk, at, &pair);
    limits::compare(walk, at, &pair);
    fields::compare(walk, at, &pair);
    variants::parts(walk, at, &pair);
    keywords::compare(walk, at, &pair);
    lost(walk, at, &pair);
}

/// Whether the meaning depends on how several keywords act together.
fn is_composed(view: &View<'_>) -> bool {
    const CONDITIONS: [&str; 4] = ["not", "if", "contains", "dependentSchemas"];
    !(view.choices.is_empty() && view.parts.is_empty()) || CONDITIONS.iter().any(|key| view.members.contains_key(key))
}

/// What the schemas mean, divided into the same number of parts where possible.
fn views<'a>(walk: &mut Walk<'a>, old: &'a Value, new: &'a Value) -> Pair<'a> {
    let mut seen = |keep: MergeOptions| Pair {
        old: view::view(&mut walk.old, old, keep),
        new: view::view(&mut walk.new, new, keep),
        spot: (Some(old), Some(new)),
    };
    let merged = seen(MergeOptions::default());
    let choices = merged.old.choices.len() != merged.new.choices.len();
    if merged.old.parts.len() != merged.new.parts.len() {
        let apart = seen(MergeOptions { choices, parts: true });
        if apart.old.parts.len() == apart.new.parts.len() {
            return apart;
        }
    }
    if choices { seen(MergeOptions { choices, parts: false }) } else { merged }
}

/// What merged schemas say about themselves or repeat, in no order.
fn lost<'a>(walk: &mut Walk<'a>, at: &Position, pair: &Pair<'a>) {
    let keys: BTreeSet<&str> = pair.old.lost.keys().chain(pair.new.lost.keys()).copied().collect();
    for key in keys {
        let list = |view: &View<'a>| view.lost.get(key).cloned().unwrap_or_default();
        let (mut old, mut new) = (list(&pair.old), list(&pair.new));
        let at = at.below(&format!(" {key} of a part"));
        old.retain(|before| {
            let found = new.iter().position(|after| before == after);
            found.map(|index| walk.plain(&at, prose_rule(key), (Some(before), Some(new.remove(index))))).is_none()
        });
        for index in 0..old.len().max(new.len()) {
            walk.plain(&at, prose_rule(key), (old.get(index).copied(), new.get(index).copied()));
        }
    }
}

fn prose_rule(key: &str) -> Rule {
    match key {
        "title" | "description" => Rule::DescriptionChanged,
        "externalDocs" => Rule::ExternalDocsChanged,
        "example" | "examples" => Rule::ExampleChanged,
        _ => Rule::RepetitionChanged,
    }
}

/// If one of them only refers to a schema, that one is compared instead.
fn follow<'a>(walk: &mut Walk<'a>, old: &'a Value, new: &'a Value, at: &Position) -> bool {
    let (before, after) = (walk.old.resolve_bare(old), walk.new.resolve_bare(new));
    if std::ptr::eq(before.value, old) && std::ptr::eq(after.value, new) {
        return false;
    }
    if let (Some(was), Some(is)) = (before.name, after.name) {
        walk.renamed(at, (was, before.value), (is, after.value));
    }
    let name = after.name.or(before.name).map_or_else(|| at.name.clone(), str::to_owned);
    walk.queue(before.value, after.value, &Position { name, ..at.clone() });
    true
}
