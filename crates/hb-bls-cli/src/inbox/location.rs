//! The location of a queue of events.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use hb_bls::{
    Secret,
    webhook::{EncryptedQueue, EventFilter, EventQueue, EventState},
};
use hb_bls_postgres::PostgresState;
use hb_bls_sqlite::SqliteEventQueue;
use uuid::Uuid;

use crate::{
    environment::variable,
    report::{Failure, Kind},
};

/// The secret of an encrypted queue. It is not an option, since the process list shows the options of every command.
const KEY: &str = "HB_BLS_INBOX_KEY";

#[derive(Debug, Clone, clap::Args)]
pub struct InboxArgs {
    /// The queue: a postgres:// URL, or the path of a SQLite file
    ///
    /// If HB_BLS_INBOX_KEY is set, what events contain is encrypted with that secret.
    #[arg(long = "inbox", value_name = "URL|FILE", env = "HB_BLS_INBOX", hide_env_values = true)]
    named: Option<String>,
}

impl InboxArgs {
    /// The queue, which must be named.
    pub fn required(&self) -> Result<QueueLocation> {
        let named = self.named.as_deref().filter(|name| !name.is_empty()).ok_or_else(|| {
            Failure::new(Kind::Usage, "no queue of events is named")
                .hint("give --inbox with a postgres:// URL or the path of a SQLite file, or set HB_BLS_INBOX")
        });
        QueueLocation::read(named?)
    }
}

/// Where a queue is. It is not shown, since a URL may contain a password.
pub enum QueueLocation {
    Postgres(String),
    File(PathBuf),
}

impl QueueLocation {
    /// By its URL or path.
    pub fn read(name: &str) -> Result<Self> {
        if name.starts_with("postgres://") || name.starts_with("postgresql://") {
            return Ok(Self::Postgres(name.to_owned()));
        }
        if name.contains("://") {
            let what = "--inbox is neither a postgres:// URL nor the path of a file";
            return Err(Failure::new(Kind::Usage, what).into());
        }
        Ok(Self::File(name.into()))
    }

    /// The queue, which is made if it is not there.
    pub async fn make(&self) -> Result<Arc<dyn EventQueue>> {
        if let Self::Postgres(url) = self {
            let state = PostgresState::connect(url).context("cannot use the queue of events")?;
            // who may write events need not be allowed to create tables
            if state.event_queue().stats().await.is_err() {
                state.migrate().await.context("cannot make the tables of the queue of events")?;
            }
        }
        let queue = self.connect()?;
        // with another secret, or without one, what is there could not be handled
        let open = queue.list(EventFilter::default().state(EventState::Open).limit(1)).await;
        if let Some(event) = open.context("cannot read the queue of events")?.first() {
            body(&*queue, event.event_id).await?;
        }
        Ok(queue)
    }

    /// The queue, which must be there.
    pub fn open(&self) -> Result<Arc<dyn EventQueue>> {
        if let Self::File(path) = self
            && !path.exists()
        {
            return Err(Failure::new(Kind::NotFound, format!("there is no queue of events at {}", path.display()))
                .hint("`hb-bls reconcile` and `hb-bls watch` make one")
                .into());
        }
        self.connect()
    }

    fn connect(&self) -> Result<Arc<dyn EventQueue>> {
        let queue: Arc<dyn EventQueue> = match self {
            Self::Postgres(url) => {
                let state = PostgresState::connect(url).context("cannot use the queue of events")?;
                Arc::new(state.event_queue())
            }
            Self::File(path) => {
                let queue = SqliteEventQueue::open(path);
                Arc::new(queue.with_context(|| format!("cannot keep events in {}", path.display()))?)
            }
        };
        match variable(KEY).map(Secret::from) {
            Some(secret) => Ok(Arc::new(EncryptedQueue::new(queue, &secret)?)),
            None => Ok(queue),
        }
    }
}

/// What an event contains, unless it is encrypted with a secret that we do not have.
pub async fn body(queue: &dyn EventQueue, id: Uuid) -> Result<Option<String>> {
    let body = queue.body(id).await.with_context(|| format!("cannot read what event {id} contains"))?;
    let encrypted = || {
        let hint = format!("set {KEY} to the secret of the queue");
        Failure::new(Kind::Usage, format!("what event {id} contains is encrypted")).hint(hint)
    };
    Ok(body.map(|body| String::from_utf8(body).map_err(|_| encrypted())).transpose()?)
}
