//! Connections of `sqlx`.

use hb_bls::state::{StateError, StateFuture};
use scopeguard::ScopeGuard;
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, Row as _, pool::PoolConnection};

use super::{Driver, Rows};

type Connection = PoolConnection<Postgres>;

#[derive(Debug)]
pub(crate) struct Sqlx(PgPool);

impl Sqlx {
    pub(crate) const fn new(pool: PgPool) -> Self {
        Self(pool)
    }
}

/// A connection of the pool in a guard: dropped with it, the connection is closed instead of given back.
async fn lent(pool: &PgPool) -> Result<ScopeGuard<Connection, fn(Connection)>, StateError> {
    let connection = pool.acquire().await.map_err(StateError::new)?;
    Ok(scopeguard::guard(connection, |connection| drop(connection.detach())))
}

/// Sends a statement with its parameters in it: sqlx sends parameters apart from their statement, and between the two a
/// pooler may change the connection.
pub(crate) async fn query<'e>(
    executor: impl Executor<'e, Database = Postgres>,
    statement: &str,
    parameters: &[&str],
) -> Result<Rows, StateError> {
    let statement = AssertSqlSafe(with_parameters(statement, parameters)?);
    let rows = sqlx::raw_sql(statement).fetch_all(executor).await.map_err(StateError::new)?;
    let texts = rows.iter().map(|row| (0..row.len()).map(|column| row.try_get(column)).collect());
    texts.collect::<Result<_, _>>().map_err(StateError::new)
}

impl Driver for Sqlx {
    fn query<'a>(&'a self, statement: &'a str, parameters: &'a [&'a str]) -> StateFuture<'a, Rows> {
        Box::pin(async move {
            let mut connection = lent(&self.0).await?;
            let rows = query(&mut **connection, statement, parameters).await;
            drop(ScopeGuard::into_inner(connection));
            rows
        })
    }

    fn script<'a>(&'a self, statements: &'a str) -> StateFuture<'a, ()> {
        Box::pin(async move {
            let statements = AssertSqlSafe(statements.to_owned());
            let mut connection = lent(&self.0).await?;
            let done = sqlx::raw_sql(statements).execute(&mut **connection).await.map_err(StateError::new).map(drop);
            drop(ScopeGuard::into_inner(connection));
            done
        })
    }

    #[cfg(feature = "event-queue")]
    fn listen<'a>(&'a self, channel: &'a str, heard: &'a (dyn Fn() + Send + Sync)) -> StateFuture<'a, ()> {
        Box::pin(async move {
            let mut listener = sqlx::postgres::PgListener::connect_with(&self.0).await.map_err(StateError::new)?;
            listener.listen(channel).await.map_err(StateError::new)?;
            loop {
                heard();
                // nothing if the connection was lost: what came meanwhile was not heard
                listener.try_recv().await.map_err(StateError::new)?;
            }
        })
    }
}

/// The statement with its parameters in it, as literals that mean the same under all settings of a server. A parameter is
/// only looked for outside of other parameters.
fn with_parameters(statement: &str, parameters: &[&str]) -> Result<String, StateError> {
    let mut parts = statement.split('$');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_at_checked(1).unwrap_or_default();
        let parameter = number.parse::<usize>().ok().and_then(|number| parameters.get(number.checked_sub(1)?));
        let parameter = parameter.ok_or_else(|| StateError::new("a parameter is missing"))?;
        if parameter.contains('\0') {
            return Err(StateError::new("PostgreSQL cannot store a NUL character"));
        }
        let quoted = parameter.replace('\\', r"\\").replace('\'', "''");
        // the space keeps it apart from a word before it, and the type is what the other driver says
        whole.push_str(&format!(" E'{quoted}'::text{rest}"));
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_cannot_end_their_literals() {
        let statement = with_parameters("SELECT $1::bigint, f($2), $1", &["1", r"\'; DROP TABLE x; -- $1"]).unwrap();
        assert_eq!(statement, r"SELECT  E'1'::text::bigint, f( E'\\''; DROP TABLE x; -- $1'::text),  E'1'::text");
        assert!(with_parameters("SELECT $2", &["1"]).is_err());
        assert!(with_parameters("SELECT $1", &["\0"]).is_err());
    }
}
