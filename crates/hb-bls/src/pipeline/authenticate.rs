//! One valid token for everybody.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

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
    pub(super) fn authorize(&self, mut request: Request) -> Request {
        request.headers_mut().insert(AUTHORIZATION, self.header.clone());
        request
    }
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// The account's token, fetched when it is first needed and renewed before it lapses.
pub(super) struct Tokens {
    credentials: Credentials,
    current: RwLock<Option<Arc<Token>>>,
    /// Held while a token is fetched: whoever waits finds it done, or how it failed.
    fetching: tokio::sync::Mutex<Option<Error>>,
    /// How many fetches have ended.
    fetched: AtomicU64,
}

impl Tokens {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            current: RwLock::default(),
            fetching: tokio::sync::Mutex::default(),
            fetched: AtomicU64::new(0),
        }
    }

    /// A token that is not the rejected one. However many wait for it, it is asked for once: they share a
    /// failure as well, and only who comes later tries again.
    pub(super) async fn current(&self, pipeline: &Arc<Pipeline>, rejected: Option<&Arc<Token>>) -> Result<Arc<Token>> {
        if let Some(token) = self.fresh(pipeline, rejected) {
            return Ok(token);
        }
        let fetched = self.fetched.load(Ordering::SeqCst);
        let old = self.valid(pipeline, rejected);
        let mut failure = match (self.fetching.try_lock(), old) {
            (Ok(failure), _) => failure,
            // somebody renews it ahead of time
            (Err(_), Some(old)) => return Ok(old),
            (Err(_), None) => self.fetching.lock().await,
        };
        if let Some(token) = self.fresh(pipeline, rejected) {
            return Ok(token);
        }
        if let Some(failure) = failure.as_ref().filter(|_| self.fetched.load(Ordering::SeqCst) > fetched) {
            return Err(failure.clone());
        }
        let valid = self.valid(pipeline, rejected);
        let outcome = self.fetch(pipeline, valid.is_some()).await;
        self.fetched.fetch_add(1, Ordering::SeqCst);
        match outcome {
            Ok(token) => {
                let token = Arc::new(token);
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
                *failure = None;
                Ok(token)
            }
            Err(error) => valid.ok_or_else(|| failure.insert(error).clone()),
        }
    }

    /// The token in use, if there is one.
    pub(super) fn stored(&self) -> Option<Arc<Token>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Drops a token that was revoked, unless it was replaced meanwhile.
    pub(super) fn forget(&self, revoked: &Arc<Token>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|token| Arc::ptr_eq(token, revoked)) {
            *current = None;
        }
    }

    fn fresh(&self, pipeline: &Pipeline, rejected: Option<&Arc<Token>>) -> Option<Arc<Token>> {
        let now = pipeline.clock.now();
        self.stored().filter(|token| now < token.renew_at && !is(token, rejected))
    }

    fn valid(&self, pipeline: &Pipeline, rejected: Option<&Arc<Token>>) -> Option<Arc<Token>> {
        let now = pipeline.clock.now();
        self.stored().filter(|token| now < token.expires_at && !is(token, rejected))
    }

    /// By the refresh token while it works, else by the credentials.
    async fn fetch(&self, pipeline: &Arc<Pipeline>, old_will_do: bool) -> Result<Token> {
        let now = pipeline.clock.now();
        let old = self.stored().filter(|old| now < old.refresh_expires_at);
        if let Some(refresh_token) = old.and_then(|old| old.refresh.clone()) {
            let call = pipeline.call(Operation::RefreshToken);
            let answer = call.raw.refresh_token().body(types::RefreshRequest { refresh_token }).send().await;
            match call.finish_json(answer) {
                Ok(pair) => return Token::new(pair, pipeline.clock.now(), Operation::RefreshToken),
                // the credentials would meet the same, or need not be bothered yet
                Err(error @ (Error::Network { .. } | Error::RateLimited { .. })) => return Err(error),
                Err(error) if error.is_retryable() && old_will_do => return Err(error),
                // used by another process, expired or revoked
                Err(_) => tracing::debug!("the refresh token does not work; using the credentials"),
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
