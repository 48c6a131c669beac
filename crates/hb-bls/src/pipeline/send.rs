//! Sends one request and reads the whole response.

use bytes::{Bytes, BytesMut};
use hb_bls_gen::Operation;
use reqwest::{Request, Url};
use url::Position;

use crate::{Error, Response, Result, Transport, error_chain, transport::TransportError};

/// The longest JSON body that is read: about a hundred times the largest page.
const JSON_LIMIT: usize = 16 * 1024 * 1024;
/// The longest certificate that is read.
const FILE_LIMIT: usize = 64 * 1024 * 1024;

/// The outcome of a request, and without a response, whether the portal may have carried the request out.
pub(super) enum Sent {
    Response(Response),
    /// No connection could be made, or it broke while a refusal was read.
    NotCarriedOut(Error),
    /// The connection broke before the response was complete.
    Lost(Error),
}

/// Sends a request unchanged.
pub(super) async fn send(transport: &dyn Transport, request: Request, operation: Operation, attempt: u32) -> Sent {
    let url = request.url().clone();
    let mut response = match transport.send(request).await {
        Ok(response) => response,
        Err(error) => {
            let sent = if is_connect(&*error) { Sent::NotCarriedOut } else { Sent::Lost };
            return sent(network(operation, &url, error));
        }
    };
    let status = response.status();
    let body = match read(&mut response, operation, &url).await {
        Ok(body) => body,
        // the body of these statuses says what is in the way or wrong
        Err(error) if [409, 422].contains(&status.as_u16()) => {
            return Sent::NotCarriedOut(error.with_request_id_of(response.headers()));
        }
        // the status is enough
        Err(_) if !status.is_success() || operation.accept().is_none() => Bytes::new(),
        Err(error) => return Sent::Lost(error.with_request_id_of(response.headers())),
    };
    Sent::Response(Response { operation, attempt, response, body })
}

/// Reads a whole body, up to a limit.
async fn read(response: &mut reqwest::Response, operation: Operation, url: &Url) -> Result<Bytes> {
    let failed = |error| network(operation, url, error);
    let limit = if operation.accept() == Some("application/json") { JSON_LIMIT } else { FILE_LIMIT };
    let Some(first) = response.chunk().await.map_err(failed)? else {
        return Ok(Bytes::new());
    };
    let Some(second) = response.chunk().await.map_err(failed)? else {
        return Ok(first);
    };
    let mut body = BytesMut::from(first);
    let mut next = Some(second);
    while let Some(piece) = next {
        if body.len() + piece.len() > limit {
            return Err(Error::decode(operation, ".", "the body is too long"));
        }
        body.extend_from_slice(&piece);
        next = response.chunk().await.map_err(failed)?;
    }
    Ok(body.freeze())
}

/// Whether no connection was made. Layers of a transport may wrap the error that says so.
fn is_connect(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(error), |error| error.source());
    chain.any(|error| error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect))
}

/// Removes what follows the host in the URL, which may contain personal data, also where layers of a transport repeat it.
#[cold]
fn network(operation: Operation, url: &Url, error: impl Into<TransportError>) -> Error {
    let error = match error.into().downcast::<reqwest::Error>() {
        Ok(error) => error.without_url().into(),
        Err(other) => other,
    };
    Error::network(operation, error_chain::without(error, &url[Position::BeforePath..]))
}
