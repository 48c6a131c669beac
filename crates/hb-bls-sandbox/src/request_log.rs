//! The list of requests that the API received.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::format;

/// Older entries are dropped, so that a long run does not fill the memory.
const KEPT: usize = 10_000;

/// One request to the API. Headers are not kept, since they hold secrets, and bodies only if that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// The number of the request, counted from 1.
    pub number: u64,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, as it was received.
    pub query: Option<String>,
    /// The operation, unless the path does not belong to the API.
    pub operation_id: Option<&'static str>,
    /// The response's status; none while it is under way, when its caller hung up, or when a fault dropped the connection.
    pub status: Option<u16>,
    /// When it arrived.
    pub at: Timestamp,
    /// Whose token or key it carried: accounts are numbered in the order in which they were opened, from 1.
    pub account: Option<i64>,
    /// What was left of the quota after it.
    pub remaining: Option<i64>,
    /// Why it was refused, or that its caller hung up.
    pub message: Option<String>,
    /// The kind of the injected fault that affected it.
    pub fault: Option<&'static str>,
    /// Its body, if bodies are kept and this one contains no secrets.
    pub body: Option<String>,
    pub(crate) booking: Option<i64>,
}

/// What is found out about a request while it is handled. Zero means nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestNotes(Arc<Found>);

#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) account: AtomicI64,
    pub(crate) booking: AtomicI64,
    pub(crate) body: OnceLock<String>,
}

impl std::ops::Deref for RequestNotes {
    type Target = Found;

    fn deref(&self) -> &Found {
        &self.0
    }
}

/// How a request was answered.
#[derive(Debug, Default)]
pub(crate) struct RequestOutcome {
    /// None if the connection was reset instead.
    pub(crate) status: Option<u16>,
    pub(crate) remaining: Option<i64>,
    pub(crate) message: Option<String>,
    pub(crate) fault: Option<&'static str>,
}

impl RequestRecord {
    pub(crate) fn json(&self) -> Value {
        json!({
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "operationId": self.operation_id,
            "status": self.status,
            "at": format::utc(self.at),
            "account": self.account,
            "remaining": self.remaining,
            "message": self.message,
            "fault": self.fault,
            "body": self.body,
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    list: VecDeque<RequestRecord>,
    /// How many requests there were before the first entry still in the list.
    first: u64,
}

impl Entries {
    fn index(&self, number: u64) -> Option<usize> {
        number.checked_sub(self.first + 1).and_then(|at| usize::try_from(at).ok())
    }
}

impl RequestLog {
    /// Notes a request; the number is for its response.
    pub(crate) fn note(&self, record: RequestRecord) -> u64 {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.list.len() == KEPT {
            entries.list.pop_front();
            entries.first += 1;
        }
        let number = entries.first + entries.list.len() as u64 + 1;
        entries.list.push_back(RequestRecord { number, ..record });
        number
    }

    /// Notes how a request was answered.
    pub(crate) fn answered(&self, number: u64, notes: &RequestNotes, outcome: RequestOutcome) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(record) = entries.index(number).and_then(|at| entries.list.get_mut(at)) {
            let found = |id: &AtomicI64| Some(id.load(Ordering::Relaxed)).filter(|id| *id != 0);
            record.account = found(&notes.account);
            record.booking = found(&notes.booking);
            record.body = notes.body.get().cloned();
            let RequestOutcome { status, remaining, message, fault } = outcome;
            (record.status, record.remaining, record.message, record.fault) = (status, remaining, message, fault);
        }
    }

    /// Those that came after the one of this number, oldest first.
    pub(crate) fn after(&self, number: u64) -> Vec<RequestRecord> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = usize::try_from(number.saturating_sub(entries.first)).unwrap_or(usize::MAX);
        entries.list.iter().skip(known).cloned().collect()
    }

    /// The newest requests that fit, newest first, and whether there are more.
    pub(crate) fn newest(&self, most: usize, fits: impl Fn(&RequestRecord) -> bool) -> (Vec<RequestRecord>, bool) {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fitting = entries.list.iter().rev().filter(|record| fits(record));
        let newest = fitting.by_ref().take(most).cloned().collect();
        (newest, fitting.next().is_some())
    }

    pub(crate) fn find(&self, number: u64) -> Option<RequestRecord> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.index(number).and_then(|at| entries.list.get(at).cloned())
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
        RequestRecord { path: path.to_owned(), ..RequestRecord::default() }
    }

    #[test]
    fn an_answer_finds_its_request_even_after_older_ones_were_dropped() {
        let request_log = RequestLog::default();
        let first = request_log.note(record("/first"));
        for _ in 1..KEPT {
            request_log.note(record("/more"));
        }
        let last = request_log.note(record("/last"));
        let end = |number, status| {
            request_log.answered(
                number,
                &RequestNotes::default(),
                RequestOutcome { status: Some(status), ..RequestOutcome::default() },
            );
        };
        end(last, 200);
        end(first, 500);
        let all = request_log.after(0);
        assert_eq!(all.len(), KEPT);
        assert_eq!(all.last().unwrap().status, Some(200));
        assert_eq!(request_log.find(last).as_ref(), all.last());
        assert_eq!(request_log.find(first), None);
        assert_eq!(request_log.after(last - 1), all[KEPT - 1..]);
        assert_eq!(request_log.after(last), []);
        request_log.clear();
        assert_eq!(request_log.after(0), []);
        assert_eq!(request_log.note(record("/next")), last + 1);
        assert_eq!(
            (request_log.after(0).len(), request_log.after(last).len(), request_log.after(last + 1).len()),
            (1, 1, 0)
        );
        assert!(all.iter().all(|entry| entry.status != Some(500)));
    }
}
