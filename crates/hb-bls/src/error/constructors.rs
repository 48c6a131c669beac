//! Constructors of errors.

use std::{borrow::Cow, error::Error as StdError, io, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use hb_bls_gen::Operation;
use http::HeaderMap;

use super::{Error, ErrorKind, Inner, Rejection};
use crate::{HoldDetails, response::request_id, state::StateError};

/// Makes an error of a kind without a call, for tests and for code that returns this type.
impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Arc::new(Inner {
            kind,
            operation: None,
            status: kind.status(),
            request_id: None,
            reason: None,
            path: None,
            retry_after: None,
            limit: None,
            sent: false,
            rejection: None,
            fields: Vec::new(),
            body: Bytes::new(),
            hold: None,
            hold_hash: None,
            source: None,
        }))
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, operation: Operation) -> Self {
        Self::from(kind).with(|error| error.operation = Some(operation.id()))
    }

    pub(crate) fn configuration(why: impl Into<Cow<'static, str>>) -> Self {
        Self::from(ErrorKind::Configuration).with(|error| error.reason = Some(why.into()))
    }

    pub(crate) fn rate_limited(operation: Operation, retry_after: Option<Duration>) -> Self {
        Self::new(ErrorKind::RateLimited, operation).with(|error| error.retry_after = retry_after)
    }

    pub(crate) fn network(operation: Operation, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Network, operation).because(cause)
    }

    pub(crate) fn timed_out(operation: Operation, limit: Duration, sent: bool) -> Self {
        Self::new(ErrorKind::Timeout, operation).with(|error| {
            error.limit = Some(limit);
            error.sent = sent;
        })
    }

    pub(crate) fn decode(operation: Operation, path: impl Into<String>, reason: &'static str) -> Self {
        Self::new(ErrorKind::Decode, operation).with(|error| {
            error.path = Some(path.into());
            error.reason = Some(reason.into());
        })
    }

    /// It is not known whether an operation was carried out; the cause says why.
    pub(crate) fn ambiguous(operation: Operation, hold_hash: Option<&str>, cause: Self) -> Self {
        Self::new(ErrorKind::Ambiguous, operation)
            .with(|error| {
                error.hold_hash = hold_hash.map(str::to_owned);
                error.status = cause.0.status;
                error.request_id.clone_from(&cause.0.request_id);
            })
            .because(cause)
    }

    /// The shared state of something, such as the rate limit, could not be used.
    pub(crate) fn state(what: &str, cause: StateError) -> Self {
        let reason = format!("cannot use the shared state of {what}");
        Self::from(ErrorKind::State).with(|error| error.reason = Some(reason.into())).because(cause)
    }

    pub(crate) fn file(path: Option<&Path>, cause: io::Error) -> Self {
        let path = path.map(|path| path.display().to_string());
        Self::from(ErrorKind::File).with(|error| error.path = path).because(cause)
    }

    /// The same error with another kind.
    pub(crate) fn with_kind(self, kind: ErrorKind) -> Self {
        self.with(|error| error.kind = kind)
    }

    /// The same error for another operation.
    pub(crate) fn with_operation(self, operation: Operation) -> Self {
        self.with(|error| error.operation = Some(operation.id()))
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        self.with(|error| error.status = Some(status))
    }

    /// Adds the request id, if the response has one.
    pub(crate) fn with_request_id_of(self, headers: &HeaderMap) -> Self {
        self.with_request_id(request_id(headers))
    }

    pub(crate) fn with_request_id(self, id: Option<&str>) -> Self {
        self.with(|error| error.request_id = id.map(Into::into))
    }

    pub(crate) fn with_rejection(self, rejection: Rejection) -> Self {
        self.with(|error| error.rejection = Some(rejection))
    }

    pub(crate) fn with_fields(self, fields: Vec<String>) -> Self {
        self.with(|error| error.fields = fields)
    }

    pub(crate) fn with_body(self, body: Bytes) -> Self {
        self.with(|error| error.body = body)
    }

    /// Adds the conflicting hold, which was read from the body.
    pub(crate) fn with_hold(self, hold: HoldDetails) -> Self {
        self.with(|error| {
            error.hold = Some(hold);
            error.body = Bytes::new();
        })
    }

    pub(crate) fn because(self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.with(|error| error.source = Some(cause.into().into()))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}
