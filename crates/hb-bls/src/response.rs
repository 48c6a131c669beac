//! A response before it is decoded.

use std::fmt;

use bytes::Bytes;
use hb_bls_gen::Operation;
use http::HeaderMap;

/// A response of the portal before it is decoded. From [`CallOptions::on_response`](crate::CallOptions::on_response).
pub struct Response {
    pub(crate) operation: Operation,
    pub(crate) attempt: u32,
    /// The status and headers, without the body.
    pub(crate) response: reqwest::Response,
    pub(crate) body: Bytes,
}

/// The headers that may hold a request id. The portal documents none, so these are the usual names.
const REQUEST_ID: [&str; 4] = ["x-request-id", "request-id", "x-correlation-id", "cf-ray"];
/// The longest header value that is accepted as an id.
const LONGEST_ID: usize = 128;

impl Response {
    /// The `operationId` of the request.
    pub fn operation(&self) -> &'static str {
        self.operation.id()
    }

    /// The number of the attempt within its call, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The HTTP status code.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The id by which support may find the request, if the portal or a proxy sent one.
    pub fn request_id(&self) -> Option<&str> {
        request_id(self.headers())
    }

    /// The body. It may hold personal data and secrets.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// The request id of a response, if it looks like an id: visible ASCII, and not too long to keep.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    let looks_like_one =
        |id: &&str| (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    REQUEST_ID.iter().find_map(|name| headers.get(*name)?.to_str().ok().filter(looks_like_one))
}

/// Leaves out the body and the headers.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("operation", &self.operation())
            .field("attempt", &self.attempt)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
