//! The text of an error.

use std::{borrow::Cow, fmt};

use super::{Error, ErrorKind, Inner};
use crate::error_chain;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.0.what())?;
        error_chain::show(self, f)
    }
}

/// Leaves out the host, what is not set and what may be personal. Causes are shown as their `Display` text, since their
/// `Debug` may contain anything.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, operation, status, reason, path, retry_after, limit, sent, rejection, hold, .. } = &*self.0;
        let mut shown = f.debug_struct("Error");
        shown.field("kind", kind);
        let mut field = |name, value: Option<&dyn fmt::Debug>| {
            if let Some(value) = value {
                shown.field(name, value);
            }
        };
        field("operation", operation.as_ref().map(|operation| operation as _));
        field("status", status.as_ref().map(|status| status as _));
        field("reason", reason.as_ref().map(|reason| reason as _));
        field("path", path.as_ref().map(|path| path as _));
        field("retry_after", retry_after.as_ref().map(|wait| wait as _));
        field("limit", limit.as_ref().map(|limit| limit as _));
        field("sent", limit.as_ref().map(|_| sent as _));
        field("rejection", rejection.as_ref().map(|rejection| rejection as _));
        field("hold", hold.as_ref().map(|hold| hold as _));
        let causes: Vec<_> = error_chain::of(self).map(ToString::to_string).collect();
        field("causes", Some(&causes as _).filter(|_| !causes.is_empty()));
        shown.finish_non_exhaustive()
    }
}

impl Inner {
    /// The message, without the operation and the causes.
    fn what(&self) -> Cow<'_, str> {
        let reason = self.reason.as_deref().unwrap_or("no reason was given");
        let status = || self.status.map(|status| format!(" with status {status}")).unwrap_or_default();
        match self.kind {
            ErrorKind::Configuration => format!("configuration: {reason}").into(),
            ErrorKind::Authentication => {
                "the portal refused the credentials; check the client id and the API key".into()
            }
            ErrorKind::TokenRefused => "the portal refused a token that it had just issued; the credentials are \
                                        right, but the account may lack the right to do this"
                .into(),
            ErrorKind::NotFound => "not found: it does not exist or belongs to another account".into(),
            ErrorKind::Conflict if self.hold.is_some() => {
                "the account already has an active hold; book it, release it or let it expire".into()
            }
            ErrorKind::Conflict => "in conflict with an existing booking or hold".into(),
            ErrorKind::Rejected => match &self.rejection {
                Some(rejection) => format!("refused{}: {rejection}", status()).into(),
                None => format!("refused{}", status()).into(),
            },
            ErrorKind::CertificateNotReady => {
                "the certificate is not ready: the training must be completed and the kit returned".into()
            }
            ErrorKind::RateLimited => match self.retry_after {
                Some(wait) => format!("too many requests; wait {} s", wait.as_secs()).into(),
                None => "too many requests; wait a minute".into(),
            },
            ErrorKind::Server => format!("the portal failed{}; try again later", status()).into(),
            ErrorKind::Network => "no complete response".into(),
            ErrorKind::Timeout => {
                let limit = self.limit.map(|limit| format!(" after {} s", limit.as_secs_f32())).unwrap_or_default();
                let state = if self.sent { "no complete response" } else { "still waiting, and nothing was sent" };
                format!("timed out{limit}: {state}").into()
            }
            ErrorKind::Decode => {
                format!("cannot decode the response at `{}`: {reason}", self.path.as_deref().unwrap_or(".")).into()
            }
            ErrorKind::Ambiguous => {
                let hold = self.hold_hash.as_ref().map(|hash| format!(" (hold {hash})")).unwrap_or_default();
                format!(
                    "it is not known whether this was carried out{hold}: check the list of bookings before you try \
                     again; an unused hold expires after 30 minutes"
                )
                .into()
            }
            ErrorKind::KeyReused => {
                let fields = if self.fields.is_empty() { "other details".to_owned() } else { self.fields.join(", ") };
                format!("the key was already used for a booking that differs in: {fields}").into()
            }
            ErrorKind::NoTimeslot => {
                "the course has no bookable timeslot in the requested period; try other days".into()
            }
            ErrorKind::State => reason.into(),
            ErrorKind::File => format!("cannot write {}", self.path.as_deref().unwrap_or("the certificate")).into(),
        }
    }
}
