//! One valid token for all calls, fetched by a task of its own.
//!
//! Callers watch that task for its outcome and hold nothing meanwhile, so it does not matter whether they are polled.

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

/// How long a failure that will not pass by itself is remembered, so that a loop does not hammer the portal; the same
/// after a renewal ahead of time that failed.
const REMEMBERED: Duration = Duration::from_secs(10);
/// How long a fetch goes on when nobody waits for it any more.
const GRACE: Duration = Duration::from_secs(1);
/// How often a caller watches a fetch to its end: a fetch that began earlier may bring the very token that was refused.
const FETCHES: usize = 3;

/// The account's token, fetched when it is first needed and renewed before it expires.
#[derive(Default)]
pub(super) struct Tokens(Mutex<State>);

#[derive(Default)]
struct State {
    current: Option<Arc<Token>>,
    fetching: Option<Arc<watch::Sender<Option<Outcome>>>>,
    failed: Option<Failure>,
}

type Outcome = Result<Arc<Token>>;

struct Failure {
    error: Error,
    until: Timestamp,
}

/// What a caller can do for a token.
enum Next {
    Use(Arc<Token>),
    Watch(watch::Receiver<Option<Outcome>>),
    Fail(Error),
}

impl Tokens {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token that works as far as is known, and is not the rejected one. However many callers need one, it is asked
    /// for once, and they share a failure as well.
    pub(super) async fn get(&self, pipeline: &Arc<Pipeline>, rejected: Option<&Arc<Token>>) -> Outcome {
        for _ in 0..FETCHES {
            let mut fetch = match self.next(pipeline, rejected) {
                Next::Use(token) => return Ok(token),
                Next::Fail(error) => return Err(error),
                Next::Watch(fetch) => fetch,
            };
            match fetch.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone()) {
                Some(Ok(token)) if is(&token, rejected) => {}
                Some(outcome) => return outcome,
                // its task is gone, with the runtime that it ran on
                None => {}
            }
        }
        Err(Error::Configuration("the task that fetches tokens was stopped".to_owned()))
    }

    /// The token in use, if there is one.
    pub(super) fn in_use(&self) -> Option<Arc<Token>> {
        self.state().current.clone()
    }

    /// Remembers that the portal refuses even a token that it has just issued, for which another would be no help.
    pub(super) fn refused(&self, pipeline: &Pipeline, error: &Error) {
        self.state().failed = Some(Failure::new(error.clone(), pipeline));
    }

    /// Drops a token that was revoked, unless it was replaced meanwhile.
    pub(super) async fn forget(&self, pipeline: &Pipeline, revoked: &Arc<Token>) {
        {
            let mut state = self.state();
            if is_some(state.current.as_ref(), revoked) {
                state.current = None;
            }
        }
        obtain::forget(pipeline, revoked).await;
    }

    fn next(&self, pipeline: &Arc<Pipeline>, rejected: Option<&Arc<Token>>) -> Next {
        let now = pipeline.clock().now();
        let mut state = self.state();
        let current = state.current.clone();
        let failed = state.failed.as_ref().filter(|failed| failed.until > now);
        if let Some(token) = current.as_ref().filter(|token| token.is_valid(now) && !is(token, rejected)) {
            if !token.is_fresh(now) && state.fetching.is_none() && failed.is_none() {
                let fetch =
                    Fetch { pipeline: Arc::clone(pipeline), current: current.clone(), rejected: None, ahead: true };
                state.start(fetch);
            }
            return Next::Use(Arc::clone(token));
        }
        if let Some(failed) = failed.filter(|failed| !failed.error.is_retryable()) {
            return Next::Fail(failed.error.clone());
        }
        Next::Watch(match &state.fetching {
            Some(fetching) => fetching.subscribe(),
            None => {
                let rejected = rejected.cloned();
                state.start(Fetch { pipeline: Arc::clone(pipeline), current, rejected, ahead: false }).subscribe()
            }
        })
    }
}

impl State {
    /// Fetches a token in a task of its own. One that is ahead of time has an owner in the client; any other ends soon
    /// after the last caller has lost interest.
    fn start(&mut self, fetch: Fetch) -> Arc<watch::Sender<Option<Outcome>>> {
        let fetching = Arc::new(watch::Sender::new(None));
        self.fetching = Some(Arc::clone(&fetching));
        let end = End { pipeline: Arc::clone(&fetch.pipeline), fetching: Arc::clone(&fetching), outcome: None };
        let span = tracing::debug_span!(parent: None, "hb_bls_token");
        let task = async move {
            let (pipeline, ahead) = (Arc::clone(&fetch.pipeline), fetch.ahead);
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
        fetching
    }
}

/// Says what came of a fetch, however it ends: the runtime may be shut down in the middle of it.
struct End {
    pipeline: Arc<Pipeline>,
    fetching: Arc<watch::Sender<Option<Outcome>>>,
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
            state.fetching.take_if(|fetching| Arc::ptr_eq(fetching, &self.fetching));
            match &self.outcome {
                Some(Ok(token)) => {
                    state.current = Some(Arc::clone(token));
                    state.failed = None;
                }
                Some(Err(error)) => state.failed = Some(Failure::new(error.clone(), &self.pipeline)),
                None => {}
            }
        }
        if let Some(outcome) = self.outcome.take() {
            self.fetching.send_replace(Some(outcome));
        }
    }
}

impl Failure {
    fn new(error: Error, pipeline: &Pipeline) -> Self {
        Self { error, until: pipeline.clock().now().saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX) }
    }
}

fn is(token: &Arc<Token>, rejected: Option<&Arc<Token>>) -> bool {
    is_some(rejected, token)
}

fn is_some(one: Option<&Arc<Token>>, other: &Arc<Token>) -> bool {
    one.is_some_and(|one| Arc::ptr_eq(one, other))
}
