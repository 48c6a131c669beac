//! The files that the page consists of, all of them compiled in.

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest as _, Sha256};

use crate::api::input::PathText;
use crate::problem::Problem;

type Asset = (&'static str, &'static str, &'static [u8]);

const SCRIPT: &str = "text/javascript; charset=utf-8";
const ASSETS: [Asset; 6] = [
    ("page.css", "text/css; charset=utf-8", include_bytes!("assets/page.css")),
    ("page.js", SCRIPT, include_bytes!("assets/page.js")),
    ("htmx.js", SCRIPT, include_bytes!("assets/htmx-4.0.1.min.js")),
    ("htmx-sse.js", SCRIPT, include_bytes!("assets/hx-sse-4.0.1.min.js")),
    ("icons.svg", "image/svg+xml", include_bytes!("assets/icons.svg")),
    ("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
];

/// Changes with the files, so that browsers can keep them.
pub(super) static STYLE_VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (_, _, bytes) in ASSETS {
        digest.update(bytes);
    }
    digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

pub(super) async fn serve(PathText(name): PathText) -> Response {
    let Some((_, kind, bytes)) = ASSETS.into_iter().find(|(known, _, _)| *known == name) else {
        return Problem::not_found("Resource").into_response();
    };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
    response
}
