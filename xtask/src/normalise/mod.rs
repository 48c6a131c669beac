//! Mends what the generator would refuse, or take and get wrong.
//!
//! Each step is a small function on the document with its own tests, and says what it dropped or rewrote.

mod hoist;
pub mod responses;
mod shared;
mod tolerant;
mod type_references;

use std::fmt;

use serde_json::Value;

pub use hoist::is_type;
pub use responses::ERROR_BODIES;

use crate::lint::Problem;

/// Something that a step dropped or rewrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The step's name.
    pub step: &'static str,
    /// The operation or schema.
    pub place: String,
    /// What was done.
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What the steps report.
#[derive(Debug, Default)]
pub struct Log {
    step: &'static str,
    /// What was dropped or rewritten, sorted by step as they run, then by place.
    pub notes: Vec<Note>,
    /// What no step can fix.
    pub problems: Vec<Problem>,
}

impl Log {
    fn note(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.notes.push(Note { step: self.step, place: place.into(), what: what.into() });
    }
}

type Step = fn(&mut Value, &mut Log);

/// The steps, in the order in which they run.
pub const STEPS: [(&str, Step); 8] = [
    ("ascii-version", shared::ascii_version),
    ("inline-shared", shared::inline_shared),
    ("drop-callbacks", shared::drop_callbacks),
    ("tolerant", tolerant::relax),
    ("null-is-absent", tolerant::accept_null),
    ("hoist", hoist::hoist_inline_schemas),
    ("one-success", responses::keep_one_success),
    ("named-types", type_references::name_formats),
];

/// Runs every step.
pub fn run(mut document: Value) -> (Value, Log) {
    let mut log = Log::default();
    for (name, step) in STEPS {
        log.step = name;
        let first = log.notes.len();
        step(&mut document, &mut log);
        log.notes[first..].sort();
    }
    (document, log)
}

#[cfg(test)]
fn run_step(step: Step, document: Value) -> (Value, Vec<String>) {
    let (mut document, mut log) = (document, Log::default());
    step(&mut document, &mut log);
    log.notes.sort();
    (document, log.notes.iter().map(ToString::to_string).collect())
}
