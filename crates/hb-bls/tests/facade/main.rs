//! The facade against the sandbox over real HTTP, and against servers that misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "blocking")]
mod blocking;
mod book;
mod canned;
mod certificate;
mod clock;
mod crowd;
mod edges;
mod environment;
mod errors;
mod exactly_once;
mod fixtures;
mod hostile;
mod keys;
mod leases;
mod lost_answers;
mod lost_bookings;
#[cfg(feature = "metrics")]
mod metrics;
mod missing;
mod models;
mod operations;
mod options;
mod ordinary;
mod parking;
mod rate_limit;
#[cfg(feature = "event-queue")]
mod reconcile;
mod resume;
mod retry;
mod secrets;
mod streams;
mod token_store;
mod tokens;
mod transport;
mod undocumented;
mod virtual_time;
mod walk;
mod wire;

use std::error::Error as _;

use hb_bls::{Client, Credentials, Error};
use hb_bls_sandbox::Sandbox;

/// A client for the sandbox's first account.
fn client(sandbox: &Sandbox) -> Client {
    Client::builder().credentials(credentials(sandbox)).base_url(sandbox.base_url()).build().unwrap()
}

fn credentials(sandbox: &Sandbox) -> Credentials {
    let credentials = sandbox.credentials();
    Credentials::new(&credentials.hb_client_id, credentials.api_key.as_str())
}

/// The error of the client that caused this error.
fn cause_of(error: &Error) -> &Error {
    error.source().and_then(|cause| cause.downcast_ref()).unwrap_or_else(|| panic!("{error:?}"))
}

/// How many requests the sandbox has received for an operation.
async fn count(sandbox: &Sandbox, operation: &str) -> usize {
    let requests = sandbox.requests().await.unwrap();
    requests.iter().filter(|request| request.operation_id == Some(operation)).count()
}
