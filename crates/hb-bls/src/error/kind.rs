use std::fmt;

/// The kind of an [`Error`](crate::Error), by what the caller can do about it. From
/// [`Error::kind`](crate::Error::kind).
///
/// # Kinds of every call
///
/// Every call that sends a request may fail with [`Configuration`](Self::Configuration), before anything is sent; with
/// [`Authentication`](Self::Authentication) or [`TokenRefused`](Self::TokenRefused); with
/// [`RateLimited`](Self::RateLimited), or [`State`](Self::State) if the rate limiter fails; with [`Rejected`](Self::Rejected)
/// if the portal does not allow the request; and with [`Server`](Self::Server), [`Network`](Self::Network),
/// [`Timeout`](Self::Timeout) or [`Decode`](Self::Decode). The documentation of a call names the others, and when to expect
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client is configured wrongly, or an argument cannot be sent. Nothing was sent.
    Configuration,
    /// The credentials are wrong or the account is closed (401; for a token request also 403 or 422).
    Authentication,
    /// The portal refuses a token that it has just issued (401). The credentials are right, so either the account may
    /// not use this operation, or the portal is at fault.
    TokenRefused,
    /// The resource does not exist or belongs to another account (404).
    NotFound,
    /// There is a conflict (409): the account has an active hold, which
    /// [`conflicting_hold`](crate::Error::conflicting_hold) returns, or the timeslot is taken.
    Conflict,
    /// The input is invalid, or a business rule forbids the request (422 or another 4xx).
    /// [`rejection`](crate::Error::rejection) returns what the portal says about it.
    Rejected,
    /// The certificate does not exist yet, because the training is not completed or the kit has not been returned
    /// (422).
    CertificateNotReady,
    /// The quota of 60 requests per minute is used up (429). [`retry_after`](crate::Error::retry_after) returns how
    /// long to wait.
    RateLimited,
    /// The portal failed (5xx).
    Server,
    /// No complete response was received. A request that changes something may have been carried out.
    Network,
    /// A call or one of its attempts reached its timeout. [`was_sent`](crate::Error::was_sent) returns whether the
    /// request was sent, so that it may have been carried out.
    Timeout,
    /// The response does not match the API's document, so the API may have changed. [`path`](crate::Error::path) and
    /// [`reason`](crate::Error::reason) say where and how.
    Decode,
    /// It is unknown whether a booking or a hold was made, and the client could not find out.
    ///
    /// Before you try again, check with [`Bookings::list`](crate::Bookings::list) whether there is a booking of the
    /// candidate for the timeslot. An unused hold expires 30 minutes after it was made. If a hold was to be booked,
    /// [`hold_hash`](crate::Error::hold_hash) returns its hash. The source is the error that prevented a response.
    Ambiguous,
    /// The key was used for a booking with other details, whose names
    /// [`differing_fields`](crate::Error::differing_fields) returns.
    KeyReused,
    /// There is no timeslot to book.
    NoTimeslot,
    /// The state that several processes share could not be used. The source is a
    /// [`StateError`](crate::state::StateError).
    State,
    /// A certificate could not be written. The source is an [`io::Error`](std::io::Error).
    File,
}

impl ErrorKind {
    /// The name of the kind, which is the same in every version: `not_found`, `rate_limited`, ...
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Authentication => "authentication",
            Self::TokenRefused => "token_refused",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::CertificateNotReady => "certificate_not_ready",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Decode => "decode",
            Self::Ambiguous => "ambiguous",
            Self::KeyReused => "key_reused",
            Self::NoTimeslot => "no_timeslot",
            Self::State => "state",
            Self::File => "file",
        }
    }

    /// The HTTP status code of this kind, if there is only one.
    pub(super) const fn status(self) -> Option<u16> {
        match self {
            Self::TokenRefused => Some(401),
            Self::NotFound => Some(404),
            Self::Conflict => Some(409),
            Self::CertificateNotReady => Some(422),
            Self::RateLimited => Some(429),
            _ => None,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
