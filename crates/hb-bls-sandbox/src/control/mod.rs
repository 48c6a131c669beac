//! The control API under `/_sandbox`: it plays the staff, the candidate and the passing of time.

mod accounts;
mod actions;
mod input;
mod routes;

use std::net::IpAddr;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

pub use accounts::AccountPatch;
pub use actions::Seed;
pub(crate) use routes::routes;

use crate::problem::Problem;
use crate::server::Peer;

/// Where it is mounted.
pub(crate) const PREFIX: &str = "/_sandbox";

/// Turns away everybody who is not on this machine.
pub(crate) async fn loopback_only(request: Request, next: Next) -> Response {
    let is_control = request.uri().path().starts_with(PREFIX);
    let is_local = request.extensions().get::<Peer>().is_some_and(|peer| is_loopback(peer.0));
    if is_control && !is_local {
        return Problem::Forbidden("The control API answers this machine only.").into_response();
    }
    next.run(request).await
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use http::{Request, StatusCode};
    use tower::ServiceExt as _;

    async fn status(path: &str, peer: Option<&str>) -> StatusCode {
        let router = Router::new()
            .route("/_sandbox/clock", get(|| async {}))
            .route("/api/v1/courses", get(|| async {}))
            .layer(from_fn(loopback_only));
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        if let Some(address) = peer {
            request.extensions_mut().insert(Peer(address.parse().unwrap()));
        }
        router.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn the_control_api_answers_this_machine_only() {
        for local in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(status("/_sandbox/clock", Some(local)).await, StatusCode::OK, "{local}");
        }
        for remote in [Some("10.0.0.1"), Some("::ffff:10.0.0.1"), Some("0.0.0.0"), None] {
            assert_eq!(status("/_sandbox/clock", remote).await, StatusCode::FORBIDDEN);
            assert_eq!(status("/api/v1/courses", remote).await, StatusCode::OK);
        }
    }
}
