//! One valid token for everybody.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use hb_bls_gen::{Operation, types};
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    Request,
    header::{AUTHORIZATION, HeaderValue},
};

use super::Pipeline;
use crate::{
    Error, Result,
    state::{StateError, TokenSet},
};

/// How long a token lives if the portal does not tell.
const ACCESS_LIFETIME: i64 = 60 * 60;
const REFRESH_LIFETIME: i64 = 7 * 24 * 60 * 60;
/// A token is renewed this long before it lapses, or a tenth of its life if that is shorter.
const AHEAD: i64 = 60;

/// The longest token that is taken: far more than servers take in a header.
const LONGEST: usize = 64 * 1024;

/// A token in use.
pub(super) struct Token {
    header: HeaderValue,
    renew_at: Timestamp,
    set: TokenSet,
}

impl Token {
    fn new(set: TokenSet, now: Timestamp, operation: Operation) -> Result<Self> {
        let token = set.access_token.expose();
        let fits = (1..=LONGEST).contains(&token.len());
        let header = fits.then(|| HeaderValue::try_from(format!("Bearer {token}")).ok()).flatten();
        let mut header = header.ok_or_else(|| Error::Decode {
            operation: operation.id(),
            path: "access_token".into(),
            reason: "not fit for a header",
        })?;
        header.set_sensitive(true);
        let left = set.access_expires_at.duration_since(now).as_secs();
        Ok(Self { header, renew_at: after(set.access_expires_at, -AHEAD.min(left / 10).max(0)), set })
    }

    /// Puts the token on a request.
    pub(super) fn authorize(&self, request: &mut Request) {
        request.headers_mut().insert(AUTHORIZATION, self.header.clone());
    }

    fn is(&self, other: &TokenSet) -> bool {
        self.set.access_token.expose() == other.access_token.expose()
    }
}

