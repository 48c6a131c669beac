use std::{fmt, time::Duration};

use jiff::Timestamp;

use super::StateFuture;

/// Keeps requests within the quota.
///
/// The client asks for a turn before each request, one task at a time and in the order in which they came, and
/// tells what came of it. Replace it to share the quota with other processes behind the same address.
pub trait Pacer: fmt::Debug + Send + Sync {
    /// Takes a turn, or tells how long to wait before asking again. The client asks earlier if an answer comes.
    fn take(&self, now: Timestamp) -> StateFuture<'_, Turn>;
    /// Told when a request that had a turn is answered, has failed, or was given up.
    fn done(&self, ticket: Ticket, now: Timestamp, feedback: Feedback) -> StateFuture<'_, ()>;
}

/// What a [`Pacer`] says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It may be sent.
    Go(Ticket),
    /// It has to wait at least this long, since the quota is used up.
    Wait(Duration),
    /// The portal has refused requests, and wants none for this long. A client does not wait longer than
    /// [`ClientBuilder::max_retry_after`](crate::ClientBuilder::max_retry_after).
    Pause(Duration),
}

/// A turn that was taken. The number is the pacer's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub u64);

/// What an answer tells about the quota. The headers are not published, so each may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Feedback {
    /// Whether there was an answer at all.
    pub answered: bool,
    /// `X-RateLimit-Limit`: requests a minute.
    pub limit: Option<u32>,
    /// `X-RateLimit-Remaining`: how many are left.
    pub remaining: Option<u32>,
    /// After a 429, how long to wait: by `Retry-After`, else until `X-RateLimit-Reset`, else a minute.
    pub refused: Option<Duration>,
}
