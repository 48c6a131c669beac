use std::{fmt, sync::Arc};

use hb_bls::state::{KeyValueStore, StateError, StateFuture, Stored};
use jiff::Timestamp;
use redis::{
    Script,
    aio::{ConnectionLike, ConnectionManager},
};

use crate::RedisState;

/// A [`KeyValueStore`] in Redis, with a hash for each key. From [`RedisState::store`].
#[derive(Clone)]
pub struct RedisStore<C = ConnectionManager> {
    state: RedisState<C>,
    scripts: Arc<Scripts>,
}

struct Scripts {
    read: Script,
    write: Script,
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> RedisState<C> {
    /// The store of small texts that tokens, locks and the rate limit are kept in.
    #[must_use]
    pub fn store(&self) -> RedisStore<C> {
        RedisStore::new(self.clone())
    }
}

impl<C> RedisStore<C> {
    pub(crate) fn new(state: RedisState<C>) -> Self {
        let read = Script::new(include_str!("lua/read.lua"));
        let write = Script::new(include_str!("lua/write.lua"));
        Self { state, scripts: Arc::new(Scripts { read, write }) }
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> KeyValueStore for RedisStore<C> {
    fn read<'a>(&'a self, key: &'a str) -> StateFuture<'a, Stored> {
        Box::pin(async move {
            let mut script = self.scripts.read.prepare_invoke();
            let script = script.key(self.state.key(key));
            let (seconds, microseconds, version, text): (i64, i32, Option<u64>, Option<String>) =
                script.invoke_async(&mut self.state.connection()).await.map_err(StateError::new)?;
            let now = Timestamp::new(seconds, microseconds.saturating_mul(1000)).map_err(StateError::new)?;
            Ok(Stored::new(now, version.zip(text)))
        })
    }

    fn write<'a>(&'a self, key: &'a str, version: Option<u64>, text: &'a str) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let old = version.map(|version| version.to_string()).unwrap_or_default();
            let mut script = self.scripts.write.prepare_invoke();
            let script = script.key(self.state.key(key)).arg(old).arg(fastrand::u64(..)).arg(text);
            script.invoke_async(&mut self.state.connection()).await.map_err(StateError::new)
        })
    }
}

impl<C> fmt::Debug for RedisStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisStore").field(&self.state).finish()
    }
}
