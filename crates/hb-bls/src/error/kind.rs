use std::fmt;

/// What kind of error it is, by what the caller can do about it. From [`Error::kind`](crate::Error::kind).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client is set up wrongly, or an argument cannot be sent. Nothing was sent.
    Configuration,
    /// The credentials are wrong or the account is closed (401; the request for a token may be answered 403 or 422).
    Authentication,
    /// The portal refuses a token that it has just issued (401). The client id and the API key are right, so the account
    /// may not be allowed to do this, or the portal is at fault.
    TokenRefused,
    /// There is no such thing, or another account owns it (404).
    NotFound,
    /// Something else is in the way (409): an active hold, which [`hold`](crate::Error::hold) tells of, or a timeslot
    /// that is taken.
    Conflict,
    /// The input is invalid or a business rule forbids it (422, or another 4xx). What the portal says about it is in
    /// [`rejection`](crate::Error::rejection).
    Rejected,
    /// The certificate does not exist yet: the training is not completed or the kit is not back (422).
    CertificateNotReady,
    /// The quota of 60 requests a minute is used up (429). [`retry_after`](crate::Error::retry_after) says how long to
    /// wait.
    RateLimited,
    /// The portal failed (5xx).
    Server,
    /// No complete answer came. A request that changes something may have been carried out.
    Network,
    /// The time for a call or one of its attempts was over first. [`was_sent`](crate::Error::was_sent) says whether the
    /// request may have been carried out.
    Timeout,
    /// The answer is not what the document says. The API may have changed. [`path`](crate::Error::path) and
    /// [`reason`](crate::Error::reason) say where and how.
    Decode,
    /// It is not known whether a booking or a hold was made, and the portal could not be asked either.
    ///
    /// Before trying again, see whether [`Bookings::list`](crate::Bookings::list) shows a booking of the candidate
    /// for the timeslot. A hold that was left expires 30 minutes after it was made; if one was to be booked, its
    /// [`hold_hash`](crate::Error::hold_hash) is told. The source is the error that left it unknown.
    Ambiguous,
    /// There is no timeslot to book.
    NoTimeslot,
    /// What several processes share could not be reached. The source is a [`StateError`](crate::state::StateError).
    State,
    /// A certificate could not be written. The source is an [`io::Error`](std::io::Error).
    File,
}

impl ErrorKind {
    /// A word for it, the same in every version: `not_found`, `rate_limited`, ...
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
            Self::NoTimeslot => "no_timeslot",
            Self::State => "state",
            Self::File => "file",
        }
    }

    /// The status of an answer of this kind, if there is only one.
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
