//! The way of every request: task -> deadline -> authenticate -> rate limit -> send -> classify, and again if that may help.
//!
//! A resource makes a [`Call`] and gives it a closure that lets a generated method build, send and decode. The
//! generated method sends through the call's [`Transport`], which is one attempt of this pipeline. The token comes
//! before the permit, because getting one takes a permit of its own, for which it does not queue. All of it runs in a task (`task`), so that a caller who
//! does not poll holds nothing that others need.

mod authenticate;
mod call;
mod classify;
pub(crate) mod limit;
mod rate_limit;
mod retry;
mod send;
pub(crate) mod task;

use std::{pin::pin, sync::Arc, time::Duration};

use hb_bls_gen::{self as raw, Inner, Operation, Transport};
use reqwest::{Request, Url};

use crate::{
    CallOptions, Clock, Credentials, Error, ErrorKind, Result,
    drift::Watch,
    resources::{LostHolds, RecentBookings},
    state::{AccountKey, AccountLock, RateLimitHeaders, RateLimiter, TokenStore},
};
use authenticate::{Token, Tokens};
pub(crate) use call::Call;
use call::{Attempt, Sender};
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
}

/// What the clones of a client share.
pub(crate) struct Pipeline {
    http: reqwest::Client,
    tokens: Tokens,
    queue: Option<Queue>,
    pub(crate) settings: Settings,
    pub(crate) lost_holds: LostHolds,
    pub(crate) recent: RecentBookings,
    pub(crate) drift: Option<Watch>,
}

impl Pipeline {
    pub(crate) fn new(http: reqwest::Client, settings: Settings) -> Self {
        Self {
            http,
            tokens: Tokens::default(),
            queue: settings.rate_limiter.clone().map(|limiter| Queue::new(limiter, &settings)),
            drift: settings.watch_drift.then(Watch::default),
            settings,
            lost_holds: LostHolds::default(),
            recent: RecentBookings::default(),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.settings.clock
    }

    /// Starts a call.
    pub(crate) fn call(self: &Arc<Self>, operation: Operation, options: &Arc<CallOptions>) -> Call {
        let sender = Arc::new(Sender::new(Arc::clone(self), operation, Arc::clone(options)));
        let inner = Inner::new(Arc::clone(&sender) as Arc<dyn Transport>);
        let raw = raw::Client::new_with_client(Arc::clone(&self.settings.base_url), self.http.clone(), inner);
        Call::new(raw, sender)
    }

    /// A call for a token, which no caller's options apply to.
    fn token_call(self: &Arc<Self>, operation: Operation, retry: RetryPolicy) -> Call {
        self.call(operation, &Arc::new(CallOptions::new().retry(retry)))
    }

    /// One attempt of a call: gets a token, waits for a turn, sends, and tells the rate limiter what came of it.
    async fn attempt(
        self: &Arc<Self>,
        mut request: Box<Request>,
        sender: &Sender,
        attempt: Attempt,
    ) -> Result<reqwest::Response> {
        let asked = self.tokens.fetches();
        // in a box, so that the futures of calls that have a token stay small
        let get_token = || Box::pin(self.get_token(sender, attempt.rejected.as_ref(), asked));
        let mut token = get_token().await?;
        let mut permit = None;
        if let Some(queue) = &self.queue {
            // a token that was got before a long wait may have expired by its end
            let (held, newer) = queue.acquire(sender, get_token).await?;
            permit = Some(held);
            token = newer.unwrap_or(token);
        }
        if let Some(token) = &token {
            token.authorize(&mut request);
        }
        let (outcome, headers) = self.send(request, sender, attempt.number).await;
        if let Some(permit) = permit {
            permit.release(headers);
        }
        if let Some(token) = token
            && match &outcome {
                Ok(_) => sender.operation == Operation::RevokeToken,
                Err(error) => sender.is_refused(error),
            }
        {
            sender.reject(token);
        }
        outcome
    }

    /// A token for an operation that needs one. Fetches that ended before `asked` are none of this call's business.
    async fn get_token(
        self: &Arc<Self>,
        sender: &Sender,
        rejected: Option<&Arc<Token>>,
        asked: u64,
    ) -> Result<Option<Arc<Token>>> {
        if !sender.operation.is_authenticated() {
            return Ok(None);
        }
        match self.tokens.get(self, rejected, asked).await {
            Err(error) if error.kind() == ErrorKind::TokenRefused => Err(error.with_operation(sender.operation)),
            outcome => outcome.map(Some),
        }
    }

    async fn send(
        &self,
        request: Box<Request>,
        sender: &Sender,
        attempt: u32,
    ) -> (Result<reqwest::Response>, RateLimitHeaders) {
        let limit = self.settings.attempt_timeout;
        sender.at_large(true);
        let sending = pin!(send::send(&self.http, request, sender.operation, attempt));
        let sent = limit::within(self.clock(), limit, sending).await;
        let answer = match sent {
            Some(Sent::Answered(answer)) => answer,
            Some(Sent::NotCarriedOut(error)) => {
                sender.at_large(false);
                return (Err(error), RateLimitHeaders::default());
            }
            Some(Sent::Lost(error)) => return (Err(error), RateLimitHeaders::default()),
            None => {
                return (Err(Error::timeout(sender.operation, limit, true)), RateLimitHeaders::default());
            }
        };
        // what is refused is not carried out
        sender.at_large(!(400..500).contains(&answer.status()));
        sender.answered(&answer);
        if let Some(drift) = &self.drift {
            drift.look(&answer);
        }
        let now = self.clock().now();
        let headers = classify::rate_limit(&answer, now);
        (classify::classify(answer, now), headers)
    }
}
