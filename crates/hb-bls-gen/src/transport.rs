//! How the generated methods reach the network.

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;
use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::{
    Request, Response,
    header::{ACCEPT, HeaderValue},
};

use crate::{Client, Error, Operation};

/// What a [`Transport`] fails with.
pub type TransportError = Box<dyn std::error::Error + Send + Sync>;

/// What a [`Transport`] returns.
pub type TransportFuture<'a> = BoxFuture<'a, Result<Response, TransportError>>;

/// Sends the requests that generated methods make: the place for authentication, retries and pacing.
pub trait Transport: Send + Sync {
    /// Sends one request and returns its answer, whatever the status. If it has read the body, it gives that
    /// [back](crate::with_body).
    ///
    /// A failure reaches the caller of the generated method as [`Error::Custom`] with the error's text.
    fn send(&self, request: Request, operation: Operation) -> TransportFuture<'_>;
}

/// What the generated [`Client`] carries: the transport its methods send through.
#[derive(Clone)]
pub struct Inner(Arc<dyn Transport>);

impl Inner {
    /// Wraps a transport.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inner(..)")
    }
}

/// Sends requests as they are.
#[derive(Debug, Clone)]
pub struct ReqwestTransport(pub reqwest::Client);

impl Transport for ReqwestTransport {
    fn send(&self, request: Request, _: Operation) -> TransportFuture<'_> {
        Box::pin(async move { self.0.execute(request).await.map_err(|error| error.without_url().into()) })
    }
}

/// Marks the stand-in for an answer that never came, until the `post` hook turns it into an error: `exec` can
/// fail with nothing but a `reqwest::Error`, which only reqwest can make.
#[derive(Clone)]
struct Failure(Arc<str>);

impl ClientHooks<Inner> for Client {
    async fn exec(&self, mut request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let Some(operation) = Operation::from_function(info.operation_id) else {
            return Ok(failure(&format!("no operation has the method `{}`", info.operation_id)));
        };
        // generated methods ask for JSON themselves; without it Laravel answers errors as web pages
        if operation.accept() != Some("application/json") {
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept(operation)));
        }
        match self.inner.0.send(request, operation).await {
            Ok(response) => Ok(response),
            Err(error) => Ok(failure(&error.to_string())),
        }
    }

    async fn post<E>(&self, result: &reqwest::Result<Response>, _: &OperationInfo) -> Result<(), Error<E>> {
        match result.as_ref().ok().and_then(|response| response.extensions().get::<Failure>()) {
            Some(Failure(message)) => Err(Error::Custom(message.to_string())),
            None => Ok(()),
        }
    }
}

/// Errors are JSON, whatever success is.
fn accept(operation: Operation) -> &'static str {
    match operation.accept() {
        Some("application/pdf") => "application/pdf, application/json",
        Some(media) => media,
        None => "application/json",
    }
}

fn failure(message: &str) -> Response {
    let mut response = Response::from(http::Response::new(reqwest::Body::default()));
    response.extensions_mut().insert(Failure(message.into()));
    response
}
