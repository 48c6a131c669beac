//! How a view was asked for.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::Uri;
use http::request::Parts;

use crate::api::input::Query;
use crate::core::Core;
use crate::origin::Origin;

/// The address of a view: its path and parameters, and the address of the sandbox.
#[derive(Debug)]
pub(super) struct Asked {
    uri: Uri,
    query: Query,
    pub(super) origin: String,
}

impl FromRequestParts<Arc<Core>> for Asked {
    type Rejection = super::refusal::Refused;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Self::Rejection> {
        let Ok(Origin(origin)) = Origin::from_request_parts(parts, core).await;
        Ok(Self { uri: parts.uri.clone(), query: Query::from_request_parts(parts, core).await?, origin })
    }
}

impl Asked {
    /// A parameter; none if it is blank.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.fields.get(name).and_then(|value| value.as_str()).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The same as a number. What is none narrows nothing.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.parameter(name).and_then(|text| text.parse().ok())
    }

    /// Where a page that follows changes fetches itself again: without the word that something was just done.
    pub(super) fn following(&self) -> String {
        let kept = self.query.pairs.iter().filter(|(name, _)| name != "done");
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
        if query.is_empty() { self.uri.path().to_owned() } else { format!("{}?{query}", self.uri.path()) }
    }
}
