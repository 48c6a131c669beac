//! Gets a token from the store, with the refresh token, or with the credentials.

use std::{pin::pin, sync::Arc, time::Duration};

use hb_bls_gen::{Operation, types};

use tokio::sync::watch;

use super::{
    Outcome, Pipeline,
    token::{Token, is_fresh, token_set},
};
use crate::{
    Error, ErrorKind, Result, RetryPolicy,
    pipeline::{telemetry, timeout},
    state::{AccountLease, StateError, TokenSet},
};

/// How long one operation of the store may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// One fetch of a token.
pub(super) struct Fetch {
    pub(super) pipeline: Arc<Pipeline>,
    /// The token in use, which may include a refresh token.
    pub(super) current: Option<Arc<Token>>,
    /// The token that the portal refused.
    pub(super) rejected: Option<Arc<Token>>,
    /// Whether the current token still works. Then one attempt is enough, and the credentials are not needed yet.
    pub(super) ahead: bool,
    /// The channel on which callers wait for the outcome.
    pub(super) outcome: Arc<watch::Sender<Option<Outcome>>>,
}

impl Fetch {
    /// Returns a token from the store if another process has saved a valid one, and otherwise one from the portal.
    pub(super) async fn run(self) -> Result<Token> {
        let store = Arc::clone(&self.pipeline.config.token_store);
        let account = &self.pipeline.config.account;
        // without the lock two processes may fetch at once, which costs one more request, and nothing is saved
        let lease = self.stored(store.lock(account)).await;
        let stored = self.stored(store.load(account)).await.flatten();
        if let Some(token) = stored.clone().and_then(|set| self.usable(set)) {
            return Ok(token);
        }
        let known = stored.or_else(|| self.current.as_ref().map(|token| token.set.clone()));
        if let Some(set) = self.refresh(known.as_ref()).await? {
            return self.save(set, Operation::RefreshToken, lease).await;
        }
        // another process may have used the refresh token and saved the new one
        if let Some(token) = self.stored(store.load(account)).await.flatten().and_then(|set| self.usable(set)) {
            return Ok(token);
        }
        let call = self.pipeline.token_call(Operation::CreateToken, self.retry());
        let credentials = &self.pipeline.config.credentials;
        let pair = call.json::<types::TokenPair>(|raw| {
            let request = types::TokenRequest {
                hb_client_id: credentials.hb_client_id().to_owned(),
                api_key: credentials.api_key().clone(),
            };
            raw.create_token().body(request).request()
        });
        self.save(token_set(pair.await?, self.pipeline.clock().now()), Operation::CreateToken, lease).await
    }

    /// Exchanges the refresh token for new tokens. Returns `None` if the credentials must be used instead.
    async fn refresh(&self, known: Option<&TokenSet>) -> Result<Option<TokenSet>> {
        let now = self.pipeline.clock().now();
        let refresh_token =
            known.filter(|known| now < known.refresh_expires_at).and_then(|known| known.refresh_token.clone());
        let Some(refresh_token) = refresh_token else { return Ok(None) };
        let call = self.pipeline.token_call(Operation::RefreshToken, self.retry());
        let pair = call.json::<types::TokenPair>(|raw| {
            let request = types::RefreshRequest { refresh_token: refresh_token.clone() };
            raw.refresh_token().body(request).request()
        });
        match pair.await {
            Ok(pair) => Ok(Some(token_set(pair, self.pipeline.clock().now()))),
            // the token in use still works, and the next renewal may succeed
            Err(error) if error.is_retryable() && self.ahead => Err(error),
            // a request with the credentials would fail in the same way
            Err(error) if error.is_rate_limited() => Err(error),
            Err(error) if is_unanswered(&error) && !call.earlier_may_have_executed() => Err(error),
            // another process has used it, it has expired or was revoked, or a lost response has used it up
            Err(error) => {
                tracing::debug!(kind = error.kind().as_str(), "the refresh token does not work; using the credentials");
                Ok(None)
            }
        }
    }

    /// A token that another process has saved, if it can be used.
    fn usable(&self, set: TokenSet) -> Option<Token> {
        let now = self.pipeline.clock().now();
        let is_rejected = self.rejected.as_ref().is_some_and(|rejected| rejected.is(&set));
        if is_rejected || !is_fresh(&set, now) { None } else { Token::new(set, now, Operation::CreateToken).ok() }
    }

    fn retry(&self) -> RetryPolicy {
        if self.ahead { RetryPolicy::none() } else { self.pipeline.config.retry }
    }

    async fn save(&self, set: TokenSet, operation: Operation, lease: Option<AccountLease>) -> Result<Token> {
        let token = Token::new(set, self.pipeline.clock().now(), operation)?;
        telemetry::token(operation);
        let config = &self.pipeline.config;
        if let Some(lease) = lease {
            let saving = config.token_store.save(&config.account, lease.fence(), Some(&token.set));
            if self.stored(saving).await == Some(false) {
                tracing::debug!("another process has saved newer tokens; these are kept to this one");
            }
        }
        Ok(token)
    }

    async fn stored<T>(&self, work: impl Future<Output = Result<T, StateError>>) -> Option<T> {
        stored(&self.pipeline, work).await
    }
}

fn is_unanswered(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Network | ErrorKind::Timeout)
}

/// Removes a revoked token from the store, unless it was replaced meanwhile.
pub(super) async fn forget(pipeline: &Pipeline, revoked: &Token) {
    let (store, account) = (&*pipeline.config.token_store, &pipeline.config.account);
    let forgotten = async {
        let lease = store.lock(account).await?;
        if store.load(account).await?.is_some_and(|stored| revoked.is(&stored)) {
            store.save(account, lease.fence(), None).await?;
        }
        Ok(())
    };
    stored(pipeline, forgotten).await;
}

/// The result of an operation of the store, if it succeeds in time.
async fn stored<T>(pipeline: &Pipeline, work: impl Future<Output = Result<T, StateError>>) -> Option<T> {
    match timeout::within(pipeline.clock(), TIME_LIMIT, pin!(work)).await {
        Some(Ok(answer)) => return Some(answer),
        Some(Err(error)) => {
            tracing::warn!(error = %format_args!("{error:#}"), "the token store does not work; going on without it")
        }
        None => tracing::warn!("the token store takes longer than 10 s; going on without it"),
    }
    None
}
