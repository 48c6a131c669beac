//! Tells successes from the ways to fail.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use bytes::Bytes;
use hb_bls_gen::{ErrorBody, Operation};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER};
use jiff::Timestamp;
use serde_json::Value;

use crate::{Error, HoldDetails, Rejection, Response, Result, state::RateLimitHeaders};

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const MINUTE: Duration = Duration::from_secs(60);
/// The longest refusal that is read: messages for hundreds of fields.
const REJECTION_LIMIT: usize = 256 * 1024;

/// The body of a success; turns anything else into an error.
pub(super) fn classify(answer: Response, now: Timestamp) -> Result<Bytes> {
    let status = answer.response.status();
    if status.is_success() && status != StatusCode::PARTIAL_CONTENT {
        return Ok(answer.body);
    }
    Err(refusal(&answer, now))
}

#[cold]
fn refusal(answer: &Response, now: Timestamp) -> Error {
    failure(answer.status(), &answer.body, answer.operation, retry_after(answer.headers(), now))
}

/// What the headers tell about the rate limit. None of them is published.
pub(super) fn rate_limit(answer: &Response, now: Timestamp) -> RateLimitHeaders {
    let headers = answer.headers();
    let (mut limit, mut remaining) = (None, None);
    // there are few, and looking names up costs more than passing over them
    for (name, value) in headers {
        if *name == LIMIT {
            limit = parse(value);
        } else if *name == REMAINING {
            remaining = parse(value);
        }
    }
    RateLimitHeaders {
        answered: true,
        limit,
        remaining,
        refused: (answer.status() == 429).then(|| retry_after(headers, now).unwrap_or(MINUTE)),
    }
}

fn failure(status: u16, body: &[u8], operation: Operation, retry_after: Option<Duration>) -> Error {
    let id = operation.id();
    match status {
        401 => Error::Authentication { operation: id, status },
        // Laravel answers wrong credentials as invalid input
        403 | 422 if operation == Operation::CreateToken => Error::Authentication { operation: id, status },
        404 => Error::NotFound { operation: id },
        409 => Error::Conflict { operation: id, hold: hold(body, operation).map(Box::new) },
        422 if operation == Operation::DownloadCertificate => Error::CertificateNotReady,
        429 => Error::RateLimited { operation: id, retry_after },
        code @ 500.. => Error::Server { operation: id, status: code },
        code @ 300..=399 => {
            tracing::warn!(status = code, "redirected; the base URL may be out of date");
            Error::Decode {
                operation: id,
                path: ".".into(),
                reason: "a redirect, which is not followed; check the base URL",
            }
        }
        206 => Error::Decode { operation: id, path: ".".into(), reason: "it is a part, and nobody asked for one" },
        100..=199 => Error::Decode { operation: id, path: ".".into(), reason: "it is no final answer" },
        code => Error::Rejected { operation: id, status: code, rejection: rejection(body) },
    }
}

