//! What answers hold that the API's document does not know.

pub(crate) mod compare;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use serde_json::Value;

use self::compare::Visitor;
use crate::Response;

/// So many different findings are kept: a portal that makes up names must not fill the memory.
const MOST: usize = 1000;
/// The longest answer that is looked at, some ten times the longest page: as a tree it takes a hundred times its length.
const LONGEST: usize = 1024 * 1024;

/// Something in the portal's answers that the API's document does not know. From
/// [`Client::drift`](crate::Client::drift).
///
/// It is a sign that the API has changed: look for a newer version of this crate, or report it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// The `operationId`.
    pub operation: &'static str,
    /// Where in the answer, as `data[].candidate.nickname`.
    pub path: String,
    /// What it is.
    pub kind: DriftKind,
    /// How often it was met.
    pub count: u64,
}

/// What is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DriftKind {
    /// A field.
    Field,
    /// A value of a set. It is told if it is a word as programs use them, as `in_review`: anything else may be personal,
    /// and so may any value of a field that tells by whom, as `booked_by`.
    Value(Option<String>),
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, path, kind, count } = self;
        match kind {
            DriftKind::Field => write!(f, "{operation}: unknown field `{path}` ({count} times)"),
            DriftKind::Value(Some(value)) => {
                write!(f, "{operation}: unknown value `{value}` at `{path}` ({count} times)")
            }
            DriftKind::Value(None) => write!(f, "{operation}: unknown value at `{path}` ({count} times)"),
        }
    }
}

/// Compares answers with the document, and counts what it does not know.
#[derive(Default)]
pub(crate) struct Watch {
    met: Mutex<BTreeMap<Met, u64>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Met {
    operation: &'static str,
    path: String,
    kind: DriftKind,
}

impl Watch {
    pub(crate) fn look(&self, answer: &Response) {
        let is_success = (200..300).contains(&answer.status());
        if !is_success || answer.body.len() > LONGEST || answer.operation.accept() != Some("application/json") {
            return;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return };
        let operation = answer.operation.id();
        compare::answer(document(), answer.operation, &body, &mut Counting { watch: self, operation });
    }

    fn count(&self, met: Met) {
        let mut all = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&met) {
            *count += 1;
        } else if all.len() < MOST {
            let value = match &met.kind {
                DriftKind::Field => None,
                DriftKind::Value(value) => Some(value.as_deref().unwrap_or("(not shown)")),
            };
            tracing::info!(target: "hb_bls::drift", operation = met.operation, path = met.path, value, "not in the document");
            all.insert(met, 1);
        }
    }

    pub(crate) fn report(&self) -> Vec<Drift> {
        let all = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let drift = |(met, count): (&Met, &u64)| {
            let Met { operation, path, kind } = met.clone();
            Drift { operation, path, kind, count: *count }
        };
        all.iter().map(drift).collect()
    }
}

/// Counts what one answer has that the document does not know.
struct Counting<'w> {
    watch: &'w Watch,
    operation: &'static str,
}

impl Visitor<'_> for Counting<'_> {
    fn unknown(&mut self, path: &str, kind: DriftKind) {
        self.watch.count(Met { operation: self.operation, path: path.to_owned(), kind });
    }
}

/// The document that the bindings were generated from.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(hb_bls_gen::DOCUMENT).unwrap_or_default())
}
