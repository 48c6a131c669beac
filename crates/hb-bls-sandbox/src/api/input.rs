//! The input of a request: body, query and path, read as leniently as Laravel reads them.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// Far more than any request of this API needs.
const MAX_BODY: usize = 1024 * 1024;
/// Up to this size the rest is read and dropped: a client that is still sending would not see an early response.
const MAX_DISCARDED: usize = 16 * MAX_BODY;

/// The fields of a JSON body. Anything that is not a JSON object counts as empty,
/// so that it is refused field by field.
#[derive(Debug)]
pub(crate) struct Input(pub(crate) Map<String, Value>);

impl<S: Sync> FromRequest<S> for Input {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let is_json = has_json(request.headers());
        let bytes = read_body(request).await?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) if is_json => Ok(Self(fields)),
            _ => Ok(Self(Map::new())),
        }
    }
}

/// The whole body, if it is not too large.
pub(crate) async fn read_body(request: Request<Body>) -> Result<Bytes, Problem> {
    let mut body = request.into_body();
    let mut read = BytesMut::new();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        // An error means that the client has gone, so nobody reads this response.
        let frame = frame.map_err(|_| Problem::rule("body", "The body could not be read."))?;
        let data = frame.into_data().unwrap_or_default();
        size += data.len();
        if size <= MAX_BODY {
            read.extend_from_slice(&data);
        } else if size > MAX_DISCARDED {
            break;
        }
    }
    if size > MAX_BODY { Err(Problem::TooLarge) } else { Ok(read.freeze()) }
}

fn has_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    kind.contains("/json") || kind.contains("+json")
}

/// The parameters of a query; of a repeated one, the last counts.
#[derive(Debug)]
pub(crate) struct Query {
    /// By name.
    pub(crate) fields: Map<String, Value>,
    /// In order, for links that carry them on.
    pub(crate) pairs: Vec<(String, String)>,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let raw = parts.uri.query().unwrap_or("");
        let pairs: Vec<(String, String)> = form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        let fields = pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        Ok(Self { fields, pairs })
    }
}

/// The id in the path. What is no id belongs to nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let PathText(text) = PathText::from_request_parts(parts, state).await?;
        let is_id = text.bytes().all(|byte| byte.is_ascii_digit());
        let id = text.parse().ok().filter(|_| is_id);
        id.map(Self).ok_or_else(|| Problem::not_found("Resource"))
    }
}

/// The variable part of the path.
#[derive(Debug)]
pub(crate) struct PathText(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(text)),
            Err(_) => Err(Problem::not_found("Resource")),
        }
    }
}