/// Message and fields are read apart, and in any shape that PHP gives them: whoever refuses may not be the portal's
/// own code.
fn rejection(body: &[u8]) -> Rejection {
    if body.len() > REJECTION_LIMIT {
        return Rejection::default();
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else { return Rejection::default() };
    let message = match body.remove("message") {
        Some(Value::String(message)) => Some(message),
        _ => None,
    };
    let fields = match body.remove("errors") {
        Some(Value::Object(fields)) => fields.into_iter().map(|(field, told)| (field, messages(told))).collect(),
        // an array is what PHP makes of a map whose keys count from 0
        Some(Value::Array(fields)) => {
            fields.into_iter().enumerate().map(|(index, told)| (index.to_string(), messages(told))).collect()
        }
        _ => BTreeMap::new(),
    };
    Rejection { message, fields }
}

/// One message or a list of them; what is neither is left out.
fn messages(told: Value) -> Vec<String> {
    let told = match told {
        Value::Array(told) => told,
        // a list without gaps is an array, and with gaps a map
        Value::Object(told) => told.into_iter().map(|(_, told)| told).collect(),
        one => vec![one],
    };
    let texts = told.into_iter().filter_map(|told| match told {
        Value::String(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

fn hold(body: &[u8], operation: Operation) -> Option<HoldDetails> {
    match operation.error_body(409)? {
        ErrorBody::HoldConflict => HoldDetails::from_conflict(body),
        _ => None,
    }
}

/// Seconds to wait by `Retry-After`, else until `X-RateLimit-Reset`. Neither header is published.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let seconds = number(headers, &RETRY_AFTER).or_else(|| {
        let reset = number(headers, &RESET)?;
        // by their clock, so it may be off; a window is a minute
        Some(reset.saturating_sub(u64::try_from(now.as_second()).ok()?).min(MINUTE.as_secs()))
    })?;
    Some(Duration::from_secs(seconds))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    parse(headers.get(name)?)
}

fn parse<N: FromStr>(value: &HeaderValue) -> Option<N> {
    value.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(operation: Operation, status: u16, body: &str) -> Error {
        failure(status, body.as_bytes(), operation, None)
    }

    #[test]
    fn every_status_has_its_error() {
        let html = "<html>Ada Lovelace</html>";
        for (operation, status, matches) in [
            (Operation::ListCourses, 401, "Authentication"),
            (Operation::CreateToken, 403, "Authentication"),
            (Operation::CreateToken, 422, "Authentication"),
            (Operation::GetBooking, 404, "NotFound"),
            (Operation::CreateBooking, 409, "Conflict"),
            (Operation::CreateBooking, 422, "Rejected"),
            (Operation::CreateBooking, 418, "Rejected"),
            (Operation::DownloadCertificate, 422, "CertificateNotReady"),
            (Operation::ListCourses, 429, "RateLimited"),
            (Operation::ListCourses, 503, "Server"),
            (Operation::ListCourses, 302, "Decode"),
            (Operation::ListCourses, 206, "Decode"),
        ] {
            let error = fail(operation, status, html);
            assert!(format!("{error:?}").starts_with(matches), "{status}: {error:?}");
            assert!(!format!("{error:?} {error}").contains("Lovelace"));
            assert_eq!(error.status(), Some(status).filter(|_| matches != "Decode"));
        }
    }

    #[test]
    fn a_conflict_carries_the_hold_in_either_shape() {
        let hold = r#""hold_hash":"9f2c41d07be84c6aa35e17d20b6c8f14","slot":{"date":"2026-06-15","time":"09:00"}"#;
        for body in [format!(r#"{{"message":"m","hold":{{{hold}}}}}"#), format!(r#"{{"message":"m",{hold}}}"#)] {
            let Error::Conflict { hold: Some(hold), .. } = fail(Operation::HoldTimeslot, 409, &body) else {
                panic!("{body}")
            };
            assert_eq!(hold.hold_hash, "9f2c41d07be84c6aa35e17d20b6c8f14");
        }
        for body in ["", "{}", "[]", r#"{"hold":{"hold_hash":7}}"#, "<html>"] {
            assert!(matches!(fail(Operation::HoldTimeslot, 409, body), Error::Conflict { hold: None, .. }), "{body}");
        }
    }

    #[test]
    fn messages_are_kept_by_field_and_not_shown() {
        let body = r#"{"message":"The email ada@x is bad.","errors":{"email":["ada@x is bad"],"city":["needed"]}}"#;
        let error = fail(Operation::CreateBooking, 422, body);
        assert_eq!(error.to_string(), "createBooking: refused with status 422: check city, email");
        assert!(!format!("{error:?}").contains("ada"));
        let Error::Rejected { rejection, .. } = error else { panic!() };
        assert_eq!(rejection.fields()["email"], ["ada@x is bad"]);
        assert_eq!(rejection.message(), Some("The email ada@x is bad."));
    }

    #[test]
    fn what_can_be_read_of_a_refusal_is_kept_in_whatever_shape_the_rest_is() {
        for (body, message, fields) in [
            (r#"{"message":"Not enough credits.","errors":[]}"#, Some("Not enough credits."), ""),
            (r#"{"message":"No.","errors":null}"#, Some("No."), ""),
            (r#"{"message":"No."}"#, Some("No."), ""),
            (r#"{"message":"No.","errors":{"email":"bad","city":["needed",7]}}"#, Some("No."), "city=needed email=bad"),
            (r#"{"message":{"en":"No."},"errors":{"email":["bad"]}}"#, None, "email=bad"),
            (r#"{"errors":{"email":{"1":"bad","3":"worse"}}}"#, None, "email=bad,worse"),
            (r#"{"message":"No.","errors":["bad",["worse"]]}"#, Some("No."), "0=bad 1=worse"),
            (r#"{"message":"No.","errors":"bad"}"#, Some("No."), ""),
            (r#"["No."]"#, None, ""),
        ] {
            for (operation, status) in [(Operation::CreateBooking, 422), (Operation::ListCourses, 400)] {
                let error = fail(operation, status, body);
                assert!(!error.to_string().ends_with(['0', '1']), "a number is no field: {error}");
                let Error::Rejected { rejection, .. } = error else { panic!("{error:?}") };
                assert_eq!(rejection.message(), message, "{body}");
                let told = rejection.fields().iter().map(|(field, told)| format!("{field}={}", told.join(",")));
                assert_eq!(told.collect::<Vec<_>>().join(" "), fields, "{body}");
            }
        }
        let long = format!(r#"{{"message":"{}"}}"#, "No. ".repeat(REJECTION_LIMIT));
        let Error::Rejected { rejection, .. } = fail(Operation::CreateBooking, 422, &long) else { panic!() };
        assert_eq!(rejection.message(), None);
    }

    #[test]
    fn the_wait_is_read_from_either_header() {
        let wait = |name: &'static str, value: &str| {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            retry_after(&headers, Timestamp::from_second(1_780_653_600).unwrap())
        };
        assert_eq!(wait("retry-after", "17"), Some(Duration::from_secs(17)));
        assert_eq!(wait("x-ratelimit-reset", "1780653620"), Some(Duration::from_secs(20)));
        assert_eq!(wait("x-ratelimit-reset", "1"), Some(Duration::ZERO));
        assert_eq!(wait("retry-after", "soon"), None);
    }
}
