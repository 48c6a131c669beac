use std::{fmt, sync::Arc, time::Duration};

use hb_bls::{
    state::{StateError, StateFuture},
    webhook::{ClaimOutcome, EventLease, Inbox, MemoryInbox, RETENTION},
};
use redis::{
    Script,
    aio::{ConnectionLike, ConnectionManager},
};
use uuid::Uuid;

use crate::{RedisState, eviction};

/// An [`Inbox`] in Redis, which processes share. From [`RedisState::inbox`].
///
/// **Only for handlers that may run twice.** If Redis fails over to a replica, or ends without having saved, what was
/// recorded in the last second or more may be lost, and an event of that time is handled again. Use
/// [`hb-bls-postgres`](https://docs.rs/hb-bls-postgres) if that does harm.
///
/// The keys expire by themselves: when a claim lapses, and when a handled event need not be remembered any more.
#[derive(Clone)]
pub struct RedisInbox<C = ConnectionManager> {
    state: RedisState<C>,
    scripts: Arc<Scripts>,
    lease: Duration,
}

struct Scripts {
    claim: Script,
    failed: Script,
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> RedisState<C> {
    /// Records which webhook events were handled. See [`RedisInbox`] for what a failover of Redis means for them.
    #[must_use]
    pub fn inbox(&self) -> RedisInbox<C> {
        RedisInbox::new(self.clone())
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> RedisInbox<C> {
    pub(crate) fn new(state: RedisState<C>) -> Self {
        let claim = Script::new(include_str!("lua/claim.lua"));
        let failed = Script::new(include_str!("lua/failed.lua"));
        Self { state, scripts: Arc::new(Scripts { claim, failed }), lease: MemoryInbox::DEFAULT_LEASE }
    }

    /// Sets how long a claim lasts, 10 minutes by default. It must be longer than any handler takes.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Checks that Redis evicts nothing when its memory is full, so that no event is forgotten. A server that does not
    /// reveal its policy passes.
    ///
    /// # Errors
    ///
    /// [`StateError`] if it may, with what to do; or if it cannot be reached.
    pub async fn check(&self) -> Result<(), StateError> {
        eviction::check(&mut self.state.connection(), |policy| policy == "noeviction").await
    }

    fn key(&self, event_id: Uuid) -> String {
        self.state.key(&format!("inbox/{event_id}"))
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Inbox for RedisInbox<C> {
    fn claim(&self, event_id: Uuid) -> StateFuture<'_, ClaimOutcome> {
        Box::pin(async move {
            let claim = fastrand::u64(..);
            let mut script = self.scripts.claim.prepare_invoke();
            let script = script.key(self.key(event_id)).arg(claim).arg(milliseconds(self.lease));
            let outcome: String = script.invoke_async(&mut self.state.connection()).await.map_err(StateError::new)?;
            Ok(match outcome.as_str() {
                "new" => ClaimOutcome::New(EventLease::new(event_id, claim)),
                "done" => ClaimOutcome::Done,
                _ => ClaimOutcome::Taken,
            })
        })
    }

    fn done(&self, lease: EventLease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            let mut set = redis::cmd("SET");
            let set = set.arg(self.key(lease.event_id)).arg("done").arg("PX").arg(milliseconds(RETENTION));
            set.query_async(&mut self.state.connection()).await.map_err(StateError::new)
        })
    }

    fn failed(&self, lease: EventLease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            let mut script = self.scripts.failed.prepare_invoke();
            let script = script.key(self.key(lease.event_id)).arg(lease.token);
            script.invoke_async(&mut self.state.connection()).await.map_err(StateError::new)
        })
    }
}

/// At least one, since Redis refuses to keep a key for no time.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

impl<C> fmt::Debug for RedisInbox<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisInbox").field("state", &self.state).field("lease", &self.lease).finish_non_exhaustive()
    }
}
