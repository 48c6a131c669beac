//! Steps of the log of bookings, which may be in a store that does not respond.

use std::time::Duration;

use hb_bls_gen::BookingId;

use crate::{
    Client, Error, Result,
    pipeline::timeout,
    state::{StateError, StateFuture},
};

/// How long a step may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The outcome of a step.
pub(crate) async fn in_time<T>(client: &Client, step: StateFuture<'_, T>) -> Result<T> {
    let outcome = timeout::within(client.pipeline.clock(), TIME_LIMIT, step).await;
    outcome.unwrap_or_else(|| Err(StateError::of("no response within 30 s"))).map_err(failed)
}

/// The error of a step.
pub(crate) fn failed(cause: StateError) -> Error {
    Error::state("the booking log", cause)
}

/// The key with which a booking was made.
pub(crate) async fn key_of(client: &Client, booking_id: BookingId) -> Result<Option<String>> {
    let config = &client.pipeline.config;
    in_time(client, config.booking_log.key_of(&config.log_account, booking_id)).await
}
