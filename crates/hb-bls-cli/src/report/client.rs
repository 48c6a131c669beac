//! What is said of an error of the client.

use std::collections::BTreeMap;

use hb_bls::Error;

use super::{Kind, Report};

/// Says why and what to do, in the words of the command.
pub(super) fn report(error: &Error) -> Report {
    let (kind, word, message, hint) = tell(error);
    let fields = match error {
        Error::Rejected { rejection, .. } => rejection.fields().clone(),
        _ => BTreeMap::new(),
    };
    Report { kind, word, message, hint: hint.map(str::to_owned), status: error.status(), fields }
}

fn tell(error: &Error) -> (Kind, &'static str, String, Option<&'static str>) {
    match error {
        Error::Configuration(why) => {
            (Kind::Usage, "configuration", why.clone(), Some("check --base-url, HB_BLS_BASE_URL and the profile"))
        }
        Error::Authentication { .. } => (
            Kind::Authentication,
            "authentication",
            "the portal refused the client id and the API key".to_owned(),
            Some(
                "run `hb-bls auth login`, or check HB_BLS_CLIENT_ID and HB_BLS_API_KEY; `hb-bls auth status` shows which are used",
            ),
        ),
        Error::NotFound { .. } => (
            Kind::NotFound,
            "not_found",
            "there is no such thing, or it belongs to another account".to_owned(),
            Some("check the id with the command's `list`, and the account with `hb-bls auth status`"),
        ),
        Error::Conflict { hold, .. } => (
            Kind::Conflict,
            "conflict",
            match hold {
                Some(_) => "the account has an active hold already, and can have one at a time".to_owned(),
                None => "it is in conflict with what is booked or held already".to_owned(),
            },
            Some("release the hold with `hb-bls holds release`, or wait until it lapses after 30 minutes"),
        ),
        Error::Rejected { status, rejection, .. } => (
            Kind::Rejected,
            "rejected",
            match rejection.message() {
                // the fields are told one by one
                Some(message) if rejection.fields().is_empty() => {
                    format!("the portal refused it ({status}): {}", super::mask::mask_of_portal(message, &[]))
                }
                _ => format!("the portal refused it ({status})"),
            },
            Some("change what is refused and try again"),
        ),
        Error::CertificateNotReady => (
            Kind::Rejected,
            "certificate_not_ready",
            "the certificate is not ready".to_owned(),
            Some("the training must be completed and the kit returned; `hb-bls bookings get ID` shows both"),
        ),
        Error::RateLimited { retry_after, .. } => (
            Kind::RateLimited,
            "rate_limited",
            match retry_after {
                Some(wait) => format!("too many requests; the portal says to wait {} s", wait.as_secs()),
                None => "too many requests".to_owned(),
            },
            Some("wait a minute and try again; other programs behind the same address share the quota"),
        ),
        Error::Server { status, .. } => (
            Kind::Server,
            "server",
            format!("the portal failed ({status})"),
            Some("try again later; a change may have been carried out, so look before repeating it"),
        ),
        Error::Network { cause, .. } => (
            Kind::Network,
            "network",
            format!("no complete answer: {cause}"),
            Some("check the network and --base-url; a change may have been carried out, so look before repeating it"),
        ),
        Error::Decode { path, reason, .. } => (
            Kind::Other,
            "decode",
            format!("cannot read the answer at `{path}`: {reason}"),
            Some("the API may have changed; look for a newer hb-bls"),
        ),
        other => (Kind::Other, "other", other.to_string(), None),
    }
}
