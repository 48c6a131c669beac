use std::sync::Arc;

use hb_bls::state::{KeyValueStore, StateFuture, Stored};
use jiff::Timestamp;

use crate::{
    PostgresState,
    driver::{Driver, signed, unexpected},
};

/// A [`KeyValueStore`] in a table. From [`PostgresState::store`].
#[derive(Debug, Clone)]
pub struct PostgresStore {
    driver: Arc<dyn Driver>,
    statements: Arc<Statements>,
}

#[derive(Debug)]
struct Statements {
    read: String,
    write_first: String,
    write: String,
}

impl PostgresState {
    /// The store of small texts that tokens, locks and the rate limit are kept in.
    #[must_use]
    pub fn store(&self) -> PostgresStore {
        PostgresStore::new(self)
    }
}

impl PostgresStore {
    pub(crate) fn new(state: &PostgresState) -> Self {
        let statements = Statements {
            read: state.statement(include_str!("sql/read.sql")),
            write_first: state.statement(include_str!("sql/write_first.sql")),
            write: state.statement(include_str!("sql/write.sql")),
        };
        Self { driver: state.driver(), statements: Arc::new(statements) }
    }
}

impl KeyValueStore for PostgresStore {
    fn read<'a>(&'a self, key: &'a str) -> StateFuture<'a, Stored> {
        Box::pin(async move {
            let rows = self.driver.query(&self.statements.read, &[key]).await?;
            let Some(Ok([now, version, text])) = rows.into_iter().next().map(<[_; 3]>::try_from) else {
                return Err(unexpected());
            };
            let now = now.and_then(|now| Timestamp::from_microsecond(now.parse().ok()?).ok());
            let version = version.and_then(|version| version.parse().ok()).map(i64::cast_unsigned);
            Ok(Stored::new(now.ok_or_else(unexpected)?, version.zip(text)))
        })
    }

    fn write<'a>(&'a self, key: &'a str, version: Option<u64>, text: &'a str) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let new = signed(fastrand::u64(..));
            let rows = match version {
                None => self.driver.query(&self.statements.write_first, &[key, &new, text]).await?,
                Some(old) => self.driver.query(&self.statements.write, &[key, &new, text, &signed(old)]).await?,
            };
            Ok(!rows.is_empty())
        })
    }
}
