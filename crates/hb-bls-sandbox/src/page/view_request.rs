//! The request for a view of the page.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::REFERER;
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::api::input::Query;
use crate::core::Core;
use crate::origin::Origin;

/// The address of a view: its path and parameters, and the address of the sandbox.
#[derive(Debug)]
pub(super) struct ViewRequest {
    uri: Uri,
    query: Query,
    pub(super) origin: String,
    /// The page of the sandbox whose link or form was used, as [`ViewRequest::following`] names it.
    pub(super) came_from: Option<String>,
}

impl FromRequestParts<Arc<Core>> for ViewRequest {
    type Rejection = super::result::Refused;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Self::Rejection> {
        let Ok(Origin(origin)) = Origin::from_request_parts(parts, core).await;
        let came_from = came_from(&parts.headers, &origin);
        Ok(Self { uri: parts.uri.clone(), query: Query::from_request_parts(parts, core).await?, origin, came_from })
    }
}

impl ViewRequest {
    /// A parameter; none if it is blank.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.fields.get(name).and_then(|value| value.as_str()).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The same as a number. A value that is not a number is ignored.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.parameter(name).and_then(|text| text.parse().ok())
    }

    /// Where a page that follows changes fetches itself again: without the word that something was just done.
    pub(super) fn following(&self) -> String {
        without_done(self.uri.path(), self.query.pairs.iter().cloned())
    }
}

fn without_done(path: &str, pairs: impl Iterator<Item = (String, String)>) -> String {
    let kept = pairs.filter(|(name, _)| name != "done");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn came_from(headers: &HeaderMap, origin: &str) -> Option<String> {
    let page: Uri = headers.get(REFERER)?.to_str().ok()?.strip_prefix(origin)?.parse().ok()?;
    let pairs = form_urlencoded::parse(page.query().unwrap_or_default().as_bytes()).into_owned();
    super::is_guarded(page.path()).then(|| without_done(page.path(), pairs))
}
