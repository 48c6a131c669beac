//! Tells successful responses from failures.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use bytes::Bytes;
use hb_bls_gen::Operation;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER};
use jiff::Timestamp;
use serde_json::Value;

use crate::{Error, ErrorKind, Rejection, Response, Result, state::RateLimitHeaders};

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const MINUTE: Duration = Duration::from_secs(60);
/// The longest body of a refusal that is read: enough for messages about hundreds of fields.
const REFUSAL_LIMIT: usize = 256 * 1024;

/// Returns the body of a successful response, and turns any other response into an error.
pub(super) fn classify(response: Response, now: Timestamp) -> Result<Bytes> {
    let status = response.response.status();
    if status.is_success() && status != StatusCode::PARTIAL_CONTENT {
        return Ok(response.body);
    }
    Err(refusal(&response, now))
}

#[cold]
fn refusal(response: &Response, now: Timestamp) -> Error {
    let (operation, headers) = (response.operation, response.headers());
    failure(response.status(), &response.body, operation, retry_after(headers, now)).with_request_id_of(headers)
}

/// Reads the rate limit headers. None of them is documented by the portal.
pub(super) fn rate_limit(response: &Response, now: Timestamp) -> RateLimitHeaders {
    let headers = response.headers();
    let (mut limit, mut remaining) = (None, None);
    // there are few headers, so iterating over them is faster than looking up each name
    for (name, value) in headers {
        if *name == LIMIT {
            limit = parse(value);
        } else if *name == REMAINING {
            remaining = parse(value);
        }
    }
    RateLimitHeaders {
        responded: true,
        limit,
        remaining,
        retry_after: (response.status() == 429).then(|| retry_after(headers, now).unwrap_or(MINUTE)),
    }
}

fn failure(status: u16, body: &Bytes, operation: Operation, retry_after: Option<Duration>) -> Error {
    let error = |kind| Error::new(kind, operation).with_status(status);
    let unreadable = |reason| Error::decode(operation, ".", reason);
    match status {
        401 => error(ErrorKind::Authentication),
        // Laravel responds to wrong credentials as to invalid input
        403 | 422 if operation == Operation::CreateToken => error(ErrorKind::Authentication),
        404 => error(ErrorKind::NotFound),
        409 if body.len() > REFUSAL_LIMIT => error(ErrorKind::Conflict),
        409 => error(ErrorKind::Conflict).with_body(body.clone()),
        429 => Error::rate_limited(operation, retry_after),
        500.. => error(ErrorKind::Server),
        300..=399 => {
            tracing::warn!(status, "redirected; the base URL may be out of date");
            unreadable("it is a redirect, which is not followed; check the base URL")
        }
        206 => unreadable("it is a partial response, which was not requested"),
        100..=199 => unreadable("it is not a final response"),
        _ => error(ErrorKind::Rejected).with_rejection(rejection(body)),
    }
}

/// Reads the message and the fields separately, in any shape that PHP may produce. The refusal may come from other code
/// than the portal's own.
fn rejection(body: &[u8]) -> Rejection {
    if body.len() > REFUSAL_LIMIT {
        return Rejection::default();
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else { return Rejection::default() };
    let message = match body.remove("message") {
        Some(Value::String(message)) => Some(message),
        _ => None,
    };
    let fields = match body.remove("errors") {
        Some(Value::Object(fields)) => fields.into_iter().map(|(field, value)| (field, messages(value))).collect(),
        // PHP turns a map whose keys count from 0 into an array
        Some(Value::Array(fields)) => {
            fields.into_iter().enumerate().map(|(index, value)| (index.to_string(), messages(value))).collect()
        }
        _ => BTreeMap::new(),
    };
    Rejection { message, fields }
}

/// Returns one message or a list of messages, and leaves out anything else.
fn messages(value: Value) -> Vec<String> {
    let value = match value {
        Value::Array(value) => value,
        // a list without gaps becomes an array, and one with gaps a map
        Value::Object(value) => value.into_iter().map(|(_, value)| value).collect(),
        one => vec![one],
    };
    let texts = value.into_iter().filter_map(|value| match value {
        Value::String(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

/// How long to wait according to `Retry-After`, or else until `X-RateLimit-Reset`. The portal documents neither.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let seconds = number(headers, &RETRY_AFTER).or_else(|| {
        let reset = number(headers, &RESET)?;
        // the time is by the portal's clock, which may differ; a window lasts one minute
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
        failure(status, &Bytes::copy_from_slice(body.as_bytes()), operation, None)
    }

    #[test]
    fn every_status_has_its_error() {
        let html = "<html>Ada Lovelace</html>";
        for (operation, status, kind) in [
            (Operation::ListCourses, 401, ErrorKind::Authentication),
            (Operation::CreateToken, 403, ErrorKind::Authentication),
            (Operation::CreateToken, 422, ErrorKind::Authentication),
            (Operation::GetBooking, 404, ErrorKind::NotFound),
            (Operation::CreateBooking, 409, ErrorKind::Conflict),
            (Operation::CreateBooking, 422, ErrorKind::Rejected),
            (Operation::CreateBooking, 418, ErrorKind::Rejected),
            (Operation::ListCourses, 429, ErrorKind::RateLimited),
            (Operation::ListCourses, 503, ErrorKind::Server),
            (Operation::ListCourses, 302, ErrorKind::Decode),
            (Operation::ListCourses, 206, ErrorKind::Decode),
        ] {
            let error = fail(operation, status, html);
            assert_eq!(error.kind(), kind, "{status}: {error:?}");
            assert!(!format!("{error:?} {error}").contains("Lovelace"));
            assert_eq!(error.status(), Some(status).filter(|_| kind != ErrorKind::Decode));
        }
    }

    #[test]
    fn what_answers_a_conflict_is_kept_and_not_shown() {
        let error = fail(Operation::HoldTimeslot, 409, "<html>Ada Lovelace</html>");
        assert_eq!(error.body(), b"<html>Ada Lovelace</html>");
        assert!(!format!("{error:?} {error:#}").contains("Lovelace"));
        assert_eq!(fail(Operation::HoldTimeslot, 409, &" ".repeat(REFUSAL_LIMIT + 1)).body(), b"");
        assert_eq!(fail(Operation::HoldTimeslot, 422, "Ada").body(), b"");
    }

    #[test]
    fn messages_are_kept_by_field_and_not_shown() {
        let body = r#"{"message":"The email ada@x is bad.","errors":{"email":["ada@x is bad"],"city":["needed"]}}"#;
        let error = fail(Operation::CreateBooking, 422, body);
        assert_eq!(error.to_string(), "createBooking: refused with status 422: check city, email");
        assert!(!format!("{error:?}").contains("ada"));
        let rejection = error.rejection().unwrap();
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
                let rejection = error.rejection().unwrap();
                assert_eq!(rejection.message(), message, "{body}");
                let value = rejection.fields().iter().map(|(field, value)| format!("{field}={}", value.join(",")));
                assert_eq!(value.collect::<Vec<_>>().join(" "), fields, "{body}");
            }
        }
        let long = format!(r#"{{"message":"{}"}}"#, "No. ".repeat(REFUSAL_LIMIT));
        assert_eq!(fail(Operation::CreateBooking, 422, &long).rejection().unwrap().message(), None);
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
