//! One valid token for all calls, fetched by its own task.
//!
//! Callers wait for the outcome of that task and hold nothing meanwhile, so it does not matter whether they are polled.

mod obtain;
mod token;

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::{Either, select};
use jiff::Timestamp;
use tokio::sync::watch;
use tracing::Instrument as _;

use super::Pipeline;
use crate::{Error, Result};
use obtain::Fetch;
pub(super) use token::Token;

/// How long a permanent failure is remembered, so that a loop does not flood the portal with requests. A failed early
/// renewal is remembered for the same time.
const FAILURE_LIFETIME: Duration = Duration::from_secs(10);
/// How long a fetch continues when nobody waits for it any more.
const GRACE: Duration = Duration::from_secs(1);
/// How many steps a caller may take to get a token. Usually there are two: to start a fetch and to wait for it. A fetch
/// that others started may fail or return the very token that was refused, which takes more steps.
const FETCHES: usize = 6;

/// The account's token, which is fetched when it is first needed and renewed before it expires.
#[derive(Default)]
pub(super) struct Tokens(Mutex<State>);

#[derive(Default)]
struct State {
    current: Option<Arc<Token>>,
    fetching: Option<Fetching>,
    failed: Option<Failure>,
    /// How many fetches have ended.
    ended: u64,
}

/// A fetch in progress.
#[derive(Clone)]
struct Fetching {
    outcome: Arc<watch::Sender<Option<Outcome>>>,
    /// Whether it is an early renewal, which makes only one attempt.
    ahead: bool,
}

type Outcome = Result<Arc<Token>>;

struct Failure {
    error: Error,
    until: Timestamp,
    /// The number of the fetch, counted from 1, or 0 if callers do not share its failure.
    fetch: u64,
    /// The new token that was refused, if that was the failure.
    token: Option<Arc<Token>>,
}

/// What a caller must do to get a token.
enum Next {
    Use(Arc<Token>),
    Watch { outcome: watch::Receiver<Option<Outcome>>, ahead: bool },
    Start(Fetch),
    Fail(Error),
}

impl Tokens {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many fetches have ended so far.
    pub(super) fn fetches(&self) -> u64 {
        self.state().ended
    }

    /// Returns a token that is believed to work and is not the rejected one. However many callers need a token, it is
    /// fetched once. They also share a failure: that of any fetch that has ended since they `asked`.
    pub(super) async fn get(&self, pipeline: &Arc<Pipeline>, rejected: Option<&Arc<Token>>, asked: u64) -> Outcome {
        for _ in 0..FETCHES {
            let (mut outcome, ahead) = match self.next(pipeline, rejected, asked) {
                Next::Use(token) => return Ok(token),
                Next::Fail(error) => return Err(error),
                Next::Watch { outcome, ahead } => (outcome, ahead),
                // started after the lock is released: a runtime that shuts down drops the task at once
                Next::Start(fetch) => {
                    begin(fetch);
                    continue;
                }
            };
            match outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone()) {
                Some(Ok(token)) if is_same(&token, rejected) => {}
                // that was a single attempt, made while the old token still worked
                Some(Err(error)) if ahead && error.is_retryable() => {}
                Some(outcome) => return outcome,
                // the task is gone with its runtime
                None => {}
            }
        }
        Err(Error::configuration("the task that fetches tokens was stopped"))
    }

    /// The token in use, if there is one.
    pub(super) fn in_use(&self) -> Option<Arc<Token>> {
        self.state().current.clone()
    }

    /// Remembers that the portal refuses even a new token, so that fetching another one would not help.
    pub(super) fn refused(&self, pipeline: &Pipeline, token: Arc<Token>, error: &Error) {
        let mut state = self.state();
        state.failed = Some(Failure { token: Some(token), ..Failure::new(error.clone(), state.ended, pipeline) });
    }

    /// Forgets a token that was revoked, unless it was replaced meanwhile.
    pub(super) async fn forget(&self, pipeline: &Pipeline, revoked: &Arc<Token>) {
        {
            let mut state = self.state();
            if state.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, revoked)) {
                state.current = None;
            }
        }
        obtain::forget(pipeline, revoked).await;
    }

    fn next(&self, pipeline: &Arc<Pipeline>, rejected: Option<&Arc<Token>>, asked: u64) -> Next {
        let now = pipeline.clock().now();
        let mut state = self.state();
        let current = state.current.clone();
        // if the clock was set back, the failure must not be remembered for longer
        let lasts = |failed: &&Failure| failed.until > now && failed.until <= after(now);
        let failed = state.failed.as_ref().filter(lasts);
        if let Some(token) = current.as_ref().filter(|token| token.is_valid(now) && !is_same(token, rejected)) {
            let renew = !token.is_fresh(now) && state.fetching.is_none() && failed.is_none();
            if !renew {
                return Next::Use(Arc::clone(token));
            }
            return Next::Start(state.fetch(pipeline, None, true));
        }
        if let Some(failed) = failed {
            let passes = failed.error.is_retryable() && failed.fetch <= asked;
            // another token than the refused one may work
            let concerns = failed.token.as_ref().is_none_or(|token| is_same(token, rejected));
            if !passes && concerns {
                return Next::Fail(failed.error.clone());
            }
        }
        match &state.fetching {
            Some(fetching) => Next::Watch { outcome: fetching.outcome.subscribe(), ahead: fetching.ahead },
            None => Next::Start(state.fetch(pipeline, rejected.cloned(), false)),
        }
    }
}