fn token_set(pair: types::TokenPair, now: Timestamp) -> TokenSet {
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

/// The account's token, fetched when it is first needed and renewed before it lapses.
#[derive(Default)]
pub(super) struct Tokens {
    current: RwLock<Option<Arc<Token>>>,
    /// Held while a token is fetched: whoever waits finds it done, or how it failed.
    fetching: tokio::sync::Mutex<Option<Error>>,
    /// How many fetches have ended.
    fetched: AtomicU64,
}

impl Tokens {
    /// The token in use, if it need not be renewed yet and is not the rejected one.
    pub(super) fn fresh(&self, now: Timestamp, rejected: Option<&Arc<Token>>) -> Option<Arc<Token>> {
        self.in_use().filter(|token| now < token.renew_at && !is(token, rejected))
    }

    /// Another token than the rejected one. However many wait for it, it is asked for once: they share a failure as
    /// well, and only who comes later tries again.
    pub(super) async fn renew(&self, pipeline: &Arc<Pipeline>, rejected: Option<&Arc<Token>>) -> Result<Arc<Token>> {
        let fetched = self.fetched.load(Ordering::SeqCst);
        let old = self.valid(pipeline, rejected);
        let mut failure = match (self.fetching.try_lock(), old) {
            (Ok(failure), _) => failure,
            // somebody renews it ahead of time
            (Err(_), Some(old)) => return Ok(old),
            (Err(_), None) => self.fetching.lock().await,
        };
        if let Some(token) = self.fresh(pipeline.clock().now(), rejected) {
            return Ok(token);
        }
        if let Some(failure) = failure.as_ref().filter(|_| self.fetched.load(Ordering::SeqCst) > fetched) {
            return Err(failure.clone());
        }
        let valid = self.valid(pipeline, rejected);
        let outcome = self.obtain(pipeline, rejected, valid.is_some()).await;
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
    pub(super) fn in_use(&self) -> Option<Arc<Token>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Drops a token that was revoked, unless it was replaced meanwhile.
    pub(super) async fn forget(&self, pipeline: &Pipeline, revoked: &Arc<Token>) {
        {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            if current.as_ref().is_some_and(|token| Arc::ptr_eq(token, revoked)) {
                *current = None;
            }
        }
        let store = &*pipeline.settings.token_store;
        let forgotten = async {
            let _locked = store.lock().await?;
            if store.load().await?.is_some_and(|stored| revoked.is(&stored)) {
                store.save(None).await?;
            }
            Ok(())
        };
        forgotten.await.unwrap_or_else(without_store);
    }

    fn valid(&self, pipeline: &Pipeline, rejected: Option<&Arc<Token>>) -> Option<Arc<Token>> {
        let now = pipeline.clock().now();
        self.in_use().filter(|token| now < token.set.access_expires_at && !is(token, rejected))
    }

    /// From the store if another process has put a good one there; else from the portal.
    async fn obtain(
        &self,
        pipeline: &Arc<Pipeline>,
        rejected: Option<&Arc<Token>>,
        old_will_do: bool,
    ) -> Result<Token> {
        let store = &*pipeline.settings.token_store;
        // without a lock two processes may fetch at once, which costs a request and no more
        let _locked = store.lock().await.map_err(without_store).ok();
        let stored = store.load().await.unwrap_or_else(|error| {
            without_store(error);
            None
        });
        if let Some(token) = stored.clone().and_then(|set| usable(set, pipeline, rejected)) {
            return Ok(token);
        }
        let known = stored.or_else(|| self.in_use().map(|token| token.set.clone()));
        if let Some(set) = self.refresh(pipeline, known.as_ref(), old_will_do).await? {
            return save(set, pipeline, Operation::RefreshToken).await;
        }
        // whoever has used up the refresh token may have saved what it got for it
        let newer = store.load().await.ok().flatten();
        if let Some(token) = newer.and_then(|set| usable(set, pipeline, rejected)) {
            return Ok(token);
        }
        let call = pipeline.token_call(Operation::CreateToken);
        let credentials = &pipeline.settings.credentials;
        let pair = call.read_raw(|| {
            let request = types::TokenRequest {
                hb_client_id: credentials.hb_client_id().to_owned(),
                api_key: credentials.api_key().clone(),
            };
            call.raw.create_token().body(request).send()
        });
        save(token_set(pair.await?, pipeline.clock().now()), pipeline, Operation::CreateToken).await
    }

    /// By the refresh token while it works. Nothing if the credentials are to be used.
    async fn refresh(
        &self,
        pipeline: &Arc<Pipeline>,
        known: Option<&TokenSet>,
        old_will_do: bool,
    ) -> Result<Option<TokenSet>> {
        let now = pipeline.clock().now();
        let refresh_token =
            known.filter(|known| now < known.refresh_expires_at).and_then(|known| known.refresh_token.clone());
        let Some(refresh_token) = refresh_token else { return Ok(None) };
        let call = pipeline.token_call(Operation::RefreshToken);
        let pair = call.read_raw(|| {
            let request = types::RefreshRequest { refresh_token: refresh_token.clone() };
            call.raw.refresh_token().body(request).send()
        });
        match pair.await {
            Ok(pair) => Ok(Some(token_set(pair, pipeline.clock().now()))),
            // the credentials need not be bothered yet
            Err(error) if error.is_retryable() && old_will_do => Err(error),
            // nor would they get through
            Err(error @ Error::RateLimited { .. }) => Err(error),
            Err(error @ Error::Network { .. }) if !call.is_unsettled() => Err(error),
            // used by another process, expired or revoked, or used up by an answer that was lost
            Err(error) => {
                tracing::debug!(kind = error.kind(), "the refresh token does not work; using the credentials");
                Ok(None)
            }
        }
    }
}

/// A token that was saved by another process, if it can be used.
fn usable(set: TokenSet, pipeline: &Pipeline, rejected: Option<&Arc<Token>>) -> Option<Token> {
    let now = pipeline.clock().now();
    let is_fresh = now < after(set.access_expires_at, -AHEAD);
    let is_rejected = rejected.is_some_and(|rejected| rejected.is(&set));
    if is_rejected || !is_fresh { None } else { Token::new(set, now, Operation::CreateToken).ok() }
}

async fn save(set: TokenSet, pipeline: &Pipeline, operation: Operation) -> Result<Token> {
    let token = Token::new(set, pipeline.clock().now(), operation)?;
    pipeline.settings.token_store.save(Some(&token.set)).await.unwrap_or_else(without_store);
    Ok(token)
}

fn without_store(error: StateError) {
    tracing::warn!(%error, "the token store does not work; going on without");
}

fn is(token: &Arc<Token>, rejected: Option<&Arc<Token>>) -> bool {
    rejected.is_some_and(|rejected| Arc::ptr_eq(token, rejected))
}
