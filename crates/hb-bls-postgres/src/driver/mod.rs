//! Database drivers: how a statement gets to the server.

#[cfg(feature = "tokio-postgres")]
pub(crate) mod deadpool;
mod limited;
#[cfg(feature = "sqlx")]
pub(crate) mod sqlx;

use std::fmt;

#[cfg(any(feature = "shared-state", feature = "event-queue"))]
use hb_bls::state::StateError;
use hb_bls::state::StateFuture;

pub(crate) use self::limited::{Limited, limited};

/// The rows of an answer. All columns are texts; statements cast what is not.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

/// Runs statements on some connection of a pool. Nothing of a session may be used, since the next statement may get another
/// session.
///
/// If a future is dropped before its statement was answered, its connection is closed and does not get back into the pool: the
/// answer may come later, or never.
pub(crate) trait Driver: fmt::Debug + Send + Sync {
    /// Runs one statement in a transaction of its own. Its parameters are texts.
    fn query<'a>(&'a self, statement: &'a str, parameters: &'a [&'a str]) -> StateFuture<'a, Rows>;

    /// Runs several statements, which have no parameters, in one transaction.
    fn script<'a>(&'a self, statements: &'a str) -> StateFuture<'a, ()>;

    /// Calls `heard` for each notification on this channel, and at first when it listens, until that fails. It waits
    /// forever if there is no connection that can listen.
    #[cfg(feature = "event-queue")]
    fn listen<'a>(&'a self, channel: &'a str, heard: &'a (dyn Fn() + Send + Sync)) -> StateFuture<'a, ()>;
}

/// A number of 64 bits as a `bigint` that has the same bits.
#[cfg(any(feature = "shared-state", feature = "webhook"))]
pub(crate) fn signed(number: u64) -> String {
    number.cast_signed().to_string()
}

/// What is longer than a century is as long: PostgreSQL knows no interval that is as long as a `Duration` may be.
#[cfg(feature = "webhook")]
pub(crate) fn seconds(duration: std::time::Duration) -> String {
    const CENTURY: std::time::Duration = std::time::Duration::from_secs(100 * 365 * 24 * 60 * 60);
    duration.min(CENTURY).as_secs_f64().to_string()
}

#[cfg(any(feature = "shared-state", feature = "event-queue"))]
pub(crate) fn unexpected() -> StateError {
    StateError::new("the database has answered something unexpected")
}