impl State {
    /// Records that a fetch is about to start, so that no other call starts one.
    fn fetch(&mut self, pipeline: &Arc<Pipeline>, rejected: Option<Arc<Token>>, ahead: bool) -> Fetch {
        let outcome = Arc::new(watch::Sender::new(None));
        self.fetching = Some(Fetching { outcome: Arc::clone(&outcome), ahead });
        let current = self.current.clone();
        Fetch { pipeline: Arc::clone(pipeline), current, rejected, ahead, outcome }
    }
}

/// Fetches a token in its own task. An early renewal runs to its end; any other fetch ends soon after the last caller
/// has stopped waiting.
fn begin(fetch: Fetch) {
    let (pipeline, ahead, outcome) = (Arc::clone(&fetch.pipeline), fetch.ahead, Arc::clone(&fetch.outcome));
    let end = End { pipeline: Arc::clone(&pipeline), fetching: outcome, ahead, outcome: None };
    let span = tracing::debug_span!(parent: None, "hb_bls_token");
    let task = async move {
        let abandoned = async {
            if ahead {
                return std::future::pending().await;
            }
            loop {
                end.fetching.closed().await;
                pipeline.clock().sleep(GRACE).await;
                if end.fetching.receiver_count() == 0 {
                    return;
                }
            }
        };
        let outcome = match select(pin!(fetch.run()), pin!(abandoned)).await {
            Either::Left((outcome, _)) => outcome.map(Arc::new),
            Either::Right(_) => return,
        };
        end.with(outcome);
    };
    tokio::spawn(task.instrument(span));
}

/// Publishes the outcome of a fetch, however it ends. The runtime may be shut down in the middle of it.
struct End {
    pipeline: Arc<Pipeline>,
    fetching: Arc<watch::Sender<Option<Outcome>>>,
    ahead: bool,
    outcome: Option<Outcome>,
}

impl End {
    fn with(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for End {
    fn drop(&mut self) {
        {
            let mut state = self.pipeline.tokens.state();
            state.fetching.take_if(|fetching| Arc::ptr_eq(&fetching.outcome, &self.fetching));
            state.ended += 1;
            match &self.outcome {
                Some(Ok(token)) => {
                    state.current = Some(Arc::clone(token));
                    state.failed = None;
                }
                // callers do not share the failure of an early renewal, which was a single attempt
                Some(Err(error)) => {
                    let fetch = if self.ahead { 0 } else { state.ended };
                    state.failed = Some(Failure::new(error.clone(), fetch, &self.pipeline));
                }
                None => {}
            }
        }
        if let Some(outcome) = self.outcome.take() {
            self.fetching.send_replace(Some(outcome));
        }
    }
}

impl Failure {
    fn new(error: Error, fetch: u64, pipeline: &Pipeline) -> Self {
        Self { error, until: after(pipeline.clock().now()), fetch, token: None }
    }
}

/// Until when a failure at this time is remembered.
fn after(now: Timestamp) -> Timestamp {
    now.saturating_add(FAILURE_LIFETIME).unwrap_or(Timestamp::MAX)
}

fn is_same(token: &Arc<Token>, rejected: Option<&Arc<Token>>) -> bool {
    rejected.is_some_and(|rejected| Arc::ptr_eq(token, rejected))
}
