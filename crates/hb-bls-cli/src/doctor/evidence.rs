//! What the answers have shown, by the places of the document that describe it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Where something was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Site {
    /// The `operationId`.
    pub operation: &'static str,
    /// Where in the answer, as `data[].price`; `.` is the answer itself.
    pub path: String,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counter {
    #[serde(flatten)]
    pub site: Site,
    /// Without any value.
    pub text: String,
}

/// What was seen of a schema.
#[derive(Debug, Default)]
pub struct Node {
    /// How many values there were that are not null.
    pub met: u64,
    /// How many were null.
    pub nulls: u64,
    /// How many were objects.
    pub objects: u64,
    /// A value that is not an object where the schema has properties.
    pub no_object: Option<Counter>,
    /// A value that breaks the schema itself, not only in a member.
    pub broken: Option<Counter>,
    /// A value that breaks the schema anywhere, or of which the schema knows nothing.
    pub unfit: Option<Counter>,
    /// The schema's properties.
    pub members: BTreeMap<String, Member>,
    /// Members that no schema of the value knows.
    pub extra: BTreeMap<String, Site>,
    /// The words of an open set that were met.
    pub words: BTreeSet<String>,
    /// A word that is not in the set.
    pub unknown_word: Option<Site>,
}

/// What was seen of a property.
#[derive(Debug, Default)]
pub struct Member {
    pub present: u64,
    /// Where the first object was that does not have it.
    pub absent: Option<Site>,
}

/// What was seen of an answer as the document declares it.
#[derive(Debug, Default)]
pub struct Response {
    /// The statuses it came with.
    pub statuses: BTreeMap<u16, Site>,
    /// The media types it came with.
    pub types: BTreeMap<String, Site>,
    /// Its headers.
    pub headers: BTreeMap<String, Header>,
}

/// What was seen of a header.
#[derive(Debug, Default)]
pub struct Header {
    pub good: u64,
    pub bad: Option<Counter>,
}

/// All of it, by JSON pointer.
#[derive(Debug, Default)]
pub struct Evidence {
    pub nodes: BTreeMap<String, Node>,
    pub responses: BTreeMap<String, Response>,
}

impl Evidence {
    /// What was seen of a schema.
    pub fn node(&mut self, pointer: &str) -> &mut Node {
        self.nodes.entry(pointer.to_owned()).or_default()
    }

    /// What was seen of an answer.
    pub fn response(&mut self, pointer: &str) -> &mut Response {
        self.responses.entry(pointer.to_owned()).or_default()
    }
}
