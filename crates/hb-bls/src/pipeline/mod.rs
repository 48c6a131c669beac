//! The way of every request: authenticate -> send -> classify.
//!
//! A resource makes a [`Call`], lets a generated method build and decode, and hands the outcome to
//! [`Call::finish`]. The generated method sends through the call's [`Transport`], which is this pipeline.

mod authenticate;
mod classify;
mod send;

pub(crate) use send::network;

use std::sync::{Arc, Mutex, PoisonError};

use hb_bls_gen::{self as raw, Inner, Operation, Transport, TransportFuture};
use reqwest::{Request, Response};
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use crate::{
    Clock, Credentials, Error, Result,
    model::{FromRaw, Unreadable},
};
use authenticate::Tokens;

/// What the clones of a client share.
pub(crate) struct Pipeline {
    http: reqwest::Client,
    base_url: String,
    tokens: Tokens,
    clock: Arc<dyn Clock>,
}

impl Pipeline {
    pub(crate) fn new(
        http: reqwest::Client,
        base_url: String,
        credentials: Credentials,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { http, base_url, tokens: Tokens::new(credentials), clock }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Runs what revokes the token in use; the next call then gets a new one.
    pub(crate) async fn revoking(&self, revoke: impl Future<Output = Result<()>>) -> Result<()> {
        let token = self.tokens.stored();
        revoke.await?;
        if let Some(token) = token {
            self.tokens.forget(&token);
        }
        Ok(())
    }

    /// Starts a call.
    pub(crate) fn call(self: &Arc<Self>, operation: Operation) -> Call {
        let sender = Arc::new(Sender { pipeline: Arc::clone(self), error: Mutex::new(None) });
        let inner = Inner::new(Arc::clone(&sender) as Arc<dyn Transport>);
        Call { operation, raw: raw::Client::new_with_client(&self.base_url, self.http.clone(), inner), sender }
    }

    async fn run(self: &Arc<Self>, request: Request, operation: Operation) -> Result<Response> {
        if !operation.is_authenticated() {
            return self.attempt(request, operation).await;
        }
        let token = self.tokens.current(self, None).await?;
        let again = request.try_clone();
        match (self.attempt(token.authorize(request), operation).await, again) {
            // another process may have rotated it, or it was revoked: once more with a new one
            (Err(Error::Authentication { .. }), Some(request)) => {
                let token = self.tokens.current(self, Some(&token)).await?;
                self.attempt(token.authorize(request), operation).await
            }
            (outcome, _) => outcome,
        }
    }

    async fn attempt(&self, request: Request, operation: Operation) -> Result<Response> {
        let response = send::send(&self.http, request, operation).await?;
        tracing::debug!(status = response.status().as_u16(), "answered");
        classify::classify(response, operation, self.clock.now()).await
    }
}

/// One call of one operation.
pub(crate) struct Call {
    operation: Operation,
    /// The generated client to make the call with.
    pub(crate) raw: raw::Client,
    sender: Arc<Sender>,
}

/// Sends for one call, and keeps its error: generated methods can only return the text of one.
struct Sender {
    pipeline: Arc<Pipeline>,
    error: Mutex<Option<Error>>,
}

impl Transport for Sender {
    fn send(&self, request: Request, operation: Operation) -> TransportFuture<'_> {
        let span = tracing::debug_span!("hb_bls", operation = operation.id());
        let run = async move {
            self.pipeline.run(request, operation).await.map_err(|error| {
                *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                "the call failed".into()
            })
        };
        Box::pin(run.instrument(span))
    }
}

type Answer<T> = Result<raw::ResponseValue<T>, raw::Error<()>>;

impl Call {
    /// What the caller gets of an answer that the generated method decoded.
    pub(crate) fn finish_as<T: FromRaw<R>, R: DeserializeOwned>(&self, answer: Answer<R>) -> Result<T> {
        self.read(self.finish_json(answer)?)
    }

    /// What the caller gets of a raw value.
    pub(crate) fn read<T: FromRaw<R>, R>(&self, raw: R) -> Result<T> {
        T::from_raw(raw).map_err(|error| self.unreadable(error))
    }

    /// The value of an answer that the generated method decoded.
    pub(crate) fn finish_json<T: DeserializeOwned>(&self, answer: Answer<T>) -> Result<T> {
        match answer {
            Err(raw::Error::InvalidResponsePayload(body, _)) => Err(self.explain::<T>(&body)),
            other => self.finish(other),
        }
    }

    /// The value of an answer that has no JSON.
    pub(crate) fn finish<T>(&self, answer: Answer<T>) -> Result<T> {
        let error = match answer {
            Ok(value) => return Ok(value.into_inner()),
            Err(error) => error,
        };
        if let Some(error) = self.sender.error.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        Err(match error {
            raw::Error::InvalidRequest(why) => Error::Configuration(format!("{}: {why}", self.operation.id())),
            raw::Error::CommunicationError(_) => {
                Error::Configuration(format!("{}: the request cannot be built", self.operation.id()))
            }
            _ => self.unreadable(Unreadable { path: ".".into(), reason: "the answer cannot be used" }),
        })
    }

    /// Turns what a conversion could not read into an error of this call.
    pub(crate) fn unreadable(&self, unreadable: Unreadable) -> Error {
        Error::Decode { operation: self.operation.id(), path: unreadable.path, reason: unreadable.reason }
    }

    /// Decodes once more, to say where it fails. The reason is given by kind: serde's text quotes values.
    fn explain<T: DeserializeOwned>(&self, body: &[u8]) -> Error {
        let deserializer = &mut serde_json::Deserializer::from_slice(body);
        let (path, reason) = match serde_path_to_error::deserialize::<_, T>(deserializer) {
            Ok(_) => (".".to_owned(), "more follows the JSON value"),
            Err(error) => {
                let reason = match error.inner().classify() {
                    serde_json::error::Category::Data if error.inner().to_string().starts_with("missing field") => {
                        "a field is missing that is always expected"
                    }
                    serde_json::error::Category::Data => "the value is of another type than documented",
                    serde_json::error::Category::Eof => "the JSON ends early",
                    _ => "it is not JSON",
                };
                // serde_path_to_error's word for not knowing
                let path = error.path().to_string().replace('?', ".");
                (path, reason)
            }
        };
        self.unreadable(Unreadable { path, reason })
    }
}
