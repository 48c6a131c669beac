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

    #[test]
    fn only_this_machine_is_loopback() {
        for local in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert!(is_loopback(local.parse().unwrap()), "{local}");
        }
        for remote in ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0"] {
            assert!(!is_loopback(remote.parse().unwrap()), "{remote}");
        }
    }
}
