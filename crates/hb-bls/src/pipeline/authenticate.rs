//! One valid token for everybody.

use std::sync::{Arc, PoisonError, RwLock};

use hb_bls_gen::{Operation, Secret, types};
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    Request,
    header::{AUTHORIZATION, HeaderValue},
};

use super::Pipeline;
use crate::{Credentials, Error, Result};

/// How long a token lives if the portal does not tell.
const ACCESS_LIFETIME: i64 = 60 * 60;
const REFRESH_LIFETIME: i64 = 7 * 24 * 60 * 60;
/// A token is renewed this long before it lapses, or a tenth of its life if that is shorter.
const AHEAD: i64 = 60;

/// A token pair, and when its halves lapse.
pub(super) struct Token {
    header: HeaderValue,
    renew_at: Timestamp,
    expires_at: Timestamp,
    refresh: Option<Secret>,
    refresh_expires_at: Timestamp,
}

impl Token {
    fn new(pair: types::TokenPair, now: Timestamp, operation: Operation) -> Result<Self> {
        let mut header = HeaderValue::try_from(format!("Bearer {}", pair.access_token.expose())).map_err(|_| {
            Error::Decode { operation: operation.id(), path: "access_token".into(), reason: "not fit for a header" }
        })?;
        header.set_sensitive(true);
        let lifetime = pair.expires_in.filter(|seconds| *seconds > 0).unwrap_or(ACCESS_LIFETIME);
        let refresh_lifetime = pair.refresh_expires_in.filter(|seconds| *seconds > 0).unwrap_or(REFRESH_LIFETIME);
        Ok(Self {
            header,
            renew_at: after(now, lifetime - AHEAD.min(lifetime / 10)),
            expires_at: after(now, lifetime),
            refresh: pair.refresh_token,
            refresh_expires_at: after(now, refresh_lifetime),
        })
    }

    /// Puts the token on a request.
    pub(super) fn authorize(&self, mut request: Request) -> Result<Request> {
        request.headers_mut().insert(AUTHORIZATION, self.header.clone());
        Ok(request)
    }
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// The account's token, fetched when it is first needed and renewed before it lapses.
pub(super) struct Tokens {
    credentials: Credentials,
    current: RwLock<Option<Arc<Token>>>,
    /// Held while a token is fetched: whoever waits finds it done.
    fetching: tokio::sync::Mutex<()>,
}

impl Tokens {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, current: RwLock::new(None), fetching: tokio::sync::Mutex::new(()) }
    }

    /// A token that is not the rejected one. However many wait for it, it is fetched once.
    pub(super) async fn current(&self, pipeline: &Arc<Pipeline>, rejected: Option<&Arc<Token>>) -> Result<Arc<Token>> {
        if let Some(token) = self.usable(pipeline, rejected) {
            return Ok(token);
        }
        let _fetching = self.fetching.lock().await;
        if let Some(token) = self.usable(pipeline, rejected) {
            return Ok(token);
        }
        let old = self.stored();
        match self.fetch(pipeline, old.as_deref()).await {
            Ok(token) => {
                let token = Arc::new(token);
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
                Ok(token)
            }
            // renewed ahead of time, so the old one may still do
            Err(error) => {
                let now = pipeline.clock.now();
                old.filter(|old| now < old.expires_at && !is(old, rejected)).ok_or(error)
            }
        }
    }

    /// Drops the token: it was revoked.
    pub(super) fn forget(&self) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn stored(&self) -> Option<Arc<Token>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn usable(&self, pipeline: &Pipeline, rejected: Option<&Arc<Token>>) -> Option<Arc<Token>> {
        let now = pipeline.clock.now();
        self.stored().filter(|token| now < token.renew_at && !is(token, rejected))
    }

    /// By the refresh token while it works, else by the credentials.
    async fn fetch(&self, pipeline: &Arc<Pipeline>, old: Option<&Token>) -> Result<Token> {
        let now = pipeline.clock.now();
        let refresh = old.filter(|old| now < old.refresh_expires_at).and_then(|old| old.refresh.clone());
        if let Some(refresh_token) = refresh {
            let call = pipeline.call(Operation::RefreshToken);
            let answer = call.raw.refresh_token().body(types::RefreshRequest { refresh_token }).send().await;
            match call.finish_json(answer) {
                Ok(pair) => return Token::new(pair, pipeline.clock.now(), Operation::RefreshToken),
                Err(error) if error.is_retryable() => return Err(error),
                // used by another process, expired or revoked
                Err(_) => tracing::debug!("the refresh token no longer works; using the credentials"),
            }
        }
        let call = pipeline.call(Operation::CreateToken);
        let request = types::TokenRequest {
            hb_client_id: self.credentials.hb_client_id().to_owned(),
            api_key: self.credentials.api_key().clone(),
        };
        let answer = call.raw.create_token().body(request).send().await;
        Token::new(call.finish_json(answer)?, pipeline.clock.now(), Operation::CreateToken)
    }
}

fn is(token: &Arc<Token>, rejected: Option<&Arc<Token>>) -> bool {
    rejected.is_some_and(|rejected| Arc::ptr_eq(token, rejected))
}
