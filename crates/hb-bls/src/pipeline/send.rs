//! Sends one request, and reads an answer that is no file.

use bytes::{Bytes, BytesMut};
use hb_bls_gen::Operation;
use reqwest::{Request, Response};

use crate::{Error, Result};

/// The longest JSON that is read: some hundred times the largest page.
const LIMIT: usize = 16 * 1024 * 1024;

/// Sends a request as it is.
pub(super) async fn send(http: &reqwest::Client, request: Request, operation: Operation) -> Result<Response> {
    http.execute(request).await.map_err(|error| network(operation, error))
}

/// Reads a whole body, up to a limit.
pub(super) async fn read(mut response: Response, operation: Operation) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(|error| network(operation, error))? {
        if body.len() + piece.len() > LIMIT {
            return Err(Error::Decode { operation: operation.id(), path: ".".into(), reason: "it is far too long" });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// Says what happened on the way, down to the last cause, and not where to: a URL may tell too much.
pub(crate) fn network(operation: Operation, error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Error::Network { operation: operation.id(), cause: text }
}
