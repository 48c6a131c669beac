//! What can go wrong, by what the caller can do about it.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use crate::model::Hold;

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
    /// The credentials are wrong or the account is closed (401).
    #[error("{operation}: the portal refused the credentials; check the client id and the API key")]
    Authentication {
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
        /// The hold in the way, if the answer tells.
        hold: Option<Box<Hold>>,
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
        /// How long to wait, if the portal tells.
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
    /// A file could not be written.
    #[error("cannot write {}: {cause}", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
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

impl Error {
    /// The HTTP status that was answered, if one was.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Authentication { .. } => Some(401),
            Self::NotFound { .. } => Some(404),
            Self::Conflict { .. } => Some(409),
            Self::CertificateNotReady => Some(422),
            Self::RateLimited { .. } => Some(429),
            Self::Rejected { status, .. } | Self::Server { status, .. } => Some(*status),
            Self::Configuration(_) | Self::Network { .. } | Self::Decode { .. } | Self::File { .. } => None,
        }
    }

    /// Whether the same call may succeed later. One that changes something may have been carried out all the
    /// same when no complete answer came.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Server { .. } | Self::Network { .. })
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
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fields.keys().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => f.write_str("a rule of the portal forbids it"),
            ref fields => write!(f, "check {}", fields.join(", ")),
        }
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("fields", &self.fields.keys()).finish_non_exhaustive()
    }
}
