//! One call of one operation, with all its attempts.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use hb_bls_gen::{self as raw, Operation, Transport, TransportFuture};
use jiff::{SignedDuration, Timestamp};
use reqwest::Request;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use tracing::{Instrument as _, Span, field::Empty};

use super::{Pipeline, authenticate::Token, limit, rate_limit::millis, retry::Failure};
use crate::{
    CallOptions, Error, ErrorKind, Response, Result,
    error::{ENDS_EARLY, NOT_JSON},
    model::{FromRaw, Unreadable},
};

/// How long a call may take with all its attempts by default, not counting what it waits for the rate limit: as many
/// attempts as there are by default, the pauses between them, and the longest pause that the portal may ask for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How often a call gets another token, if each that it is refused with is in use no more.
const RENEWALS: u32 = 3;

/// One call of one operation.
pub(crate) struct Call {
    /// The generated client to make attempts with.
    pub(crate) raw: raw::Client,
    sender: Arc<Sender>,
}

/// Sends for one call, and keeps its error: generated methods can only return the text of one.
pub(super) struct Sender {
    pipeline: Arc<Pipeline>,
    pub(super) operation: Operation,
    options: Arc<CallOptions>,
    span: Span,
    progress: Mutex<Progress>,
}

/// Which attempt of a call this is.
pub(super) struct Attempt {
    /// Counted from 1.
    pub(super) number: u32,
    /// The token that an earlier one was refused with.
    pub(super) rejected: Option<Arc<Token>>,
}

#[derive(Default)]
struct Progress {
    attempts: u32,
    error: Option<Error>,
    /// The id of the latest answer.
    request_id: Option<Box<str>>,
    /// Whether any attempt has failed.
    failed: bool,
    /// Time spent waiting for the rate limit, in waits that have ended, and since when the present one lasts.
    waited: SignedDuration,
    waiting_since: Option<Timestamp>,
    /// The token that works no more: it was refused, or revoked.
    rejected: Option<Arc<Token>>,
    /// Whether the portal may have carried the attempt out.
    at_large: bool,
    /// The same for any attempt that has failed.
    unsettled: bool,
}

impl Sender {
    pub(super) fn new(pipeline: Arc<Pipeline>, operation: Operation, options: Arc<CallOptions>) -> Self {
        // by the names of OpenTelemetry's conventions for HTTP clients
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

    /// Whether the token that was refused is in use no more: it was revoked, or others have got a new one.
    fn is_replaced(&self) -> bool {
        let rejected = self.progress().rejected.clone();
        let in_use = self.pipeline.tokens.in_use();
        !rejected.zip(in_use).is_some_and(|(rejected, in_use)| Arc::ptr_eq(&rejected, &in_use))
    }

    /// Whether the first attempt is being sent, and no longer than attempts take by default.
    fn is_first_attempt_under_way(&self) -> bool {
        let progress = self.progress();
        progress.attempts == 1
            && progress.at_large
            && !progress.failed
            && self.pipeline.settings.attempt_timeout < TIMEOUT / 2
    }

    pub(super) fn attempt(&self) -> u32 {
        self.progress().attempts
    }

    pub(super) fn at_large(&self, at_large: bool) {
        self.progress().at_large = at_large;
    }

    /// Notes that it waits for the rate limit from now on.
    pub(super) fn waits(&self) {
        self.progress().waiting_since = Some(self.pipeline.clock().now());
    }

    /// Notes that it has waited for the rate limit.
    pub(super) fn waited(&self) {
        let waited = self.time_waited();
        let mut progress = self.progress();
        progress.waited = waited;
        progress.waiting_since = None;
        self.span.record("wait_ms", u64::try_from(waited.as_millis()).unwrap_or(u64::MAX));
    }

    /// Time spent waiting for the rate limit so far.
    fn time_waited(&self) -> SignedDuration {
        let now = self.pipeline.clock().now();
        let progress = self.progress();
        let present = progress.waiting_since.map_or(SignedDuration::ZERO, |since| now.duration_since(since));
        progress.waited.saturating_add(present.max(SignedDuration::ZERO))
    }

    pub(super) fn answered(&self, answer: &Response) {
        self.span.record("http.response.status_code", answer.status());
        tracing::debug!(status = answer.status(), "answered");
        self.progress().request_id = answer.request_id().map(Into::into);
        if let Some(look) = &self.options.on_response {
            look(answer);
        }
    }
}

impl Transport for Sender {
    fn send(&self, request: Request, _: Operation) -> TransportFuture<'_> {
        // in a box, since it is moved several times
        let mut request = Box::new(request);
        Box::pin(async move {
            let attempt = {
                let mut progress = self.progress();
                progress.attempts += 1;
                progress.at_large = false;
                Attempt { number: progress.attempts, rejected: progress.rejected.clone() }
            };
            if attempt.number > 1 {
                self.span.record("http.request.resend_count", attempt.number - 1);
            }
            for (name, value) in &self.options.headers {
                request.headers_mut().append(name, value.clone());
            }
            self.pipeline.attempt(request, self, attempt).await.map_err(|error| {
                self.progress().error = Some(error);
                "the call failed".into()
            })
        })
    }
}

