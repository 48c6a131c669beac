//! The seam between the client and the network.

use std::{future::poll_fn, pin::Pin};

use reqwest::{Request, Response};
use tower_service::Service;

/// What a [`Transport`] fails with. It is the [`source`](std::error::Error::source) of the call's error, and its texts may be
/// logged, so they must hold nothing of the request. Where they repeat its URL, only the scheme and the host of that are
/// kept, and the source is then their texts alone.
pub type TransportError = Box<dyn std::error::Error + Send + Sync>;

/// What a [`Transport`] returns.
pub type TransportFuture<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// Sends the client's requests: each attempt, and each request for a token.
///
/// Give one to [`ClientBuilder::transport`](crate::ClientBuilder::transport), in a box if it is chosen while the program
/// runs. Every tower service that takes a [`reqwest::Request`] and can be cloned is one: an existing [`reqwest::Client`], or a stack of layers on top of one.
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
/// The client's own rules stay in force around it: tokens, the rate limit, time limits and retries. So a transport should
/// neither retry nor follow redirects. Requests carry the account's token, and with [`TransportFuture`] dropped the
/// attempt is over. An attempt counts as possibly carried out unless a [`reqwest::Error`] in the error's chain says that
/// no connection was made.
pub trait Transport: Send + Sync {
    /// Sends one request and returns its answer, whatever the status.
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

/// To choose one while the program runs.
impl Transport for Box<dyn Transport> {
    fn send(&self, request: Request) -> TransportFuture<'_> {
        (**self).send(request)
    }
}
