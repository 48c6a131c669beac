//! The address by which the server was asked.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

use crate::core::Core;

/// What links in a response begin with: `http://` and the `Host` that was asked for, at which whoever asks can reach the
/// server. Its own address need not be one: in a container, for example, it is not.
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
