//! Reports what happens as `tracing` events and, with the feature `metrics`, as metrics. Neither contains personal
//! data.
//!
//! The names are listed in the documentation of the crate.

use std::time::Duration;

use hb_bls_gen::Operation;

use crate::{Error, error_chain};

/// Records that a call has ended after this time.
#[cfg(feature = "metrics")]
pub(super) fn ended<T>(operation: Operation, outcome: &crate::Result<T>, took: Duration) {
    let outcome = outcome.as_ref().err().map_or("ok", |error| error.kind().as_str());
    metrics::counter!("hb_bls_calls_total", "operation" => operation.id(), "outcome" => outcome).increment(1);
    metrics::histogram!("hb_bls_call_duration_seconds", "operation" => operation.id()).record(took);
}

/// Records that an attempt has failed and is retried after a pause.
pub(super) fn retries(operation: Operation, error: &Error, pause: Duration) {
    tracing::info!(error.type = error.kind().as_str(), wait_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX), "trying again");
    #[cfg(feature = "metrics")]
    metrics::counter!("hb_bls_retries_total", "operation" => operation.id(), "error" => error.kind().as_str())
        .increment(1);
    #[cfg(not(feature = "metrics"))]
    let _ = operation;
}

/// Records why an attempt got no complete response.
#[cold]
pub(super) fn unanswered(error: Error) -> Error {
    let causes = error_chain::of(&error).map(ToString::to_string).collect::<Vec<_>>().join(": ");
    tracing::debug!(error.type = error.kind().as_str(), error = causes, "no complete response");
    error
}

/// Records that a call has waited for the rate limit.
#[cfg(feature = "metrics")]
pub(super) fn waited(wait: Duration) {
    metrics::histogram!("hb_bls_rate_limit_wait_seconds").record(wait);
}

/// Records how many requests are left in the quota, according to a response.
#[cfg(feature = "metrics")]
pub(super) fn remaining(requests: u32) {
    metrics::gauge!("hb_bls_rate_limit_remaining").set(requests);
}

/// Records that the portal has issued a token.
pub(super) fn token(operation: Operation) {
    tracing::info!(operation = operation.id(), "got a token");
    #[cfg(feature = "metrics")]
    metrics::counter!("hb_bls_tokens_total", "operation" => operation.id()).increment(1);
}
