//! The way of every request: task -> deadline -> authenticate -> rate limit -> send -> classify, and again if that may help.
//!
//! A resource makes a [`Call`] and gives it a closure in which a generated method builds the request. Nothing here knows what
//! the operations are about. The token comes
//! before the permit, because getting one takes a permit of its own, for which it does not queue. All of it runs in a task (`task`), so that a caller who
//! does not poll holds nothing that others need.

mod authenticate;
mod call;
mod classify;
mod decode;
pub(crate) mod limit;
mod rate_limit;
mod retry;
mod send;
pub(crate) mod task;
mod telemetry;

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use hb_bls_gen::{self as raw, Operation};
use reqwest::{Request, Url};

use crate::{
    CallOptions, Clock, Credentials, Error, ErrorKind, Result, Transport,
    drift::Watch,
    state::{AccountKey, AccountLock, RateLimitHeaders, RateLimiter, TokenStore},
};
use authenticate::{Token, Tokens};
use call::Attempt;
pub(crate) use call::{Build, Call};
use rate_limit::Queue;
pub use retry::RetryPolicy;
use send::Sent;

/// How a client goes about its calls.
pub(crate) struct Settings {
    pub(crate) base_url: Arc<Url>,
    pub(crate) credentials: Credentials,
    /// What shared state knows the account by.
    pub(crate) account: AccountKey,
    pub(crate) clock: Arc<dyn Clock>,
    /// For a call with all its attempts, waiting for the rate limit included; the default does not include that.
    pub(crate) timeout: Option<Duration>,
    /// For an attempt, from sending to the end of the answer.
    pub(crate) attempt_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    /// The longest pause that the portal may ask for.
    pub(crate) max_retry_after: Duration,
    pub(crate) rate_limiter: Option<Arc<dyn RateLimiter>>,
    pub(crate) token_store: Arc<dyn TokenStore>,
    pub(crate) account_lock: Arc<dyn AccountLock>,
    pub(crate) watch_drift: bool,
    /// Whether carrying an operation out twice is as good as once.
    pub(crate) is_repeatable: fn(Operation) -> bool,
    /// What an error of an operation means beyond its status.
    pub(crate) interpret: fn(Operation, Error) -> Error,
}

/// What the clones of a client share.
pub(crate) struct Pipeline {
    transport: Arc<dyn Transport>,
    /// Builds requests.
    raw: raw::Client,
    tokens: Tokens,
    queue: Option<Queue>,
    pub(crate) settings: Settings,
    pub(crate) drift: Option<Watch>,
}

impl Pipeline {
    pub(crate) fn new(http: reqwest::Client, transport: Option<Arc<dyn Transport>>, settings: Settings) -> Self {
        Self {
            transport: transport.unwrap_or_else(|| Arc::new(http.clone())),
            raw: raw::Client::new_with_client(Arc::clone(&settings.base_url), http),
            tokens: Tokens::default(),
            queue: settings.rate_limiter.clone().map(|limiter| Queue::new(limiter, &settings)),
            drift: settings.watch_drift.then(Watch::default),
            settings,
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.settings.clock
    }

    /// Starts a call.
    pub(crate) fn call(self: &Arc<Self>, operation: Operation, options: &Arc<CallOptions>) -> Call {
        Call::new(Arc::clone(self), operation, Arc::clone(options))
    }

    /// A call for a token, which no caller's options apply to.
    fn token_call(self: &Arc<Self>, operation: Operation, retry: RetryPolicy) -> Call {
        self.call(operation, &Arc::new(CallOptions::new().retry(retry)))
    }

    /// One attempt of a call: gets a token, waits for a turn, sends, and tells the rate limiter what came of it.
    async fn attempt(self: &Arc<Self>, mut request: Request, call: &Call, attempt: Attempt) -> Result<Bytes> {
        let asked = self.tokens.fetches();
        // in a box, so that the futures of calls that have a token stay small
        let get_token = || Box::pin(self.get_token(call, attempt.rejected.as_ref(), asked));
        let mut token = get_token().await?;
        let mut permit = None;
        if let Some(queue) = &self.queue {
            // a token that was got before a long wait may have expired by its end
            let (held, newer) = queue.acquire(call, get_token).await?;
            permit = Some(held);
            token = newer.unwrap_or(token);
        }
        if let Some(token) = &token {
            token.authorize(&mut request);
        }
        let (outcome, headers) = self.send(request, call, attempt.number).await;
        if let Some(permit) = permit {
            permit.release(headers);
        }
        if let Some(token) = token
            && match &outcome {
                Ok(_) => call.operation == Operation::RevokeToken,
                Err(error) => call.is_refused(error),
            }
        {
            call.reject(token);
        }
        outcome
    }

    /// A token for an operation that needs one. Fetches that ended before `asked` are none of this call's business.
    async fn get_token(
        self: &Arc<Self>,
        call: &Call,
        rejected: Option<&Arc<Token>>,
        asked: u64,
    ) -> Result<Option<Arc<Token>>> {
        if !call.operation.is_authenticated() {
            return Ok(None);
        }
        match self.tokens.get(self, rejected, asked).await {
            Err(error) if error.kind() == ErrorKind::TokenRefused => Err(error.with_operation(call.operation)),
            outcome => outcome.map(Some),
        }
    }

    async fn send(&self, request: Request, call: &Call, attempt: u32) -> (Result<Bytes>, RateLimitHeaders) {
        let limit = self.settings.attempt_timeout;
        call.at_large(true);
        let sending = pin!(send::send(&*self.transport, request, call.operation, attempt));
        let sent = limit::within(self.clock(), limit, sending).await;
        let answer = match sent {
            Some(Sent::Answered(answer)) => answer,
            Some(Sent::NotCarriedOut(error)) => {
                call.at_large(false);
                return (Err(error), RateLimitHeaders::default());
            }
            Some(Sent::Lost(error)) => return (Err(error), RateLimitHeaders::default()),
            None => {
                return (Err(Error::timeout(call.operation, limit, true)), RateLimitHeaders::default());
            }
        };
        // what is refused is not carried out
        call.at_large(!(400..500).contains(&answer.status()));
        call.answered(&answer);
        if let Some(drift) = &self.drift {
            drift.look(&answer);
        }
        let now = self.clock().now();
        let headers = classify::rate_limit(&answer, now);
        #[cfg(feature = "metrics")]
        if let Some(remaining) = headers.remaining {
            telemetry::remaining(remaining);
        }
        let outcome = classify::classify(answer, now);
        (outcome.map_err(|error| (self.settings.interpret)(call.operation, error)), headers)
    }
}
