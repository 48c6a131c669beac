//! What can go wrong, by what the caller can do about it.

mod display;
mod kind;
mod new;
mod rejection;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, error::Error as StdError, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::HoldDetails;
pub use kind::ErrorKind;
pub use rejection::Rejection;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// [`kind`](Self::kind) says what can be done about it. `Display` says what failed, and
/// [`source`](std::error::Error::source) leads to the cause: reqwest's error, a store's, an [`io::Error`](std::io::Error).
/// With `{:#}` the causes are shown, too. Neither `Display` nor `Debug` shows a token, a body or a candidate's data.
///
/// ```
/// use hb_bls::{Error, ErrorKind};
///
/// fn advice(error: &Error) -> &'static str {
///     match error.kind() {
///         ErrorKind::Rejected => "correct the values",
///         ErrorKind::Ambiguous => "look whether it was booked",
///         _ if error.is_retryable() => "try again later",
///         _ => "give up",
///     }
/// }
///
/// // tests can make an error of any kind
/// assert_eq!(advice(&ErrorKind::Timeout.into()), "try again later");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

/// All that any kind may have to tell.
#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static str>,
    status: Option<u16>,
    request_id: Option<Box<str>>,
    reason: Option<Cow<'static, str>>,
    /// Where in an answer, or which file.
    path: Option<String>,
    retry_after: Option<Duration>,
    limit: Option<Duration>,
    sent: bool,
    rejection: Option<Rejection>,
    /// What answered a conflict, until somebody who knows the operation has read it.
    body: Bytes,
    hold: Option<HoldDetails>,
    hold_hash: Option<String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The reasons of [`ErrorKind::Decode`] that may pass: a proxy's page, or an answer that was cut off.
pub(crate) const NOT_JSON: &str = "it is not JSON";
pub(crate) const ENDS_EARLY: &str = "the JSON ends early";
pub(crate) const PDF_ENDS_EARLY: &str = "the PDF ends early";
const PASSING: [&str; 3] = [NOT_JSON, ENDS_EARLY, PDF_ENDS_EARLY];

impl Error {
    /// What kind of error it is, by what can be done about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later. One that changes something may have been carried out all the
    /// same when no complete answer came.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::RateLimited | ErrorKind::Server | ErrorKind::Network | ErrorKind::Timeout => true,
            ErrorKind::Decode => self.reason().is_some_and(|reason| PASSING.contains(&reason)),
            _ => false,
        }
    }

    /// Whether there is no such thing, or another account owns it.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether something else is in the way; see [`hold`](Self::hold).
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Whether the portal refused the input; see [`rejection`](Self::rejection).
    pub fn is_rejected(&self) -> bool {
        self.kind() == ErrorKind::Rejected
    }

    /// Whether the quota is used up; see [`retry_after`](Self::retry_after).
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Whether the time was over first; see [`was_sent`](Self::was_sent).
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether it is not known if a booking or a hold was made.
    pub fn is_ambiguous(&self) -> bool {
        self.kind() == ErrorKind::Ambiguous
    }

    /// The HTTP status that was answered, if one was.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The `operationId` of the request that failed, if one was made.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// What support may find the request by, if the answer has an id; see
    /// [`Response::request_id`](crate::Response::request_id).
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait, if the portal says so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What the portal says about input that it refuses, by field.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.0.rejection.as_ref()
    }

    /// The account's active hold that is in the way, if the answer tells of it.
    pub fn hold(&self) -> Option<&HoldDetails> {
        self.0.hold.as_ref()
    }

    /// The hold that was to be booked when it is not known whether it was, if one was made for certain.
    pub fn hold_hash(&self) -> Option<&str> {
        self.0.hold_hash.as_deref()
    }

    /// The time limit that was over first.
    pub fn limit(&self) -> Option<Duration> {
        self.0.limit
    }

    /// Whether the request was sent before the time was over, so that it may have been carried out. If not, the time
    /// was spent waiting for a token, for the rate limit, or for other bookings of the account.
    pub fn was_sent(&self) -> bool {
        self.0.sent
    }

    /// Where in the answer it cannot be read, as `data[3].time`; or the file that cannot be written.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// What is wrong with an answer or with the client's setup, without any value.
    pub fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// What answered a conflict, if nobody has read it yet.
    pub(crate) fn body(&self) -> &[u8] {
        &self.0.body
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
