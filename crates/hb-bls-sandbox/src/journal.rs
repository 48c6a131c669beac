//! The list of requests that the API received.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::format;

/// Older entries are dropped, so that a long run does not fill the memory.
const KEPT: usize = 10_000;

/// One request to the API. Headers and bodies are not kept: they hold secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, as it came.
    pub query: Option<String>,
    /// The operation, unless the path is none of the API's.
    pub operation_id: Option<&'static str>,
    /// The answer's status; none while it is under way, or when a fault dropped the connection.
    pub status: Option<u16>,
    /// When it came in.
    pub at: Timestamp,
}

impl RequestRecord {
    pub(crate) fn json(&self) -> Value {
        json!({
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "operationId": self.operation_id,
            "status": self.status,
            "at": format::utc(self.at),
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    list: VecDeque<RequestRecord>,
    /// The number of the first entry still in the list.
    first: u64,
}

impl Journal {
    /// Notes a request; the number is for its answer.
    pub(crate) fn note(&self, record: RequestRecord) -> u64 {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.list.len() == KEPT {
            entries.list.pop_front();
            entries.first += 1;
        }
        entries.list.push_back(record);
        entries.first + entries.list.len() as u64 - 1
    }

    /// Notes how a request was answered.
    pub(crate) fn answered(&self, number: u64, status: u16) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let index = number.checked_sub(entries.first).and_then(|at| usize::try_from(at).ok());
        if let Some(record) = index.and_then(|at| entries.list.get_mut(at)) {
            record.status = Some(status);
        }
    }

    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.list.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.first += entries.list.len() as u64;
        entries.list.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(path: &str) -> RequestRecord {
        RequestRecord {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: None,
            operation_id: None,
            status: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_answer_finds_its_request_even_after_older_ones_were_dropped() {
        let journal = Journal::default();
        let first = journal.note(record("/first"));
        for _ in 1..KEPT {
            journal.note(record("/more"));
        }
        let last = journal.note(record("/last"));
        journal.answered(last, 200);
        journal.answered(first, 500);
        let all = journal.all();
        assert_eq!(all.len(), KEPT);
        assert_eq!(all.last().unwrap().status, Some(200));
        assert!(all.iter().all(|entry| entry.status != Some(500)));
    }
}
