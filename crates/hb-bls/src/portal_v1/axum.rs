//! Receives notifications with axum 0.8.

use std::future::Future;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{
    HeaderMap, StatusCode,
    header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::{ApiKeys, Notification, Payload};

/// The longest body that is accepted, in bytes. A notification is less than 1 KiB.
const BODY_LIMIT: usize = 1024 * 1024;

/// Returns a router that accepts notifications as POST and PATCH requests to `/`, and lists these methods in the
/// response to OPTIONS. Nest it under the path of the URL that you gave to Healthier Business.
///
/// | status | when |
/// |---|---|
/// | 202 `text/plain` | the handler accepted the notification |
/// | 401 | there is not exactly one `api-key` header, or its value is none of the keys |
/// | 413 | the body is longer than 1 MiB; it is not read to its end |
/// | 415 | the `Content-Type` is not JSON |
/// | 422 | the body is not JSON, or has a `course` that cannot be decoded |
/// | 500 | the handler failed |
///
/// A payload of another kind is passed to the handler as [`Payload::Other`]. Notifications have no id, so the handler
/// must tolerate duplicates.
pub fn router<H, F, E>(keys: ApiKeys, handler: H) -> Router
where
    H: Fn(Notification) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Send + 'static,
{
    let receive = move |State(keys): State<ApiKeys>, request: Request| async move {
        let notification = match read(&keys, request).await {
            Ok(notification) => notification,
            Err(refused) => return refused,
        };
        match handler(notification).await {
            Ok(()) => (StatusCode::ACCEPTED, "accepted").into_response(),
            Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "not accepted; send it again").into_response(),
        }
    };
    let options = || async { [(ALLOW, "OPTIONS, POST, PATCH")] };
    Router::new().route("/", post(receive.clone()).patch(receive).options(options)).with_state(keys)
}

async fn read(keys: &ApiKeys, request: Request) -> Result<Notification, Response> {
    let (parts, body) = request.into_parts();
    let refuse = |status: StatusCode, hint: &'static str| (status, hint).into_response();
    let mut given = parts.headers.get_all("api-key").iter();
    match (given.next(), given.next()) {
        (Some(key), None) if keys.accept(key.as_bytes()) => {}
        _ => return Err(refuse(StatusCode::UNAUTHORIZED, "the header api-key must hold the key that was agreed on")),
    }
    if !is_json(&parts.headers) {
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json"));
    }
    let too_large = || refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than 1 MiB");
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT) {
        return Err(too_large());
    }
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(_) => return Err(refuse(StatusCode::BAD_REQUEST, "the body could not be read to its end")),
    };
    let payload = Payload::from_json(&body)
        .map_err(|error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response())?;
    let api_version = parts.headers.get("api-version").and_then(|version| version.to_str().ok());
    Ok(Notification { api_version: api_version.map(str::to_owned), payload })
}

/// `application/json` or `application/*+json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}
