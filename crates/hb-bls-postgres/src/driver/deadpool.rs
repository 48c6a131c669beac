//! Connections of `tokio-postgres`, in a pool of `deadpool-postgres`.

use std::{fmt, time::Duration};
#[cfg(feature = "event-queue")]
use std::{future::poll_fn, pin::pin, task::Poll};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use hb_bls::state::{StateError, StateFuture};
use scopeguard::ScopeGuard;
#[cfg(feature = "event-queue")]
use tokio_postgres::AsyncMessage;
use tokio_postgres::{
    Config, GenericClient, NoTls,
    types::{ToSql, Type},
};

use super::{Driver, Rows};

/// How long connecting may take, and waiting for a connection of the pool.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Deadpool {
    pool: Pool,
    /// How to connect without the pool.
    #[cfg(feature = "event-queue")]
    config: Option<Config>,
}

impl Deadpool {
    pub(crate) const fn new(pool: Pool) -> Self {
        Self {
            pool,
            #[cfg(feature = "event-queue")]
            config: None,
        }
    }

    /// A pool of connections without TLS.
    pub(crate) fn connect(url: &str) -> Result<Self, StateError> {
        let mut config: Config = url.parse().map_err(StateError::new)?;
        config.connect_timeout(PATIENCE);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config.clone(), NoTls, recycling))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build();
        Ok(Self {
            pool: pool.map_err(StateError::new)?,
            #[cfg(feature = "event-queue")]
            config: Some(config),
        })
    }
}

/// A connection of the pool in a guard: dropped with it, the connection is closed instead of given back.
async fn lent(pool: &Pool) -> Result<ScopeGuard<Object, fn(Object)>, StateError> {
    let connection = pool.get().await.map_err(StateError::new)?;
    Ok(scopeguard::guard(connection, |connection| drop(Object::take(connection))))
}

/// Sends an unnamed statement together with its parameters.
pub(crate) async fn query(
    connection: &impl GenericClient,
    statement: &str,
    parameters: &[&str],
) -> Result<Rows, StateError> {
    let parameters: Vec<_> =
        parameters.iter().map(|parameter| (parameter as &(dyn ToSql + Sync), Type::TEXT)).collect();
    let rows = connection.query_typed(statement, &parameters).await.map_err(StateError::new)?;
    let texts = rows.iter().map(|row| (0..row.len()).map(|column| row.try_get(column)).collect());
    texts.collect::<Result<_, _>>().map_err(StateError::new)
}

impl Driver for Deadpool {
    fn query<'a>(&'a self, statement: &'a str, parameters: &'a [&'a str]) -> StateFuture<'a, Rows> {
        Box::pin(async move {
            let connection = lent(&self.pool).await?;
            let rows = query(&***connection, statement, parameters).await;
            drop(ScopeGuard::into_inner(connection));
            rows
        })
    }

    fn script<'a>(&'a self, statements: &'a str) -> StateFuture<'a, ()> {
        Box::pin(async move {
            let connection = lent(&self.pool).await?;
            let done = connection.batch_execute(statements).await.map_err(StateError::new);
            drop(ScopeGuard::into_inner(connection));
            done
        })
    }

    #[cfg(feature = "event-queue")]
    fn listen<'a>(&'a self, channel: &'a str, heard: &'a (dyn Fn() + Send + Sync)) -> StateFuture<'a, ()> {
        let Some(config) = &self.config else { return Box::pin(std::future::pending()) };
        Box::pin(async move {
            let (client, mut connection) = config.connect(NoTls).await.map_err(StateError::new)?;
            let statement = format!("LISTEN {channel}");
            let (mut listening, mut is_listening) = (pin!(client.batch_execute(&statement)), false);
            poll_fn(|context| {
                loop {
                    match connection.poll_message(context) {
                        Poll::Ready(Some(Ok(AsyncMessage::Notification(_)))) => heard(),
                        Poll::Ready(Some(Ok(_))) => {}
                        Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(StateError::new(error))),
                        Poll::Ready(None) => return Poll::Ready(Ok(())),
                        Poll::Pending => break,
                    }
                }
                if !is_listening && let Poll::Ready(outcome) = listening.as_mut().poll(context) {
                    outcome.map_err(StateError::new)?;
                    is_listening = true;
                    heard();
                    // what came with the answer
                    context.waker().wake_by_ref();
                }
                Poll::Pending
            })
            .await
        })
    }
}

impl fmt::Debug for Deadpool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadpool").field("status", &self.pool.status()).finish_non_exhaustive()
    }
}
