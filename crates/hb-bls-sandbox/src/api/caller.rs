//! The caller of a request: the account behind the bearer token.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::Timestamp;

use crate::core::Core;
use crate::problem::Problem;
use crate::request_log::RequestNotes;
use crate::store::tokens;

/// An authenticated account.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) account: i64,
    pub(super) access_token: String,
    pub(super) expires_at: Timestamp,
    notes: RequestNotes,
}

impl Caller {
    /// Notes for the log which booking the request is about.
    pub(super) fn is_about(&self, booking: i64) {
        self.notes.booking.store(booking, Ordering::Relaxed);
    }
}

impl FromRequestParts<Arc<Core>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Problem> {
        let token = bearer(parts).ok_or(Problem::Unauthenticated("Unauthenticated."))?;
        let now = core.clock.now();
        let (account, expires_at) = core
            .store
            .read(|db| tokens::holder(db, token, now))?
            .ok_or(Problem::Unauthenticated("Unauthenticated."))?;
        let notes = parts.extensions.get::<RequestNotes>().cloned().unwrap_or_default();
        notes.account.store(account, Ordering::Relaxed);
        Ok(Self { account, access_token: token.to_owned(), expires_at, notes })
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
