//! Reports for errors of the client.

use std::{collections::BTreeMap, error::Error as _, io};

use hb_bls::{Error, ErrorKind, Rejection};
use reqwest::Url;

use super::{Kind, Report};
use crate::{environment::variable, loopback::is_loopback, when};

/// Says why and what to do.
pub(super) fn report(error: &Error) -> Report {
    // every call begins with a token, so where none can be requested, there is no such API
    if error.is_not_found() && error.operation() == Some("createToken") {
        return Report {
            kind: Kind::Usage,
            word: ErrorKind::Configuration.as_str(),
            message: "the base URL does not lead to the API: it has no address for tokens".to_owned(),
            hint: Some(
                "check its path in --base-url, HB_BLS_BASE_URL and the profile; it ends with /api/v1".to_owned(),
            ),
            status: error.status(),
            fields: BTreeMap::new(),
            printed: false,
        };
    }
    let (kind, message, hint) = tell(error);
    // why a certificate is not ready is said already
    let rejection = error.rejection().filter(|_| error.is_rejected());
    let fields = rejection.map(|rejection| rejection.fields().clone()).unwrap_or_default();
    Report { kind, word: error.kind().as_str(), message, hint, status: error.status(), fields, printed: false }
}

fn tell(error: &Error) -> (Kind, String, Option<String>) {
    let fixed = |hint: &str| Some(hint.to_owned());
    let host = error.host().unwrap_or("the portal");
    let status = || error.status().map(|status| format!(" ({status})")).unwrap_or_default();
    let within = || error.timeout().map_or("in time".to_owned(), |limit| format!("within {} s", limit.as_secs_f32()));
    match error.kind() {
        ErrorKind::Configuration => (
            Kind::Usage,
            format!("{}{}", error.reason().unwrap_or("the client is set up wrongly"), causes(error)),
            fixed("check --base-url, HB_BLS_BASE_URL and the profile"),
        ),
        ErrorKind::Authentication => (
            Kind::Authentication,
            "the portal refused the client id and the API key".to_owned(),
            fixed(
                "run `hb-bls auth login`, or check HB_BLS_CLIENT_ID and HB_BLS_API_KEY; `hb-bls auth status` shows which are used",
            ),
        ),
        ErrorKind::TokenRefused => (
            Kind::Authentication,
            "the portal refused a token that it had just issued".to_owned(),
            fixed("the client id and the API key are right; ask Healthier Business whether the account may do this"),
        ),
        ErrorKind::NotFound => (
            Kind::NotFound,
            "it was not found in this account".to_owned(),
            fixed("check the id, and which account is used with `hb-bls auth status`"),
        ),
        ErrorKind::Conflict => match error.conflicting_hold() {
            Some(hold) => (
                Kind::Conflict,
                match &hold.slot {
                    Some(slot) => format!(
                        "the account has an active hold already, for {}, and can have one at a time",
                        when::moment(slot.date, slot.time)
                    ),
                    None => "the account has an active hold already, and can have one at a time".to_owned(),
                },
                Some(format!(
                    "`hb-bls book --hold {hash}` books it, `hb-bls holds release {hash}` releases it; it expires by itself \
                     after 30 minutes",
                    hash = hold.hold_hash
                )),
            ),
            None => (
                Kind::Conflict,
                match error.operation() {
                    Some("holdTimeslot") => "that timeslot has just been taken".to_owned(),
                    Some("createBooking") => "the hold has expired or has been booked already".to_owned(),
                    _ => "it conflicts with what is booked or held".to_owned(),
                },
                fixed("choose another timeslot, or wait until a hold lapses after 30 minutes"),
            ),
        },
        ErrorKind::Rejected => (
            Kind::Rejected,
            // the fields are shown one by one
            match error.rejection().filter(|rejection| rejection.fields().is_empty()).and_then(Rejection::message) {
                Some(message) => format!("the portal refused it{}: {message}", status()),
                None => format!("the portal refused it{}", status()),
            },
            fixed("correct the values above and try again"),
        ),
        ErrorKind::CertificateNotReady => (
            Kind::Rejected,
            "the certificate is not ready".to_owned(),
            fixed("the training must be completed and the kit returned; `hb-bls bookings get ID` shows both"),
        ),
        ErrorKind::RateLimited => (
            Kind::RateLimited,
            match error.retry_after() {
                Some(wait) => format!("too many requests; the portal says to wait {}", length(wait)),
                None => "too many requests".to_owned(),
            },
            Some(format!(
                "try again in {}; other programs behind the same address share the rate limit",
                error.retry_after().filter(|wait| !wait.is_zero()).map_or_else(|| "a minute".to_owned(), length)
            )),
        ),
        ErrorKind::Server => {
            (Kind::Server, format!("the portal failed{}", status()), Some(format!("try again later{}", unsure(error))))
        }
        ErrorKind::Network => match unreached(error) {
            Some(why) => (
                Kind::Network,
                format!("cannot reach {host}: {why}"),
                Some(format!("{}; --verbose shows details", where_to_look(host))),
            ),
            None => (
                Kind::Network,
                format!("the connection to {host} broke before its response was complete"),
                Some(format!("{}; --verbose shows details{}", where_to_look(host), unsure(error))),
            ),
        },
        ErrorKind::Timeout if !error.was_sent() => (
            Kind::Network,
            format!("not done {}: it was still waiting, and nothing was sent", within()),
            fixed("try again, or allow more time with --timeout; it waits for the rate limit and for other bookings"),
        ),
        ErrorKind::Timeout => (
            Kind::Network,
            format!("{host} did not respond {}", within()),
            Some(format!("{}{}", where_to_look(host), unsure(error))),
        ),
        ErrorKind::Decode => (
            Kind::Other,
            format!(
                "cannot read the response at `{}`: {}",
                error.path().unwrap_or("."),
                error.reason().unwrap_or("it is not as documented")
            ),
            fixed("the API may have changed; look for a newer hb-bls"),
        ),
        ErrorKind::Ambiguous => (
            Kind::Network,
            match error.source().and_then(|cause| cause.downcast_ref()) {
                Some(cause) => format!("it is not known whether this was carried out: {}", tell(cause).1),
                None => "it is not known whether this was carried out".to_owned(),
            },
            fixed(
                "before trying again, look for it with `hb-bls bookings list`; a hold that was left lapses after 30 minutes",
            ),
        ),
        ErrorKind::KeyReused => (
            Kind::Conflict,
            format!("it is booked already, with other details: {}", error.differing_fields().join(", ")),
            fixed("change the booking in the portal, or leave the details as they were"),
        ),
        ErrorKind::NoTimeslot => (
            Kind::Rejected,
            "the course has no free timeslot in the time asked for".to_owned(),
            fixed("ask for other days"),
        ),
        ErrorKind::State => (
            Kind::Other,
            format!("{error:#}"),
            fixed("if another hb-bls is suspended, continue it with `fg` or end it"),
        ),
        _ => (Kind::Other, format!("{error:#}"), None),
    }
}

