//! How errors of the client are reported.

use std::collections::BTreeMap;

use hb_bls::Error;

use super::{Kind, Report};

/// Says why and what to do.
pub(super) fn report(error: &Error) -> Report {
    let (kind, message, hint) = tell(error);
    let fields = match error {
        Error::Rejected { rejection, .. } => rejection.fields().clone(),
        _ => BTreeMap::new(),
    };
    Report { kind, word: error.kind(), message, hint, status: error.status(), fields, printed: false }
}

fn tell(error: &Error) -> (Kind, String, Option<String>) {
    let fixed = |hint: &str| Some(hint.to_owned());
    match error {
        Error::Configuration(why) => {
            (Kind::Usage, why.clone(), fixed("check --base-url, HB_BLS_BASE_URL and the profile"))
        }
        Error::Authentication { .. } => (
            Kind::Authentication,
            "the portal refused the client id and the API key".to_owned(),
            fixed(
                "run `hb-bls auth login`, or check HB_BLS_CLIENT_ID and HB_BLS_API_KEY; `hb-bls auth status` shows which are used",
            ),
        ),
        Error::TokenRefused { .. } => (
            Kind::Authentication,
            "the portal refused a token that it had just issued".to_owned(),
            fixed("the client id and the API key are right; ask Healthier Business whether the account may do this"),
        ),
        Error::NotFound { .. } => (
            Kind::NotFound,
            "it was not found in this account".to_owned(),
            fixed("check the id, and which account is used with `hb-bls auth status`"),
        ),
        Error::Conflict { hold: Some(hold), .. } => (
            Kind::Conflict,
            match &hold.slot {
                Some(slot) => format!(
                    "the account has an active hold already, for {} {}, and can have one at a time",
                    slot.date,
                    slot.time.strftime("%H:%M")
                ),
                None => "the account has an active hold already, and can have one at a time".to_owned(),
            },
            Some(format!(
                "`hb-bls holds release {}` gives it back; it lapses by itself after 30 minutes",
                hold.hold_hash
            )),
        ),
        Error::Conflict { hold: None, .. } => (
            Kind::Conflict,
            "it is in conflict with what is booked or held already".to_owned(),
            fixed("choose another timeslot, or wait until a hold lapses after 30 minutes"),
        ),
        Error::Rejected { status, rejection, .. } => (
            Kind::Rejected,
            match rejection.message() {
                // the fields are told one by one
                Some(message) if rejection.fields().is_empty() => {
                    format!("the portal refused it ({status}): {message}")
                }
                _ => format!("the portal refused it ({status})"),
            },
            fixed("correct the values above and try again"),
        ),
        Error::CertificateNotReady => (
            Kind::Rejected,
            "the certificate is not ready".to_owned(),
            fixed("the training must be completed and the kit returned; `hb-bls bookings get ID` shows both"),
        ),
        Error::RateLimited { retry_after, .. } => (
            Kind::RateLimited,
            match retry_after {
                Some(wait) => format!("too many requests; the portal says to wait {} s", wait.as_secs()),
                None => "too many requests".to_owned(),
            },
            fixed("wait a minute and try again; other programs behind the same address share the quota"),
        ),
        Error::Server { status, .. } => (
            Kind::Server,
            format!("the portal failed ({status})"),
            fixed("try again later; a change may have been carried out, so look before repeating it"),
        ),
        Error::Network { cause, .. } => (
            Kind::Network,
            format!("no complete answer: {cause}"),
            fixed("check the network and --base-url; a change may have been carried out, so look before repeating it"),
        ),
        Error::Timeout { limit, sent: false, .. } => (
            Kind::Network,
            format!("not done within {} s: it was still waiting, and nothing was sent", limit.as_secs_f32()),
            fixed("try again, or allow more time with --timeout; it waits for the rate limit and for other bookings"),
        ),
        Error::Timeout { limit, sent: true, .. } => (
            Kind::Network,
            format!("no complete answer within {} s", limit.as_secs_f32()),
            fixed("check the network and --base-url; a change may have been carried out, so look before repeating it"),
        ),
        Error::Decode { path, reason, .. } => (
            Kind::Other,
            format!("cannot read the answer at `{path}`: {reason}"),
            fixed("the API may have changed; look for a newer hb-bls"),
        ),
        Error::Ambiguous { cause, .. } => (
            Kind::Network,
            format!("it is not known whether this was carried out: {}", tell(cause).1),
            fixed(
                "before trying again, look for it with `hb-bls bookings list`; a hold that was left lapses after 30 minutes",
            ),
        ),
        Error::NoTimeslot => (
            Kind::Rejected,
            "the course has no free timeslot in the time asked for".to_owned(),
            fixed("ask for other days"),
        ),
        other => (Kind::Other, other.to_string(), None),
    }
}
