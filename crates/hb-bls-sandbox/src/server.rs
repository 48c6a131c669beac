//! Accepting connections and serving the router on them.
//!
//! By hand rather than with `axum::serve`, since a fault may ask for the connection to be reset.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::routing::get;
use axum::{Router, middleware};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use crate::api::{self, ResetConnection};
use crate::core::{Core, Peer};
use crate::{control, guard, page};

/// The router of the API, the control API and the page.
pub(crate) fn router(core: Arc<Core>) -> Router {
    Router::new()
        .merge(api::routes())
        .merge(control::routes())
        .merge(page::routes(&core))
        .route("/healthz", get(healthy))
        .fallback(api::no_such_route)
        .method_not_allowed_fallback(api::no_such_method)
        .layer(middleware::from_fn_with_state(core.clone(), guard::guard))
        .layer(middleware::from_fn_with_state(core.clone(), api::gate))
        .with_state(core)
}

/// For health checks: whoever may reach the port may know that it answers, and nothing else.
async fn healthy() -> &'static str {
    "ok\n"
}

/// Serves until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, Peer(peer.ip()), router.clone()));
            }
            Err(error) => {
                // There may be no file handle left; after a pause there may be one.
                tracing::warn!(%error, "could not accept a connection");
                crate::clock::pause(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: Peer, router: Router) {
    // Small responses must not wait for acknowledgements.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let reset = Arc::new(AtomicBool::new(false));
    let asked = reset.clone();
    let service = service_fn(move |request| answer(request, peer, router.clone(), asked.clone()));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = (&mut connection).await {
        tracing::debug!(%error, "connection ended early");
    }
    if reset.load(Ordering::Relaxed) {
        // A linger of zero turns the close into a reset.
        let stream = connection.into_parts().io.into_inner();
        if let Err(error) = stream.set_zero_linger() {
            tracing::warn!(%error, "the connection is closed instead of reset");
        }
    }
}

async fn answer(
    mut request: Request<Incoming>,
    peer: Peer,
    router: Router,
    reset: Arc<AtomicBool>,
) -> io::Result<Response<Body>> {
    request.extensions_mut().insert(peer);
    let Ok(response) = router.oneshot(request.map(Body::new)).await;
    if response.extensions().get::<ResetConnection>().is_some() {
        reset.store(true, Ordering::Relaxed);
        // An error instead of a response makes hyper drop the connection.
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    Ok(response)
}