/// A caution after a request that changes something. What only reads can be repeated.
fn unsure(error: &Error) -> &'static str {
    let reads =
        |operation: &str| ["get", "list", "download", "createToken"].iter().any(|start| operation.starts_with(start));
    match error.operation() {
        Some(operation) if reads(operation) => "",
        _ => "; the change may have been made, so look with `list` or `get` before repeating it",
    }
}

/// What may be wrong where a host does not respond. What stays on this machine goes through no proxy.
fn where_to_look(host: &str) -> String {
    const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let is_here = Url::parse(&format!("http://{host}/")).is_ok_and(|url| is_loopback(&url));
    match PROXIES.into_iter().find(|name| variable(name).is_some()).filter(|_| !is_here) {
        Some(proxy) => format!("check the network, the proxy that {proxy} names, and --base-url"),
        None => "check the network and --base-url".to_owned(),
    }
}

/// Why no connection was made, in plain words. Nothing was sent then.
pub fn unreached(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    let transport = anyhow::Chain::new(error).find_map(|cause| cause.downcast_ref::<reqwest::Error>())?;
    if !transport.is_connect() {
        return None;
    }
    let io = anyhow::Chain::new(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last();
    Some(in_words(io.map(io::Error::kind), &causes(error)))
}

/// What kept a connection from being made, by the system's error and by what the layers above say.
pub(super) fn in_words(system: Option<io::ErrorKind>, causes: &str) -> &'static str {
    let says = |text: &str| causes.contains(text);
    match system {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused",
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => "the connection was closed",
        Some(io::ErrorKind::TimedOut) => "the connection timed out",
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => "there is no network",
        // the resolver and the TLS library say it in words only
        _ if says("dns ") => "its name could not be looked up (DNS)",
        _ if says("certificate expired") => "its certificate has expired",
        _ if says("certificate not valid yet") => "its certificate is not valid yet, by the clock of this machine",
        _ if says("certificate not valid for name") => "its certificate is for another host",
        _ if says("UnknownIssuer") => "its certificate is from an issuer that this machine does not trust",
        _ if says("certificate") => "its certificate is not valid",
        _ => "no secure connection could be made (TLS)",
    }
}

/// What lies behind it, down to the root.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    anyhow::Chain::new(error).skip(1).map(|cause| format!(": {cause}")).collect()
}

/// A length of time in the units that people use for it.
fn length(time: std::time::Duration) -> String {
    match time.as_secs() {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds if seconds < 2 * 60 * 60 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(60 * 60)),
    }
}
