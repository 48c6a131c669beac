//! An access token in use.

use hb_bls_gen::{Operation, types};
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    Request,
    header::{AUTHORIZATION, HeaderValue},
};

use crate::{Error, Result, state::TokenSet};

/// How long a token is valid if the portal does not say, in seconds. The portal documents one hour for the access token
/// and seven days for the refresh token.
const ACCESS_LIFETIME: i64 = 60 * 60;
const REFRESH_LIFETIME: i64 = 7 * 24 * 60 * 60;
/// A token is renewed this many seconds before it expires, or after nine tenths of its lifetime if that is later.
const AHEAD: i64 = 60;
/// The longest token that is accepted, which is far longer than servers accept in a header.
const MAX_LENGTH: usize = 64 * 1024;

/// An access token, with the header that carries it.
pub(in crate::pipeline) struct Token {
    header: HeaderValue,
    renew_at: Timestamp,
    pub(super) set: TokenSet,
}

impl Token {
    pub(super) fn new(set: TokenSet, now: Timestamp, operation: Operation) -> Result<Self> {
        let token = set.access_token.expose();
        let fits = (1..=MAX_LENGTH).contains(&token.len());
        let header = fits.then(|| HeaderValue::try_from(format!("Bearer {token}")).ok()).flatten();
        let mut header =
            header.ok_or_else(|| Error::decode(operation, "access_token", "it cannot be sent in a header"))?;
        header.set_sensitive(true);
        let left = set.access_expires_at.duration_since(now).as_secs();
        Ok(Self { header, renew_at: after(set.access_expires_at, -AHEAD.min(left / 10).max(0)), set })
    }

    /// Puts the token on a request.
    pub(in crate::pipeline) fn authorize(&self, request: &mut Request) {
        request.headers_mut().insert(AUTHORIZATION, self.header.clone());
    }

    /// Whether it does not need to be renewed yet.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.renew_at
    }

    /// Whether it is believed to be valid.
    pub(super) fn is_valid(&self, now: Timestamp) -> bool {
        now < self.set.access_expires_at
    }

    pub(super) fn is(&self, other: &TokenSet) -> bool {
        self.set.access_token.expose() == other.access_token.expose()
    }
}

/// Whether a stored token is valid for long enough to be used.
pub(super) fn is_fresh(set: &TokenSet, now: Timestamp) -> bool {
    now < after(set.access_expires_at, -AHEAD)
}

pub(super) fn token_set(pair: types::TokenPair, now: Timestamp) -> TokenSet {
    let lifetime = pair.expires_in.filter(|seconds| *seconds > 0).unwrap_or(ACCESS_LIFETIME);
    let refresh_lifetime = pair.refresh_expires_in.filter(|seconds| *seconds > 0).unwrap_or(REFRESH_LIFETIME);
    let set = TokenSet::new(pair.access_token, after(now, lifetime));
    match pair.refresh_token {
        Some(refresh_token) => set.with_refresh(refresh_token, after(now, refresh_lifetime)),
        None => set,
    }
}

fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