type Decoded<T> = Result<raw::ResponseValue<T>, raw::Error<()>>;

impl Call {
    pub(super) fn new(raw: raw::Client, sender: Arc<Sender>) -> Self {
        Self { raw, sender }
    }

    /// The facade's form of what the generated method decodes.
    pub(crate) async fn read<T, R, A>(&self, attempt: impl Fn() -> A) -> Result<T>
    where
        T: FromRaw<R>,
        R: DeserializeOwned,
        A: Future<Output = Decoded<R>>,
    {
        self.run(attempt, |answer| self.convert(self.json(answer)?)).await
    }

    /// What the generated method decodes.
    pub(crate) async fn read_raw<R, A>(&self, attempt: impl Fn() -> A) -> Result<R>
    where
        R: DeserializeOwned,
        A: Future<Output = Decoded<R>>,
    {
        self.run(attempt, |answer| self.json(answer)).await
    }

    /// What the generated method returns of an answer that is no JSON.
    pub(crate) async fn take<T, A: Future<Output = Decoded<T>>>(&self, attempt: impl Fn() -> A) -> Result<T> {
        self.run(attempt, |answer| self.value(answer)).await
    }

    /// Runs what revokes the token that it is sent with, and drops that token.
    pub(crate) async fn revoke<T, A: Future<Output = Decoded<T>>>(&self, attempt: impl Fn() -> A) -> Result<()> {
        self.take(attempt).await?;
        let revoked = self.sender.progress().rejected.take();
        if let Some(token) = revoked {
            self.sender.pipeline.tokens.forget(&self.sender.pipeline, &token).await;
        }
        Ok(())
    }

    /// The facade's form of a raw value.
    pub(crate) fn convert<T: FromRaw<R>, R>(&self, raw: R) -> Result<T> {
        T::from_raw(raw).map_err(|error| self.unreadable(error))
    }

