//! Evidence from responses about the parts of the document. A part is identified by its address in memory.

use std::collections::{BTreeMap, BTreeSet};

use hb_bls::raw::Operation;
use serde::Serialize;
use serde_json::Value;

/// Where something was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ResponsePath {
    /// The `operationId`.
    pub operation: &'static str,
    /// Where in the response, as `data[].price`; `.` is the response itself.
    pub path: String,
}

impl ResponsePath {
    pub fn new(operation: Operation, path: &str) -> Self {
        Self { operation: operation.id(), path: if path.is_empty() { "." } else { path }.to_owned() }
    }

    /// A field of it.
    pub fn step(self, name: &str) -> Self {
        let path = if self.path == "." { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, ..self }
    }

    /// The entries of a list.
    pub fn entry(self) -> Self {
        Self { path: format!("{}[]", self.path.trim_matches('.')), ..self }
    }

    /// Whether it is a part of what is at this path.
    pub fn is_beneath(&self, path: &str) -> bool {
        path == "." || self.path.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']))
    }
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counter {
    #[serde(flatten)]
    pub place: ResponsePath,
    /// Without any value.
    pub text: String,
}

/// A part of the document.
type Part = *const Value;

/// What responses have shown.
#[derive(Default)]
pub struct Evidence {
    met: BTreeSet<Part>,
    contradicted: BTreeMap<Part, Counter>,
    /// Fields that schemas do not have, by name.
    extra: BTreeMap<(Part, String), Counter>,
}

impl Evidence {
    /// Something is there, and as this part says.
    pub fn met(&mut self, part: &Value) {
        self.met.insert(part);
    }

    /// Something is there, and not as this part says. The first such place is kept.
    pub fn contradicted(&mut self, part: &Value, place: &ResponsePath, text: &str) {
        let counter = || Counter { place: place.clone(), text: text.to_owned() };
        self.contradicted.entry(part).or_insert_with(counter);
    }

    /// Nothing is where this part says, which counts unless it was met elsewhere.
    pub fn never(&mut self, part: &Value, place: &ResponsePath, text: &str) {
        if !self.met.contains(&std::ptr::from_ref(part)) {
            self.contradicted(part, place, text);
        }
    }

    /// An object has a field that this schema of it does not have.
    pub fn extra(&mut self, schema: &Value, name: &str, place: ResponsePath) {
        let counter = || Counter { place, text: "it is there".to_owned() };
        self.extra.entry((schema, name.to_owned())).or_insert_with(counter);
    }

    /// Whether something was met of a part, and what speaks against it.
    pub fn of(&self, part: &Value) -> (bool, Option<&Counter>) {
        let part = std::ptr::from_ref(part);
        (self.met.contains(&part), self.contradicted.get(&part))
    }

    /// Whether an object of a schema was met, and where one had the field.
    pub fn of_extra(&self, schema: &Value, name: &str) -> (bool, Option<&Counter>) {
        let part = std::ptr::from_ref(schema);
        (self.met.contains(&part), self.extra.get(&(part, name.to_owned())))
    }
}
