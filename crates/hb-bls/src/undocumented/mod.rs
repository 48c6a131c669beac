//! Counts what responses contain that the API's document does not describe.

pub(crate) mod compare;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use serde_json::Value;

use self::compare::Visitor;
use crate::Response;

/// How many different findings are kept, so that a portal that invents names does not fill the memory.
const MOST: usize = 1000;
/// The longest response that is compared, about ten times the longest page. As a tree it takes a hundred times its
/// length.
const MAX_LENGTH: usize = 1024 * 1024;

/// Something in the portal's responses that the API's document does not describe. From
/// [`Client::undocumented`](crate::Client::undocumented).
///
/// It shows that the API has changed. Look for a newer version of this crate, or report it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undocumented {
    /// The `operationId` of the request.
    pub operation: &'static str,
    /// The place in the response, such as `data[].candidate.nickname`.
    pub path: String,
    /// What kind of finding it is.
    pub kind: UndocumentedKind,
    /// How often it occurred.
    pub count: u64,
}

/// What is undocumented.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum UndocumentedKind {
    /// An unknown field.
    Field,
    /// An unknown value of an enum. The value is included if it is a word as programs use them, such as `in_review`.
    /// Other values may be personal, and so may any value of a field that names a person, such as `booked_by`.
    Value(Option<String>),
}

impl fmt::Display for Undocumented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, path, kind, count } = self;
        match kind {
            UndocumentedKind::Field => write!(f, "{operation}: unknown field `{path}` ({count} times)"),
            UndocumentedKind::Value(Some(value)) => {
                write!(f, "{operation}: unknown value `{value}` at `{path}` ({count} times)")
            }
            UndocumentedKind::Value(None) => write!(f, "{operation}: unknown value at `{path}` ({count} times)"),
        }
    }
}

/// Compares responses with the document, and counts what it does not describe.
#[derive(Default)]
pub(crate) struct Findings {
    counts: Mutex<BTreeMap<Finding, u64>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    operation: &'static str,
    path: String,
    kind: UndocumentedKind,
}

impl Findings {
    pub(crate) fn look(&self, response: &Response) {
        let is_success = (200..300).contains(&response.status());
        if !is_success || response.body.len() > MAX_LENGTH || response.operation.accept() != Some("application/json") {
            return;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&response.body) else { return };
        let operation = response.operation.id();
        compare::response(document(), response.operation, &body, &mut Counting { findings: self, operation });
    }

    fn count(&self, met: Finding) {
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&met) {
            *count += 1;
        } else if all.len() < MOST {
            let value = match &met.kind {
                UndocumentedKind::Field => None,
                UndocumentedKind::Value(value) => Some(value.as_deref().unwrap_or("(not shown)")),
            };
            tracing::info!(target: "hb_bls::undocumented", operation = met.operation, path = met.path, value, "not in the document");
            all.insert(met, 1);
        }
    }

    pub(crate) fn report(&self) -> Vec<Undocumented> {
        let all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let found = |(met, count): (&Finding, &u64)| {
            let Finding { operation, path, kind } = met.clone();
            Undocumented { operation, path, kind, count: *count }
        };
        all.iter().map(found).collect()
    }
}

/// Counts what one response contains that the document does not describe.
struct Counting<'f> {
    findings: &'f Findings,
    operation: &'static str,
}

impl Visitor<'_> for Counting<'_> {
    fn unknown(&mut self, path: &str, kind: UndocumentedKind) {
        self.findings.count(Finding { operation: self.operation, path: path.to_owned(), kind });
    }
}

/// The document from which the bindings were generated.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(hb_bls_gen::DOCUMENT).unwrap_or_default())
}