    /// Whether the portal may have carried out an attempt that failed.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.sender.progress().unsettled
    }

    /// Whether the portal may be carrying out an attempt, or has carried it out.
    pub(crate) fn is_at_large(&self) -> bool {
        self.sender.progress().at_large
    }

    /// An error of this call about what cannot be read.
    pub(crate) fn unreadable(&self, unreadable: Unreadable) -> Error {
        let id = self.sender.progress().request_id.take();
        Error::decode(self.sender.operation, unreadable.path, unreadable.reason).with_request_id(id.as_deref())
    }

    async fn run<T, R, A>(&self, attempt: impl Fn() -> A, finish: impl Fn(Decoded<R>) -> Result<T>) -> Result<T>
    where
        A: Future<Output = Decoded<R>>,
    {
        let Sender { pipeline, operation, options, span, .. } = &*self.sender;
        let policy = options.retry.unwrap_or(pipeline.settings.retry);
        let attempts = pin!(async {
            let mut renewals = 0;
            loop {
                let outcome = finish(attempt().await);
                let Err(error) = &outcome else { return outcome };
                self.sender.progress().failed = true;
                if self.sender.is_refused(error) && operation.is_authenticated() {
                    // another process may have rotated the token, or it was revoked, even just now
                    let replaced = self.sender.is_replaced();
                    if renewals >= RENEWALS || (renewals > 0 && !replaced) {
                        let refused = error.clone().with_kind(ErrorKind::TokenRefused);
                        if let Some(token) = self.sender.progress().rejected.clone() {
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
                    unsettled: self.settle(),
                    limited: pipeline.queue.is_some(),
                    longest: pipeline.settings.max_retry_after,
                };
                let Some(wait) = policy.next(self.sender.attempt(), &failure) else { return outcome };
                tracing::debug!(kind = error.kind().as_str(), wait_ms = millis(wait), "trying again");
                if !wait.is_zero() {
                    limit::announce(wait, "before the next attempt");
                    pipeline.clock().sleep(wait).await;
                }
            }
        });
        let outcome = self.in_time(attempts).instrument(span.clone()).await;
        if let Err(error) = &outcome {
            span.record("error.type", error.kind().as_str());
        }
        outcome
    }

    /// The outcome of the attempts, unless the time is over first. By default, waiting for the rate limit does not count.
    async fn in_time<T>(&self, mut attempts: Pin<&mut impl Future<Output = Result<T>>>) -> Result<T> {
        let Sender { pipeline, options, .. } = &*self.sender;
        let clock = pipeline.clock();
        let given = options.timeout.or(pipeline.settings.timeout);
        let timeout = given.unwrap_or(TIMEOUT);
        // counted by what was slept, since the clock may be set meanwhile
        let mut slept = Duration::ZERO;
        let mut left = timeout;
        let mut over: Option<Pin<Box<dyn Future<Output = ()> + Send>>> = None;
        loop {
            let outcome = poll_fn(|context| {
                if let Poll::Ready(outcome) = attempts.as_mut().poll(context) {
                    return Poll::Ready(Some(outcome));
                }
                // most calls are a single attempt, which has a limit of its own and so need not pay for this one
                if given.is_none() && over.is_none() && self.sender.is_first_attempt_under_way() {
                    return Poll::Pending;
                }
                over.get_or_insert_with(|| clock.sleep(left)).as_mut().poll(context).map(|()| None)
            });
            if let Some(outcome) = outcome.await {
                return outcome;
            }
            slept += left;
            let waited = Duration::try_from(self.sender.time_waited()).unwrap_or_default();
            let spent = if given.is_some() { slept } else { slept.saturating_sub(waited) };
            if spent >= timeout {
                return Err(Error::timeout(self.sender.operation, timeout, self.settle()));
            }
            // a second at least, since time that is spent waiting may leave next to nothing again and again
            left = timeout.saturating_sub(spent).max(Duration::from_secs(1));
            over = None;
        }
    }

    /// Notes what is known of an attempt that has failed.
    #[cold]
    fn settle(&self) -> bool {
        let mut progress = self.sender.progress();
        progress.unsettled |= progress.at_large;
        progress.unsettled
    }

    fn json<T: DeserializeOwned>(&self, answer: Decoded<T>) -> Result<T> {
        match answer {
            Err(raw::Error::InvalidResponsePayload(body, _)) => Err(self.explain::<T>(&body)),
            other => self.value(other),
        }
    }

    fn value<T>(&self, answer: Decoded<T>) -> Result<T> {
        answer.map(raw::ResponseValue::into_inner).map_err(|error| self.error(&error))
    }

    /// The error that the transport kept, or what the generated method says.
    #[cold]
    fn error(&self, error: &raw::Error<()>) -> Error {
        if let Some(error) = self.sender.progress().error.take() {
            return error;
        }
        let id = self.sender.operation.id();
        match error {
            raw::Error::InvalidRequest(why) => Error::configuration(format!("{id}: {why}")),
            raw::Error::CommunicationError(_) => Error::configuration(format!("{id}: the request cannot be built")),
            _ => self.unreadable(Unreadable { path: ".".into(), reason: "the answer cannot be used" }),
        }
    }

    /// Decodes once more, to say where it fails. The reason is given by kind: serde's text quotes values.
    #[cold]
    fn explain<T: DeserializeOwned>(&self, body: &[u8]) -> Error {
        use serde_json::error::Category;
        let deserializer = &mut serde_json::Deserializer::from_slice(body);
        let (path, reason) = match serde_path_to_error::deserialize::<_, T>(deserializer) {
            Ok(_) => (".".to_owned(), "more follows the JSON value"),
            Err(error) => {
                let reason = match error.inner().classify() {
                    Category::Data => match error.inner().to_string() {
                        why if why.starts_with("missing field") => "a field is missing that is always expected",
                        why if why.starts_with(raw::TOO_MANY) => raw::TOO_MANY,
                        _ => "the value is of another type than documented",
                    },
                    Category::Eof => ENDS_EARLY,
                    Category::Syntax | Category::Io => NOT_JSON,
                };
                (place(error.path()), reason)
            }
        };
        self.unreadable(Unreadable { path, reason })
    }
}

/// Where in an answer, as `data[3].time`. A field that nobody knows may have any name.
fn place(path: &Path) -> String {
    let mut place = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => place += &format!("[{index}]"),
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                if !place.is_empty() {
                    place.push('.');
                }
                place += if raw::is_word(name) { name } else { "(not a word)" };
            }
            Segment::Unknown => {}
        }
    }
    if place.is_empty() { ".".to_owned() } else { place }
}
