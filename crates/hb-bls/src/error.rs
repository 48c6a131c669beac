//! What can go wrong, by what the caller can do about it.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use crate::{HoldDetails, state::StateError};

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// No variant shows a token, a body or a candidate's data in `Display` or `Debug`.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client is set up wrongly, or an argument cannot be sent. Nothing was sent.
    #[error("configuration: {0}")]
    Configuration(String),
    /// The credentials are wrong or the account is closed (401; the request for a token may be answered 403 or 422).
    #[error("{operation}: the portal refused the credentials; check the client id and the API key")]
    Authentication {
        /// The `operationId`.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The portal refuses a token that it has just issued (401). The client id and the API key are right, so the account
    /// may not be allowed to do this, or the portal is at fault.
    #[error(
        "{operation}: the portal refused a token that it had just issued; the credentials are right, but the account may lack the right to do this"
    )]
    TokenRefused {
        /// The `operationId`.
        operation: &'static str,
    },
    /// There is no such thing, or another account owns it (404).
    #[error("{operation}: there is no such thing, or it belongs to another account")]
    NotFound {
        /// The `operationId`.
        operation: &'static str,
    },
    /// Something else is in the way (409): an active hold, or a timeslot that is taken.
    #[error("{operation}: in conflict with {}", if .hold.is_some() { "the account's active hold; book it, release it or let it expire" } else { "what is booked or held already" })]
    Conflict {
        /// The `operationId`.
        operation: &'static str,
        /// The existing hold, if the answer contains it.
        hold: Option<Box<HoldDetails>>,
    },
    /// The input is invalid or a business rule forbids it (422, or another 4xx).
    #[error("{operation}: refused with status {status}: {rejection}")]
    Rejected {
        /// The `operationId`.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// What the portal says about it.
        rejection: Rejection,
    },
    /// The certificate does not exist yet: the training is not completed or the kit is not back (422).
    #[error("the certificate is not ready: the training must be completed and the kit returned")]
    CertificateNotReady,
    /// The quota of 60 requests a minute is used up (429).
    #[error("{operation}: too many requests{}", wait(*.retry_after))]
    RateLimited {
        /// The `operationId`.
        operation: &'static str,
        /// How long to wait, if the portal says so.
        retry_after: Option<Duration>,
    },
    /// The portal failed (5xx).
    #[error("{operation}: the portal failed with status {status}; it may work later")]
    Server {
        /// The `operationId`.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// No complete answer came. A request that changes something may have been carried out.
    #[error("{operation}: no complete answer: {cause}")]
    Network {
        /// The `operationId`.
        operation: &'static str,
        /// What happened on the way.
        cause: String,
    },
    /// The time for a call or one of its attempts was over first.
    #[error("{operation}: not finished within {} s: {}", .limit.as_secs_f32(), if *.sent { "no complete answer came" } else { "it was still waiting, and nothing was sent" })]
    Timeout {
        /// The `operationId`.
        operation: &'static str,
        /// The limit.
        limit: Duration,
        /// Whether the request was sent, so that it may have been carried out. If not, the time was spent waiting for a
        /// token, for the rate limit, or for other bookings of the account.
        sent: bool,
    },
    /// The answer is not what the document says. The API may have changed.
    #[error("{operation}: cannot read the answer at `{path}`: {reason}")]
    Decode {
        /// The `operationId`.
        operation: &'static str,
        /// Where in the answer, as `data[3].time`.
        path: String,
        /// What is wrong there, without the value.
        reason: &'static str,
    },
    /// It is not known whether a booking or a hold was made, and the portal could not be asked either.
    ///
    /// Before trying again, see whether [`Bookings::list`](crate::Bookings::list) shows a booking of the candidate
    /// for the timeslot. A hold that was left expires 30 minutes after it was made.
    #[error("{operation}: it is not known whether this was carried out{}: before trying again, look for it in the list of bookings; a hold that was left lapses after 30 minutes: {cause}", with_hold(.hold_hash))]
    Ambiguous {
        /// The `operationId`.
        operation: &'static str,
        /// The hold that was to be booked, if one was made for certain.
        hold_hash: Option<String>,
        /// Why it is not known.
        cause: Box<Self>,
    },
    /// There is no timeslot to book.
    #[error("the course has no bookable timeslot in the time asked for; ask for other days")]
    NoTimeslot,
    /// What several processes share could not be reached.
    #[error("{what} cannot be shared with other processes: {cause}")]
    State {
        /// What: the quota, or the right to book.
        what: &'static str,
        /// Why.
        cause: StateError,
    },
    /// A certificate could not be written.
    #[error("cannot write {}: {cause}", path.as_deref().map_or("the certificate".into(), |path| path.display().to_string()))]
    File {
        /// The file, if it was to be one.
        path: Option<std::path::PathBuf>,
        /// Why.
        cause: Arc<std::io::Error>,
    },
}

