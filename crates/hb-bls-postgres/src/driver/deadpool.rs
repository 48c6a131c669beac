//! Connections of `tokio-postgres`, in a pool of `deadpool-postgres`.

use std::{fmt, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use hb_bls::state::{StateError, StateFuture};
use tokio_postgres::{
    Config, NoTls,
    types::{ToSql, Type},
};

use super::{Driver, Rows};

/// How long connecting may take, and waiting for a connection of the pool.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Deadpool(Pool);

impl Deadpool {
    pub(crate) const fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// A pool of connections without TLS.
    pub(crate) fn connect(url: &str) -> Result<Self, StateError> {
        let mut config: Config = url.parse().map_err(StateError::new)?;
        config.connect_timeout(PATIENCE);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, NoTls, recycling))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build();
        Ok(Self(pool.map_err(StateError::new)?))
    }
}

impl Driver for Deadpool {
    fn query<'a>(&'a self, statement: &'a str, parameters: &'a [&'a str]) -> StateFuture<'a, Rows> {
        Box::pin(async move {
            let connection = self.0.get().await.map_err(StateError::new)?;
            // an unnamed statement, sent together with its parameters
            let parameters: Vec<_> =
                parameters.iter().map(|parameter| (parameter as &(dyn ToSql + Sync), Type::TEXT)).collect();
            let rows = connection.query_typed(statement, &parameters).await.map_err(StateError::new)?;
            let texts = rows.iter().map(|row| (0..row.len()).map(|column| row.try_get(column)).collect());
            texts.collect::<Result<_, _>>().map_err(StateError::new)
        })
    }

    fn script<'a>(&'a self, statements: &'a str) -> StateFuture<'a, ()> {
        Box::pin(async move {
            let connection = self.0.get().await.map_err(StateError::new)?;
            connection.batch_execute(statements).await.map_err(StateError::new)
        })
    }
}

impl fmt::Debug for Deadpool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadpool").field("status", &self.0.status()).finish_non_exhaustive()
    }
}
