//! The engine that every request passes through: task -> timeout -> token -> rate limit -> send -> classify, and again
//! if a retry may help.
//!
//! A resource makes a [`Call`] and gives it a closure in which a generated method builds the request. Nothing in this
//! module knows what the operations are about.
//!
//! The token comes before the permit, because fetching a token takes a permit of its own, for which it does not queue.
//! Everything runs in a task (`task`), so that a caller that does not poll holds nothing that others need.

mod authenticate;
mod call;
mod classify;
mod decode;
mod rate_limit;
mod retry;
mod send;
pub(crate) mod task;
mod telemetry;
pub(crate) mod timeout;

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use hb_bls_gen::{self as raw, Operation};
use reqwest::{Request, Url};

use crate::{
    CallOptions, Clock, Credentials, Error, ErrorKind, Result, Transport,
    state::{AccountKey, AccountLock, BookingLog, DigestKey, RateLimitHeaders, RateLimiter, TokenStore},
    undocumented::Findings,
};
use authenticate::{Token, Tokens};
use call::Attempt;
pub(crate) use call::{Build, Call};
use rate_limit::Queue;
pub use retry::RetryPolicy;
use send::Sent;

/// The settings of a client.
pub(crate) struct ClientConfig {
    pub(crate) base_url: Arc<Url>,
    pub(crate) credentials: Credentials,
    /// The key of the account in shared state.
    pub(crate) account: AccountKey,
    pub(crate) clock: Arc<dyn Clock>,
    /// The timeout of a call with all its attempts and the wait for the rate limit. The default does not count that
    /// wait.
    pub(crate) timeout: Option<Duration>,
    /// The timeout of an attempt, from sending to the end of the response.
    pub(crate) attempt_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    /// The longest pause that the portal may request.
    pub(crate) max_retry_after: Duration,
    pub(crate) rate_limiter: Option<Arc<dyn RateLimiter>>,
    pub(crate) token_store: Arc<dyn TokenStore>,
    pub(crate) account_lock: Arc<dyn AccountLock>,
    pub(crate) booking_log: Arc<dyn BookingLog>,
    /// The key of the account in the booking log and in queues of events, whatever its API key is.
    pub(crate) log_account: AccountKey,
    /// With which the log makes digests.
    pub(crate) digest_key: DigestKey,
    pub(crate) record_undocumented: bool,
    /// Whether an operation can be carried out twice without harm.
    pub(crate) is_repeatable: fn(Operation) -> bool,
    /// Applies what an operation's documentation says about an error beyond its status.
    pub(crate) interpret: fn(Operation, Error) -> Error,
}

/// What the clones of a client share.
pub(crate) struct Pipeline {
    transport: Arc<dyn Transport>,
    /// Builds the requests.
    raw: raw::Client,
    tokens: Tokens,
    queue: Option<Queue>,
    pub(crate) config: ClientConfig,
    pub(crate) undocumented: Option<Findings>,
}

impl Pipeline {
    pub(crate) fn new(http: reqwest::Client, transport: Option<Arc<dyn Transport>>, config: ClientConfig) -> Self {
        Self {
            transport: transport.unwrap_or_else(|| Arc::new(http.clone())),
            raw: raw::Client::new_with_client(Arc::clone(&config.base_url), http),
            tokens: Tokens::default(),
            queue: config.rate_limiter.clone().map(|limiter| Queue::new(limiter, &config)),
            undocumented: config.record_undocumented.then(Findings::default),
            config,
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.config.clock
    }

    /// Starts a call.
    pub(crate) fn call(self: &Arc<Self>, operation: Operation, options: &Arc<CallOptions>) -> Call {
        Call::new(Arc::clone(self), operation, Arc::clone(options))
    }

    /// A call for a token. The options of callers do not apply to it.
    fn token_call(self: &Arc<Self>, operation: Operation, retry: RetryPolicy) -> Call {
        self.call(operation, &Arc::new(CallOptions::new().retry(retry)))
    }

    /// Makes one attempt: gets a token, waits for a permit, sends the request, and reports the outcome to the rate
    /// limiter.
    async fn attempt(self: &Arc<Self>, mut request: Request, call: &Call, attempt: Attempt) -> Result<Bytes> {
        let asked = self.tokens.fetches();
        // boxed, so that the futures of calls that already have a token stay small
        let get_token = || Box::pin(self.get_token(call, attempt.rejected.as_ref(), asked));
        let mut token = get_token().await?;
        let mut permit = None;
        if let Some(queue) = &self.queue {
            // a token may have expired during a long wait
            let (held, newer) = queue.acquire(call, get_token).await?;
            permit = Some(held);
            token = newer.unwrap_or(token);
        }
        if let Some(token) = &token {
            token.authorize(&mut request);
        }
        let (outcome, headers) = self.send(request, call, attempt.number).await;
        if let Some(permit) = permit {
            permit.release(headers).await;
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

    /// Returns a token if the operation needs one. The outcome of fetches that ended before `asked` is ignored.
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
        let limit = self.config.attempt_timeout;
        call.set_may_have_executed(true);
        let sending = pin!(send::send(&*self.transport, request, call.operation, attempt));
        let sent = timeout::within(self.clock(), limit, sending).await;
        let response = match sent {
            Some(Sent::Response(response)) => response,
            Some(Sent::NotCarriedOut(error)) => {
                call.set_may_have_executed(false);
                return (Err(error), RateLimitHeaders::default());
            }
            Some(Sent::Lost(error)) => return (Err(error), RateLimitHeaders::default()),
            None => {
                return (Err(Error::timed_out(call.operation, limit, true)), RateLimitHeaders::default());
            }
        };
        // a refused request was not carried out
        call.set_may_have_executed(!(400..500).contains(&response.status()));
        call.responded(&response);
        if let Some(undocumented) = &self.undocumented {
            undocumented.look(&response);
        }
        let now = self.clock().now();
        let headers = classify::rate_limit(&response, now);
        #[cfg(feature = "metrics")]
        if let Some(remaining) = headers.remaining {
            telemetry::remaining(remaining);
        }
        let outcome = classify::classify(response, now);
        (outcome.map_err(|error| (self.config.interpret)(call.operation, error)), headers)
    }
}
