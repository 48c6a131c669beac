//! Which parts of the document describe what.

use std::collections::BTreeSet;

use hb_bls::raw::Operation;
use serde::Serialize;
use serde_json::Value;

use super::document::{Document, join};

/// What a part of the document is about, if reading does not show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Answers of operations that are not called.
    OtherAnswers,
    /// What a client sends.
    Requests,
    /// What the portal sends, or what nothing in the document refers to: the data of events.
    Deliveries,
}

/// Everything that describes the answers of the called operations, and of the rest.
pub struct Reach {
    read: BTreeSet<String>,
    answers: BTreeSet<String>,
    requests: BTreeSet<String>,
}

impl Reach {
    pub fn new(document: &Document, called: &[Operation]) -> Self {
        let mut reach = Self { read: BTreeSet::new(), answers: BTreeSet::new(), requests: BTreeSet::new() };
        for operation in Operation::ALL {
            let at = Document::operation(operation);
            let answers = if called.contains(&operation) { &mut reach.read } else { &mut reach.answers };
            collect(document, join(&at, "responses"), answers);
            for part in ["parameters", "requestBody"] {
                collect(document, join(&at, part), &mut reach.requests);
            }
        }
        reach
    }

    /// What keeps a place from being judged by reading; nothing if it can be.
    pub fn hidden(&self, pointer: &str) -> Option<About> {
        if self.read.contains(pointer) {
            None
        } else if self.answers.contains(pointer) {
            Some(About::OtherAnswers)
        } else if self.requests.contains(pointer) {
            Some(About::Requests)
        } else {
            Some(About::Deliveries)
        }
    }
}

/// A place, all beneath it, and all that it refers to.
fn collect(document: &Document, from: String, into: &mut BTreeSet<String>) {
    let mut waiting = vec![from];
    while let Some(pointer) = waiting.pop() {
        if !into.insert(pointer.clone()) {
            continue;
        }
        waiting.extend(document.reference(&pointer).map(str::to_owned));
        match document.at(&pointer) {
            Value::Object(members) => waiting.extend(members.keys().map(|key| join(&pointer, key))),
            Value::Array(entries) => waiting.extend((0..entries.len()).map(|index| format!("{pointer}/{index}"))),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reading_shows_is_told_from_what_it_does_not() {
        let document = Document::load().unwrap();
        let reach = Reach::new(&document, &super::super::calls::operations(&document));
        for (pointer, hidden) in [
            ("/components/schemas/Course/properties/price", None),
            ("/components/schemas/ValidationError", None),
            ("/components/schemas/TokenPair", Some(About::OtherAnswers)),
            ("/components/schemas/BookingRequest", Some(About::Requests)),
            ("/paths/~1bookings/get/parameters", Some(About::Requests)),
            ("/components/schemas/WebhookTestData", Some(About::Deliveries)),
        ] {
            assert_eq!(reach.hidden(pointer), hidden, "{pointer}");
        }
    }
}
