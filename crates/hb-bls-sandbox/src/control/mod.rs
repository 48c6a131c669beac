//! The control API under `/_sandbox`: it plays the staff, the candidate and the passing of time.

mod accounts;
mod actions;
mod input;
mod routes;

use std::net::IpAddr;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;

pub use accounts::AccountPatch;
pub use actions::Seed;
pub(crate) use routes::routes;

use crate::core::Peer;
use crate::problem::Problem;

/// Where it is mounted.
pub(crate) const PREFIX: &str = "/_sandbox";

/// Turns away everybody who is not on this machine, and web pages that a browser on it shows.
pub(crate) async fn local_programs_only(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(PREFIX) {
        if !request.extensions().get::<Peer>().is_some_and(|peer| is_loopback(peer.0)) {
            return Problem::Forbidden("The control API answers this machine only.").into_response();
        }
        // Browsers send a page's address in Origin. A page whose name has been rebound to this address shows it in
        // Host.
        if request.headers().contains_key(ORIGIN) || !asks_for_loopback(request.headers()) {
            return Problem::Forbidden("The control API answers no web page: ask without Origin, at a loopback Host.")
                .into_response();
        }
    }
    next.run(request).await
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn asks_for_loopback(headers: &HeaderMap) -> bool {
    let asked = headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    asked.is_some_and(|authority| {
        let host = authority.host();
        host.eq_ignore_ascii_case("localhost")
            || host.trim_start_matches('[').trim_end_matches(']').parse().is_ok_and(is_loopback)
    })
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

    async fn status(path: &str, peer: Option<&str>, headers: &[(&str, &str)]) -> StatusCode {
        let router = Router::new()
            .route("/_sandbox/clock", get(|| async {}))
            .route("/api/v1/courses", get(|| async {}))
            .layer(from_fn(local_programs_only));
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(address) = peer {
            request.extensions_mut().insert(Peer(address.parse().unwrap()));
        }
        router.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn the_control_api_answers_this_machine_only() {
        let headers = [("host", "127.0.0.1:8787")];
        for local in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(status("/_sandbox/clock", Some(local), &headers).await, StatusCode::OK, "{local}");
        }
        for remote in [Some("10.0.0.1"), Some("::ffff:10.0.0.1"), Some("0.0.0.0"), None] {
            assert_eq!(status("/_sandbox/clock", remote, &headers).await, StatusCode::FORBIDDEN);
            assert_eq!(status("/api/v1/courses", remote, &headers).await, StatusCode::OK);
        }
    }

    #[tokio::test]
    async fn the_control_api_is_asked_for_at_a_loopback_host() {
        for host in
            ["127.0.0.1:8787", "127.0.0.1", "127.1.2.3:80", "[::1]:8787", "[::1]", "localhost:8787", "LocalHost"]
        {
            let found = status("/_sandbox/clock", Some("127.0.0.1"), &[("host", host)]).await;
            assert_eq!(found, StatusCode::OK, "{host}");
        }
        let elsewhere = [
            "evil.example:8787",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1:8787",
            "0.0.0.0",
            "::1",
            "",
        ];
        for host in elsewhere {
            let headers = [("host", host)];
            let found = status("/_sandbox/clock", Some("127.0.0.1"), &headers).await;
            assert_eq!(found, StatusCode::FORBIDDEN, "{host}");
            assert_eq!(status("/api/v1/courses", Some("127.0.0.1"), &headers).await, StatusCode::OK, "{host}");
        }
        assert_eq!(status("/_sandbox/clock", Some("127.0.0.1"), &[]).await, StatusCode::FORBIDDEN);
    }

    #[tokio::test]
    async fn the_control_api_answers_no_web_page() {
        for origin in ["https://evil.example", "http://127.0.0.1:8787", "null"] {
            let headers = [("host", "127.0.0.1:8787"), ("origin", origin)];
            let found = status("/_sandbox/clock", Some("127.0.0.1"), &headers).await;
            assert_eq!(found, StatusCode::FORBIDDEN, "{origin}");
            assert_eq!(status("/api/v1/courses", Some("127.0.0.1"), &headers).await, StatusCode::OK, "{origin}");
        }
    }
}
