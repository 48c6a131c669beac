//! One call of one operation, with all its attempts.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use hb_bls_gen::{self as raw, Operation};
use jiff::{SignedDuration, Timestamp};
use reqwest::Request;
use serde::de::DeserializeOwned;
use tracing::{Instrument as _, Span, field::Empty};

use super::{Pipeline, authenticate::Token, decode, retry::Failure, telemetry, timeout};
use crate::{CallOptions, Error, ErrorKind, Response, Result};

/// How long a call may take by default with all its attempts, not counting the wait for the rate limit. It leaves room
/// for the default number of attempts, the pauses between them, and the longest pause that the portal may request.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Builds a request with a generated method. It is called for each attempt.
pub(crate) trait Build: Fn(&raw::Client) -> std::result::Result<Request, String> {}

impl<F: Fn(&raw::Client) -> std::result::Result<Request, String>> Build for F {}

/// How often a call gets another token when the one that was refused is no longer in use.
const RENEWALS: u32 = 3;

/// One call of one operation.
pub(crate) struct Call {
    pipeline: Arc<Pipeline>,
    pub(super) operation: Operation,
    options: Arc<CallOptions>,
    span: Span,
    progress: Mutex<Progress>,
}

/// The state of an attempt.
pub(super) struct Attempt {
    /// The number of the attempt, counted from 1.
    pub(super) number: u32,
    /// The token with which an earlier attempt was refused.
    pub(super) rejected: Option<Arc<Token>>,
}

#[derive(Default)]
struct Progress {
    attempts: u32,
    /// The request id of the latest response.
    request_id: Option<Box<str>>,
    /// Whether any attempt has failed.
    failed: bool,
    /// The time spent in completed waits for the rate limit, and the start of the current wait.
    waited: SignedDuration,
    waiting_since: Option<Timestamp>,
    /// The token that no longer works, because it was refused or revoked.
    rejected: Option<Arc<Token>>,
    /// Whether the portal may have carried out the current attempt.
    may_have_executed: bool,
    /// Whether the portal may have carried out any attempt that has failed.
    earlier_may_have_executed: bool,
}

impl Call {
    pub(super) fn new(pipeline: Arc<Pipeline>, operation: Operation, options: Arc<CallOptions>) -> Self {
        // the names follow OpenTelemetry's conventions for HTTP clients
        let span = tracing::info_span!(
            "hb_bls",
            operation = operation.id(),
            otel.kind = "client",
            http.request.method = operation.method(),
            url.template = operation.path(),
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            error.type = Empty,
            wait_ms = Empty
        );
        Self { pipeline, operation, options, span, progress: Mutex::default() }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the portal refused the token.
    pub(super) fn is_refused(&self, error: &Error) -> bool {
        error.kind() == ErrorKind::Authentication && error.operation() == Some(self.operation.id())
    }

    pub(super) fn reject(&self, token: Arc<Token>) {
        self.progress().rejected = Some(token);
    }

    /// Whether the refused token is no longer in use: it was revoked, or another call has got a new one.
    fn is_replaced(&self) -> bool {
        let rejected = self.progress().rejected.clone();
        let in_use = self.pipeline.tokens.in_use();
        !rejected.zip(in_use).is_some_and(|(rejected, in_use)| Arc::ptr_eq(&rejected, &in_use))
    }

    /// Whether the first attempt is being sent, with a timeout well below that of a call.
    fn is_first_attempt_under_way(&self) -> bool {
        let progress = self.progress();
        progress.attempts == 1
            && progress.may_have_executed
            && !progress.failed
            && self.pipeline.config.attempt_timeout < TIMEOUT / 2
    }

    fn attempts(&self) -> u32 {
        self.progress().attempts
    }

    pub(super) fn set_may_have_executed(&self, may_have_executed: bool) {
        self.progress().may_have_executed = may_have_executed;
    }

    /// Records that the call starts to wait for the rate limit.
    pub(super) fn waits(&self) {
        self.progress().waiting_since = Some(self.pipeline.clock().now());
    }

    /// Records that the wait for the rate limit is over.
    pub(super) fn waited(&self) {
        let waited = self.time_waited();
        let mut progress = self.progress();
        #[cfg(feature = "metrics")]
        telemetry::waited(waited.saturating_sub(progress.waited).try_into().unwrap_or_default());
        progress.waited = waited;
        progress.waiting_since = None;
        self.span.record("wait_ms", u64::try_from(waited.as_millis()).unwrap_or(u64::MAX));
    }

    /// The time spent waiting for the rate limit so far.
    fn time_waited(&self) -> SignedDuration {
        let now = self.pipeline.clock().now();
        let progress = self.progress();
        let present = progress.waiting_since.map_or(SignedDuration::ZERO, |since| now.duration_since(since));
        progress.waited.saturating_add(present.max(SignedDuration::ZERO))
    }

    pub(super) fn responded(&self, response: &Response) {
        self.span.record("http.response.status_code", response.status());
        tracing::debug!(status = response.status(), "response");
        self.progress().request_id = response.request_id().map(Into::into);
        if let Some(look) = &self.options.on_response {
            look(response);
        }
    }

    /// Sends the request and decodes the response from JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, build: impl Build) -> Result<T> {
        self.run(build, |body| decode::json(self.operation, &body)).await
    }

