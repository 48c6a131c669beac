//! Faults that a test requests, to see how a client copes with them.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::SandboxError;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FaultKind {
    /// An error response with `status` (500 by default); the operation is not carried out.
    #[default]
    Status,
    /// The operation is carried out after `ms` milliseconds of real time, even if the caller has hung up by then.
    Latency,
    /// The connection is reset; the operation is not carried out.
    ResetBefore,
    /// The operation is carried out, then the connection is reset instead of a response.
    ResetAfter,
    /// The operation is carried out; its response breaks off half way.
    Truncate,
    /// An HTML error page, as a proxy would send it, with `status` (502 by default); not carried out.
    Html,
    /// Carried out; the response has unknown fields and enum values and lacks optional fields.
    LaterVersion,
}

impl FaultKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Status,
        Self::Latency,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Truncate,
        Self::Html,
        Self::LaterVersion,
    ];

    /// The name in the control API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Latency => "latency",
            Self::ResetBefore => "reset-before",
            Self::ResetAfter => "reset-after",
            Self::Truncate => "truncate",
            Self::Html => "html",
            Self::LaterVersion => "later-version",
        }
    }

    /// What happens to the client, in a few words.
    pub(crate) fn summary(self) -> &'static str {
        match self {
            Self::Status => "an error response",
            Self::Latency => "a late response",
            Self::ResetBefore => "reset before it is carried out",
            Self::ResetAfter => "carried out, then reset",
            Self::Truncate => "a response that breaks off",
            Self::Html => "an HTML error page",
            Self::LaterVersion => "unknown and missing fields",
        }
    }

    /// The delay in milliseconds where none is given: a late response is to be noticed.
    pub(crate) fn usual_delay(self) -> u64 {
        if self == Self::Latency { 1000 } else { 0 }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for FaultKind {
    type Err = SandboxError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let unknown = || {
            let names = Self::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
            SandboxError::Refused(format!("The kind must be one of {names}."))
        };
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or_else(unknown)
    }
}

/// A fault to inject. The first that matches a request is used, and its `times` goes down by one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The `operationId` that it affects, or `*` for all.
    pub operation: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// The status of `Status` and `Html`.
    pub status: Option<u16>,
    /// How many milliseconds of real time to wait first: for `Latency`, and optionally for every other kind.
    pub ms: u64,
    /// The `Retry-After` of a `Status` response, in seconds.
    pub retry_after: Option<u32>,
    /// How many requests it affects.
    pub times: u32,
}

impl Default for Fault {
    fn default() -> Self {
        Self { operation: "*".to_owned(), kind: FaultKind::default(), status: None, ms: 0, retry_after: None, times: 1 }
    }
}

impl Fault {
    /// Makes a fault of this kind for one request to this operation.
    #[must_use]
    pub fn new(operation: impl Into<String>, kind: FaultKind) -> Self {
        Self { operation: operation.into(), kind, ..Self::default() }
    }

    /// Makes a fault that responds with this error status.
    #[must_use]
    pub fn status(operation: impl Into<String>, status: u16) -> Self {
        Self { status: Some(status), ..Self::new(operation, FaultKind::Status) }
    }

    /// Makes a fault that delays the operation by this many milliseconds.
    #[must_use]
    pub fn latency(operation: impl Into<String>, ms: u64) -> Self {
        Self { ms, ..Self::new(operation, FaultKind::Latency) }
    }

    /// Makes the fault affect this many requests instead of one.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Makes a `Status` response ask for a pause of this many seconds (`Retry-After`).
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Makes the fault wait for this many milliseconds of real time first.
    #[must_use]
    pub fn delay(self, ms: u64) -> Self {
        Self { ms, ..self }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "operation": self.operation,
            "kind": self.kind.name(),
            "status": self.status,
            "ms": self.ms,
            "retry_after": self.retry_after,
            "times": self.times,
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    pending: Mutex<Vec<Fault>>,
    delayed: Arc<AtomicUsize>,
    delays: AtomicUsize,
}

/// Counts a request as held back, until it is dropped.
pub(crate) struct Delay(Arc<AtomicUsize>);

impl Drop for Delay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Uses the first fault for this operation once.
    pub(crate) fn take(&self, operation: &str) -> Option<Fault> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let at = pending.iter().position(|fault| fault.operation == operation || fault.operation == "*")?;
        pending[at].times = pending[at].times.saturating_sub(1);
        let fault = pending[at].clone();
        if fault.times == 0 {
            pending.remove(at);
        }
        Some(fault)
    }

    pub(crate) fn delay(&self) -> Delay {
        self.delayed.fetch_add(1, Ordering::SeqCst);
        self.delays.fetch_add(1, Ordering::SeqCst);
        Delay(Arc::clone(&self.delayed))
    }

    pub(crate) fn delays(&self) -> usize {
        self.delays.load(Ordering::SeqCst)
    }

    pub(crate) fn delayed(&self) -> usize {
        self.delayed.load(Ordering::SeqCst)
    }

    pub(crate) fn all(&self) -> Vec<Fault> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn clear(&self) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for &kind in FaultKind::ALL {
            assert_eq!(kind.to_string().parse::<FaultKind>().unwrap(), kind);
        }
        let refused = "slow".parse::<FaultKind>().unwrap_err().to_string();
        assert!(refused.contains("status, latency"), "{refused}");
    }

    #[test]
    fn each_fault_is_used_as_often_as_asked_and_only_where_asked() {
        let faults = Faults::default();
        faults.add(Fault::status("createBooking", 503).times(2));
        faults.add(Fault::new("*", FaultKind::Html));
        assert_eq!(faults.take("createBooking").unwrap().kind, FaultKind::Status);
        assert_eq!(faults.take("listCourses").unwrap().kind, FaultKind::Html);
        assert_eq!(faults.take("listCourses"), None);
        assert_eq!(faults.take("createBooking").unwrap().status, Some(503));
        assert_eq!(faults.take("createBooking"), None);
    }
}
