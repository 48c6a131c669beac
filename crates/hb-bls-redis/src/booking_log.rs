use std::{fmt, sync::Arc};

use hb_bls::{
    BookingId,
    state::{AccountKey, BookingLog, BookingRecord, LoggedBooking, StateError, StateFuture},
};
use redis::{
    Script,
    aio::{ConnectionLike, ConnectionManager},
};

use crate::RedisState;

/// A [`BookingLog`] in Redis, with a hash for each account. From [`RedisState::booking_log`].
///
/// **A step that Redis loses may mean that a candidate is booked twice.** Redis must save each write (`appendonly yes` and
/// `appendfsync always`), and a failover to a replica may lose some even then. Where that can happen, use
/// [`hb-bls-postgres`](https://docs.rs/hb-bls-postgres).
///
/// Records are kept forever.
#[derive(Clone)]
pub struct RedisBookingLog<C = ConnectionManager> {
    state: RedisState<C>,
    scripts: Arc<Scripts>,
}

struct Scripts {
    write: Script,
    unfinished: Script,
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> RedisState<C> {
    /// Records how far bookings with a key have come. See [`RedisBookingLog`] for how Redis must be configured.
    #[must_use]
    pub fn booking_log(&self) -> RedisBookingLog<C> {
        RedisBookingLog::new(self.clone())
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> RedisBookingLog<C> {
    pub(crate) fn new(state: RedisState<C>) -> Self {
        let write = Script::new(include_str!("lua/write_booking.lua"));
        let unfinished = Script::new(include_str!("lua/unfinished_bookings.lua"));
        Self { state, scripts: Arc::new(Scripts { write, unfinished }) }
    }

    /// All records of an account, the keys of the unfinished ones, and those of bookings. A cluster keeps them in one place.
    fn keys(&self, account: &AccountKey) -> [String; 3] {
        let all = self.state.key(&format!("bookings/{account}"));
        let (unfinished, booked) = (format!("{all}:unfinished"), format!("{all}:booked"));
        [all, unfinished, booked]
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> BookingLog for RedisBookingLog<C> {
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>> {
        Box::pin(async move {
            let [all, ..] = self.keys(account);
            let mut get = redis::cmd("HGET");
            let stored: Option<String> =
                get.arg(all).arg(key).query_async(&mut self.state.connection()).await.map_err(StateError::new)?;
            stored.as_deref().map(logged).transpose()
        })
    }

    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let text = serde_json::to_string(record).map_err(StateError::new)?;
            let [all, unfinished, booked] = self.keys(account);
            let booking = record.booking_id().map(|id| id.to_string()).unwrap_or_default();
            let mut script = self.scripts.write.key(all);
            let script =
                script.key(unfinished).key(booked).arg(key).arg(revision).arg(revision.saturating_add(1)).arg(text);
            script
                .arg(record.is_finished())
                .arg(booking)
                .invoke_async(&mut self.state.connection())
                .await
                .map_err(StateError::new)
        })
    }

    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>> {
        Box::pin(async move {
            let [all, unfinished, _] = self.keys(account);
            let mut script = self.scripts.unfinished.key(all);
            let found: Vec<(String, String)> =
                script.key(unfinished).invoke_async(&mut self.state.connection()).await.map_err(StateError::new)?;
            found.into_iter().map(|(key, stored)| Ok((key, logged(&stored)?))).collect()
        })
    }

    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>> {
        Box::pin(async move {
            let [.., booked] = self.keys(account);
            let mut get = redis::cmd("HGET");
            let get = get.arg(booked).arg(booking_id.get());
            let key: Option<String> = get.query_async(&mut self.state.connection()).await.map_err(StateError::new)?;
            let Some(key) = key else { return Ok(None) };
            // its key may have been reopened since
            let logged = self.read(account, &key).await?;
            Ok(logged.filter(|logged| logged.record.booking_id() == Some(booking_id)).map(|_| key))
        })
    }
}

fn logged(stored: &str) -> Result<LoggedBooking, StateError> {
    let (revision, record) = stored.split_once(' ').unwrap_or_default();
    let revision = revision.parse().map_err(StateError::new)?;
    serde_json::from_str(record).map(|record| LoggedBooking::new(revision, record)).map_err(StateError::new)
}

impl<C> fmt::Debug for RedisBookingLog<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisBookingLog").field(&self.state).finish()
    }
}