    /// Sends the request and returns the body of the response.
    pub(crate) async fn bytes(&self, build: impl Build) -> Result<Bytes> {
        self.run(build, Ok).await
    }

    /// Sends the request and ignores the body of the response.
    pub(crate) async fn done(&self, build: impl Build) -> Result<()> {
        self.run(build, |_| Ok(())).await
    }

    /// Sends the request that revokes its own token, and forgets that token.
    pub(crate) async fn revoke(&self, build: impl Build) -> Result<()> {
        self.done(build).await?;
        let revoked = self.progress().rejected.take();
        if let Some(token) = revoked {
            self.pipeline.tokens.forget(&self.pipeline, &token).await;
        }
        Ok(())
    }

    /// Whether the portal may have carried out an attempt that has failed.
    pub(crate) fn earlier_may_have_executed(&self) -> bool {
        self.progress().earlier_may_have_executed
    }

    /// Whether the portal may have carried out an attempt, including the current one.
    pub(crate) fn may_have_executed(&self) -> bool {
        self.progress().may_have_executed
    }

    /// An error of this call about a response that cannot be decoded.
    pub(crate) fn unreadable(&self, reason: &'static str) -> Error {
        self.of_answer(Error::decode(self.operation, ".", reason))
    }

    /// Adds the details of the latest response to an error.
    fn of_answer(&self, error: Error) -> Error {
        error.with_request_id(self.progress().request_id.as_deref())
    }

