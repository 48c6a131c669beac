//! The files that the page consists of, all of them compiled in.

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest as _, Sha256};

use super::result::Shown;
use crate::api::input::PathText;
use crate::problem::Problem;

type Asset = (&'static str, &'static str, &'static str);

const SCRIPT: &str = "text/javascript; charset=utf-8";
/// In one file, since htmx looks for its extensions as soon as it has been loaded.
const HTMX: &str = concat!(include_str!("assets/htmx-4.0.1.min.js"), "\n", include_str!("assets/hx-sse-4.0.1.min.js"));
const ASSETS: [Asset; 5] = [
    ("page.css", "text/css; charset=utf-8", include_str!("assets/page.css")),
    ("page.js", SCRIPT, include_str!("assets/page.js")),
    ("htmx.js", SCRIPT, HTMX),
    ("icons.svg", "image/svg+xml", include_str!("assets/icons.svg")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

/// Changes with the files, so that browsers can keep them.
pub(super) static STYLE_VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (_, _, text) in ASSETS {
        digest.update(text);
    }
    digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

pub(super) async fn serve(PathText(name): PathText) -> Shown {
    let asset = ASSETS.into_iter().find(|(known, _, _)| *known == name);
    let (_, kind, text) = asset.ok_or_else(|| Problem::not_found("Page"))?;
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
    Ok(response)
}