fn wait(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("; wait {} s", wait.as_secs()),
        None => "; wait a minute".to_owned(),
    }
}

fn with_hold(hold_hash: &Option<String>) -> String {
    hold_hash.as_ref().map(|hash| format!(" (hold {hash})")).unwrap_or_default()
}

/// The reasons of [`Error::Decode`] that may pass: a proxy's page, or an answer that was cut off.
pub(crate) const NOT_JSON: &str = "it is not JSON";
pub(crate) const ENDS_EARLY: &str = "the JSON ends early";
pub(crate) const PDF_ENDS_EARLY: &str = "the PDF ends early";

impl Error {
    /// The HTTP status that was answered, if one was.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NotFound { .. } => Some(404),
            Self::Conflict { .. } => Some(409),
            Self::CertificateNotReady => Some(422),
            Self::TokenRefused { .. } => Some(401),
            Self::RateLimited { .. } => Some(429),
            Self::Authentication { status, .. } | Self::Rejected { status, .. } | Self::Server { status, .. } => {
                Some(*status)
            }
            Self::Ambiguous { cause, .. } => cause.status(),
            Self::Configuration(_)
            | Self::Network { .. }
            | Self::Timeout { .. }
            | Self::Decode { .. }
            | Self::NoTimeslot
            | Self::State { .. }
            | Self::File { .. } => None,
        }
    }

    /// Whether the same call may succeed later. One that changes something may have been carried out all the
    /// same when no complete answer came.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Server { .. } | Self::Network { .. } | Self::Timeout { .. } => true,
            Self::Decode { reason, .. } => [NOT_JSON, ENDS_EARLY, PDF_ENDS_EARLY].contains(reason),
            _ => false,
        }
    }

    /// A word for the kind of error, the same in every version: `not_found`, `rate_limited`, ...
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Configuration(_) => "configuration",
            Self::Authentication { .. } => "authentication",
            Self::NotFound { .. } => "not_found",
            Self::Conflict { .. } => "conflict",
            Self::Rejected { .. } => "rejected",
            Self::CertificateNotReady => "certificate_not_ready",
            Self::RateLimited { .. } => "rate_limited",
            Self::Server { .. } => "server",
            Self::TokenRefused { .. } => "token_refused",
            Self::Network { .. } => "network",
            Self::Timeout { .. } => "timeout",
            Self::Decode { .. } => "decode",
            Self::Ambiguous { .. } => "ambiguous",
            Self::NoTimeslot => "no_timeslot",
            Self::State { .. } => "state",
            Self::File { .. } => "file",
        }
    }

    /// The `operationId` of the request that failed, if one was made.
    pub fn operation(&self) -> Option<&'static str> {
        match self {
            Self::Authentication { operation, .. }
            | Self::TokenRefused { operation }
            | Self::Timeout { operation, .. }
            | Self::NotFound { operation }
            | Self::Conflict { operation, .. }
            | Self::Rejected { operation, .. }
            | Self::RateLimited { operation, .. }
            | Self::Server { operation, .. }
            | Self::Network { operation, .. }
            | Self::Decode { operation, .. }
            | Self::Ambiguous { operation, .. } => Some(operation),
            Self::CertificateNotReady => Some("downloadCertificate"),
            Self::Configuration(_) | Self::NoTimeslot | Self::State { .. } | Self::File { .. } => None,
        }
    }
}

/// What the portal says about input it refuses.
///
/// `Display` and `Debug` show the names of the fields only: messages may repeat what was sent.
#[derive(Clone, Default)]
pub struct Rejection {
    pub(crate) message: Option<String>,
    pub(crate) fields: BTreeMap<String, Vec<String>>,
}

impl Rejection {
    /// The message as a whole.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The messages by field.
    pub fn fields(&self) -> &BTreeMap<String, Vec<String>> {
        &self.fields
    }

    /// The fields whose names look like names of fields: anything may be in an answer.
    fn names(&self) -> impl Iterator<Item = &str> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.*".contains(c);
        let is_name = move |name: &&str| {
            name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(fits)
        };
        self.fields.keys().map(String::as_str).filter(is_name)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names().collect::<Vec<_>>()[..] {
            [] => f.write_str("a rule of the portal forbids it"),
            ref fields => write!(f, "check {}", fields.join(", ")),
        }
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("fields", &self.names().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
