//! What the tests have in common.
#![allow(dead_code, reason = "each test uses some of it")]

use std::time::Duration;

use hb_bls_postgres::PostgresState;
use tokio_postgres::NoTls;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Driver {
    TokioPostgres,
    #[cfg(feature = "sqlx")]
    Sqlx,
}

pub const DRIVERS: &[Driver] = &[
    Driver::TokioPostgres,
    #[cfg(feature = "sqlx")]
    Driver::Sqlx,
];

/// A pool of its own, and tables with this prefix.
pub async fn state(url: &str, driver: Driver, prefix: &str) -> PostgresState {
    let state = unprepared(url, driver).with_prefix(prefix).unwrap();
    state.migrate().await.unwrap();
    state
}

pub fn unprepared(url: &str, driver: Driver) -> PostgresState {
    match driver {
        Driver::TokioPostgres => PostgresState::connect(url).unwrap(),
        #[cfg(feature = "sqlx")]
        Driver::Sqlx => {
            // it tries to connect for so long
            let pool = sqlx::postgres::PgPoolOptions::new().acquire_timeout(Duration::from_secs(5));
            PostgresState::from_sqlx(pool.connect_lazy(url).unwrap())
        }
    }
}

/// A connection for the test itself.
pub async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Moves what is in an inbox back in time.
pub async fn let_pass(database: &tokio_postgres::Client, prefix: &str, by: Duration) {
    let seconds = by.as_secs_f64();
    let back = format!("UPDATE {prefix}inbox SET until = until - make_interval(secs => {seconds})");
    database.batch_execute(&back).await.unwrap();
}

/// Moves what is in a queue of events back in time.
pub async fn let_pass_for_events(database: &tokio_postgres::Client, prefix: &str, by: Duration) {
    let passed = format!("make_interval(secs => {})", by.as_secs_f64());
    let back = format!(
        "UPDATE {prefix}events SET due = due - {passed}, settled_at = settled_at - {passed},
        received_at = received_at - {passed}"
    );
    database.batch_execute(&back).await.unwrap();
}
