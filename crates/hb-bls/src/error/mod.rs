//! Errors, by what the caller can do about them.

mod constructors;
mod display;
mod kind;
mod rejection;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, error::Error as StdError, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::HoldDetails;
pub use kind::ErrorKind;
pub use rejection::Rejection;

/// The result of a call, with [`Error`] as the default error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// [`kind`](Self::kind) says what kind of error it is and so what you can do about it. `Display` describes the failure,
/// and [`source`](std::error::Error::source) returns the cause: an error of reqwest, of a store, or an
/// [`io::Error`](std::io::Error). `{:#}` also shows the causes. Neither `Display` nor `Debug` shows a token, a body or
/// a candidate's data.
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

/// The details of an error. Which of them are set depends on the kind.
#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static str>,
    status: Option<u16>,
    request_id: Option<Box<str>>,
    reason: Option<Cow<'static, str>>,
    /// The place in the response, or the file.
    path: Option<String>,
    retry_after: Option<Duration>,
    limit: Option<Duration>,
    sent: bool,
    rejection: Option<Rejection>,
    fields: Vec<String>,
    /// The body of a 409 response, until the code that knows the operation has read it.
    body: Bytes,
    hold: Option<HoldDetails>,
    hold_hash: Option<String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// Reasons of [`ErrorKind::Decode`] that may pass: a proxy's error page, or a response that was cut off.
pub(crate) const NOT_JSON: &str = "it is not JSON";
pub(crate) const ENDS_EARLY: &str = "the JSON ends early";
pub(crate) const PDF_ENDS_EARLY: &str = "the PDF ends early";
const PASSING: [&str; 3] = [NOT_JSON, ENDS_EARLY, PDF_ENDS_EARLY];

impl Error {
    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later. If the call changes something and no complete response was received, it
    /// may have been carried out already.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::RateLimited | ErrorKind::Server | ErrorKind::Network | ErrorKind::Timeout => true,
            ErrorKind::Decode => self.reason().is_some_and(|reason| PASSING.contains(&reason)),
            _ => false,
        }
    }

    /// Whether the resource does not exist or belongs to another account.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether an active hold or a taken timeslot is in the way; see [`conflicting_hold`](Self::conflicting_hold).
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Whether the portal rejected the input; see [`rejection`](Self::rejection).
    pub fn is_rejected(&self) -> bool {
        self.kind() == ErrorKind::Rejected
    }

    /// Whether the rate limit is used up; see [`retry_after`](Self::retry_after).
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Whether a timeout was reached; see [`was_sent`](Self::was_sent).
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether it is unknown if a booking or a hold was made.
    pub fn is_ambiguous(&self) -> bool {
        self.kind() == ErrorKind::Ambiguous
    }

    /// The HTTP status code of the response, if there was a response.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The `operationId` of the failed request, if there was a request.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The id by which support may find the request, if the response has one; see
    /// [`Response::request_id`](crate::Response::request_id).
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait before the next request, if the portal says so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What the portal says about the rejected input, by field.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.0.rejection.as_ref()
    }

    /// After [`ErrorKind::KeyReused`], the names of the fields that differ from those of the booking with this key.
    pub fn differing_fields(&self) -> &[String] {
        &self.0.fields
    }

    /// The account's active hold that is in the way, if the response describes it.
    pub fn conflicting_hold(&self) -> Option<&HoldDetails> {
        self.0.hold.as_ref()
    }

    /// After [`ErrorKind::Ambiguous`], the hash of the hold that was to be booked, if a hold was certainly made.
    pub fn hold_hash(&self) -> Option<&str> {
        self.0.hold_hash.as_deref()
    }

    /// The timeout that was reached.
    pub fn timeout(&self) -> Option<Duration> {
        self.0.limit
    }

    /// Whether the request was sent before the timeout, so that it may have been carried out. If not, the call was
    /// still waiting for a token, for the rate limit, or for other bookings of the account.
    pub fn was_sent(&self) -> bool {
        self.0.sent
    }

    /// The place in the response that cannot be decoded, such as `data[3].time`, or the path of the file that cannot be
    /// written.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// What is wrong with the response or with the client's configuration. It contains no values.
    pub fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The body of a 409 response, if it has not been read yet.
    pub(crate) fn body(&self) -> &[u8] {
        &self.0.body
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
