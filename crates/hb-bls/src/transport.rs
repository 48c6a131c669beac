//! The interface between the client and the network.

use std::{future::poll_fn, pin::Pin};

use reqwest::{Request, Response};
use tower_service::Service;

/// The error of a [`Transport`]. It is the [`source`](std::error::Error::source) of the call's error, and its texts may be
/// logged, so they must contain nothing of the request. Where they repeat the request's URL, only its scheme and host are
/// kept, and the source is then made of the texts alone.
pub type TransportError = Box<dyn std::error::Error + Send + Sync>;

/// The future that [`Transport::send`] returns.
pub type TransportFuture<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// Sends the client's requests: every attempt of a call, and the requests for tokens.
///
/// Pass one to [`ClientBuilder::transport`](crate::ClientBuilder::transport), in a box if it is chosen at run time. Every
/// tower service that takes a [`reqwest::Request`] and can be cloned is a transport: an existing [`reqwest::Client`], or a
/// stack of layers on top of one.
///
/// ```
/// use tower::ServiceBuilder;
///
/// # fn example() -> hb_bls::Result<()> {
/// let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
/// let stack = ServiceBuilder::new().concurrency_limit(4).service(http);
/// let client = hb_bls::Client::builder()
///     .credentials(hb_bls::Credentials::new("my-client-id", "my-api-key"))
///     .transport(stack)
///     .build()?;
/// # Ok(())
/// # }
/// ```
///
/// The client still handles tokens, the rate limit, timeouts and retries around the transport, so a transport should
/// neither retry nor follow redirects. Requests carry the account's token. When the [`TransportFuture`] is dropped, the
/// attempt is over.
///
/// After an error, the client assumes that the request may have been carried out, unless a [`reqwest::Error`] in the
/// chain of causes says that no connection was made.
pub trait Transport: Send + Sync {
    /// Sends one request and returns its response, whatever the status.
    fn send(&self, request: Request) -> TransportFuture<'_>;
}

impl<S> Transport for S
where
    S: Service<Request, Response = Response, Error: Into<TransportError>, Future: Send> + Clone + Send + Sync,
{
    fn send(&self, request: Request) -> TransportFuture<'_> {
        let mut service = self.clone();
        Box::pin(async move {
            poll_fn(|context| service.poll_ready(context)).await.map_err(Into::into)?;
            service.call(request).await.map_err(Into::into)
        })
    }
}

/// A boxed transport is one too, so that it can be chosen at run time.
impl Transport for Box<dyn Transport> {
    fn send(&self, request: Request) -> TransportFuture<'_> {
        (**self).send(request)
    }
}