    async fn run<T>(&self, build: impl Build, decode: impl Fn(Bytes) -> Result<T>) -> Result<T> {
        let Self { pipeline, operation, options, span, .. } = self;
        let policy = options.retry.unwrap_or(pipeline.config.retry);
        let attempts = pin!(async {
            let mut renewals = 0;
            loop {
                // decoding is part of the attempt: a response that is not JSON counts as lost
                let outcome =
                    self.attempt(&build).await.and_then(|body| decode(body).map_err(|error| self.of_answer(error)));
                let Err(error) = &outcome else { return outcome };
                self.progress().failed = true;
                if self.is_refused(error) && operation.is_authenticated() {
                    // another process may have rotated the token, or it may have been revoked just now
                    let replaced = self.is_replaced();
                    if renewals >= RENEWALS || (renewals > 0 && !replaced) {
                        let refused = error.clone().with_kind(ErrorKind::TokenRefused);
                        if let Some(token) = self.progress().rejected.clone() {
                            pipeline.tokens.refused(pipeline, token, &refused);
                        }
                        return Err(refused);
                    }
                    renewals += 1;
                    continue;
                }
                let failure = Failure {
                    operation: *operation,
                    error,
                    would_duplicate: self.record_failed_attempt() && !(pipeline.config.is_repeatable)(*operation),
                    has_rate_limiter: pipeline.queue.is_some(),
                    max_retry_after: pipeline.config.max_retry_after,
                };
                let Some(wait) = policy.next(self.attempts(), &failure) else { return outcome };
                telemetry::retries(*operation, error, wait);
                if !wait.is_zero() {
                    timeout::announce(wait, "before the next attempt");
                    pipeline.clock().sleep(wait).await;
                }
            }
        });
        #[cfg(feature = "metrics")]
        let began = pipeline.clock().now();
        let outcome = self.in_time(attempts).instrument(span.clone()).await;
        #[cfg(feature = "metrics")]
        {
            let took = pipeline.clock().now().duration_since(began);
            telemetry::ended(*operation, &outcome, took.try_into().unwrap_or_default());
        }
        if let Err(error) = &outcome {
            span.record("error.type", error.kind().as_str());
        }
        outcome
    }

    async fn attempt(&self, build: &impl Build) -> Result<Bytes> {
        let wrong = |why| Error::configuration(format!("{}: {why}", self.operation.id()));
        let mut request = build(&self.pipeline.raw).map_err(wrong)?;
        let attempt = {
            let mut progress = self.progress();
            progress.attempts += 1;
            progress.may_have_executed = false;
            Attempt { number: progress.attempts, rejected: progress.rejected.clone() }
        };
        if attempt.number > 1 {
            self.span.record("http.request.resend_count", attempt.number - 1);
        }
        for (name, value) in &self.options.headers {
            request.headers_mut().append(name, value.clone());
        }
        self.pipeline.attempt(request, self, attempt).await
    }

    /// Returns the outcome of the attempts, or a timeout error. By default, waiting for the rate limit does not count.
    async fn in_time<T>(&self, mut attempts: Pin<&mut impl Future<Output = Result<T>>>) -> Result<T> {
        let Self { pipeline, options, .. } = self;
        let clock = pipeline.clock();
        let given = options.timeout.or(pipeline.config.timeout);
        let timeout = given.unwrap_or(TIMEOUT);
        // time is counted by what was slept, since the clock may be set meanwhile
        let mut slept = Duration::ZERO;
        let mut left = timeout;
        let mut over: Option<Pin<Box<dyn Future<Output = ()> + Send>>> = None;
        loop {
            let outcome = poll_fn(|context| {
                if let Poll::Ready(outcome) = attempts.as_mut().poll(context) {
                    return Poll::Ready(Some(outcome));
                }
                // most calls are a single attempt, which has its own timeout, so they need no timer here
                if given.is_none() && over.is_none() && self.is_first_attempt_under_way() {
                    return Poll::Pending;
                }
                over.get_or_insert_with(|| clock.sleep(left)).as_mut().poll(context).map(|()| None)
            });
            if let Some(outcome) = outcome.await {
                return outcome;
            }
            slept += left;
            let waited = Duration::try_from(self.time_waited()).unwrap_or_default();
            let spent = if given.is_some() { slept } else { slept.saturating_sub(waited) };
            if spent >= timeout {
                return Err(Error::timed_out(self.operation, timeout, self.record_failed_attempt()));
            }
            // at least a second, since waiting for the rate limit may leave almost nothing again and again
            left = timeout.saturating_sub(spent).max(Duration::from_secs(1));
            over = None;
        }
    }

    /// Records what is known about an attempt that has failed, and returns whether any may have been carried out.
    #[cold]
    fn record_failed_attempt(&self) -> bool {
        let mut progress = self.progress();
        progress.earlier_may_have_executed |= progress.may_have_executed;
        progress.earlier_may_have_executed
    }
}
