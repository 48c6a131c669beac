//! The server's address, as the client gave it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

use crate::core::Core;

/// How links in a response begin: `http://` and the `Host` of the request, under which the client evidently reaches the
/// server. The server's own address may not be reachable, for example inside a container.
#[derive(Debug, Clone)]
pub(crate) struct Origin(pub(crate) String);

impl FromRequestParts<Arc<Core>> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Infallible> {
        let asked = parts.headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
        let asked = asked.filter(|authority| !authority.as_str().contains('@'));
        Ok(Self(asked.map_or_else(|| core.origin.clone(), |authority| format!("http://{authority}"))))
    }
}
