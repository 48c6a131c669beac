//! A database that has gone silent, which does not fail, keeps nobody for ever.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::{DRIVERS, Driver};
use hb_bls::{
    Clock as _, SystemClock,
    state::{KeyValueStore as _, StateError},
};
use hb_bls_postgres::PostgresState;
use test_servers::{Server, ShiftedClock, Silent, prefix};
use tokio::task::JoinHandle;

const SECOND: Duration = Duration::from_secs(1);

/// A database behind a network that can go silent, and one connection to it at a time.
struct Setting {
    network: Silent,
    clock: ShiftedClock,
    state: PostgresState,
    is_idle: Box<dyn Fn() -> bool>,
}

impl Setting {
    async fn new(server: &Server, driver: Driver) -> Self {
        let network = Silent::start(server.port()).await;
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", network.port());
        let clock = ShiftedClock::default();
        let (state, is_idle) = one_connection(&url, driver);
        let state = state.with_clock(clock.clone()).with_prefix(&prefix()).unwrap();
        Self { network, clock, state, is_idle }
    }

    /// Its tables are there, its connection waits in the pool, and then there is silence.
    async fn silenced(server: &Server, driver: Driver) -> Self {
        let setting = Self::new(server, driver).await;
        setting.state.migrate().await.unwrap();
        while !(setting.is_idle)() {
            tokio::task::yield_now().await;
        }
        setting.network.silence(true);
        setting
    }

    /// Reads in a task, and waits until it has asked the database.
    async fn reading(&self) -> JoinHandle<Result<(), StateError>> {
        let store = self.state.store();
        let reading = tokio::spawn(async move { store.read("a/key").await.map(drop) });
        self.network.asked().await;
        reading
    }

    /// The silent connection is closed, and the only one of the pool can be another.
    async fn recovers(&self) {
        soon("the connection stays open", self.network.left()).await;
        self.network.silence(false);
        soon("there is no other connection", self.state.store().read("a/key")).await.unwrap();
    }
}

/// Pools that do not look whether an idle connection works, and without timeouts of their own.
fn one_connection(url: &str, driver: Driver) -> (PostgresState, Box<dyn Fn() -> bool>) {
    match driver {
        Driver::TokioPostgres => {
            let manager = deadpool_postgres::Manager::new(url.parse().unwrap(), tokio_postgres::NoTls);
            let pool = deadpool_postgres::Pool::builder(manager).max_size(1).build().unwrap();
            (PostgresState::new(pool.clone()), Box::new(move || pool.status().available == 1))
        }
        #[cfg(feature = "sqlx")]
        Driver::Sqlx => {
            let options = sqlx::postgres::PgPoolOptions::new().max_connections(1).test_before_acquire(false);
            let pool = options.acquire_timeout(3600 * SECOND).connect_lazy(url).unwrap();
            (PostgresState::from_sqlx(pool.clone()), Box::new(move || pool.num_idle() == 1))
        }
    }
}

/// What comes soon, unless it never comes.
async fn soon<T>(what: &str, coming: impl Future<Output = T>) -> T {
    tokio::select! {
        outcome = coming => outcome,
        () = SystemClock.sleep(20 * SECOND) => panic!("{what}"),
    }
}

async fn assert_silent(outcome: JoinHandle<Result<(), StateError>>, limit: &str) {
    let outcome = soon("it waits for ever", outcome).await.unwrap();
    let error = format!("{:#}", outcome.unwrap_err());
    assert_eq!(error, format!("the store failed: the database did not respond within {limit}"));
}

#[tokio::test]
async fn a_statement_that_is_not_answered_fails_and_its_connection_is_not_used_again() {
    let Some(server) = Server::postgres(&[]) else { return };
    for &driver in DRIVERS {
        let setting = Setting::silenced(&server, driver).await;
        let reading = setting.reading().await;
        setting.clock.advance(5 * SECOND);
        tokio::task::yield_now().await;
        assert!(!reading.is_finished(), "{driver:?}: it has time left");
        setting.clock.advance(5 * SECOND);
        assert_silent(reading, "10 s").await;
        setting.recovers().await;
    }
}

#[tokio::test]
async fn the_connection_of_a_statement_that_is_dropped_unanswered_is_not_used_again() {
    let Some(server) = Server::postgres(&[]) else { return };
    for &driver in DRIVERS {
        let setting = Setting::silenced(&server, driver).await;
        let reading = setting.reading().await;
        reading.abort();
        assert!(reading.await.unwrap_err().is_cancelled());
        setting.recovers().await;
    }
}

#[tokio::test]
async fn connecting_is_limited_whatever_the_timeouts_of_the_pool() {
    let Some(server) = Server::postgres(&[]) else { return };
    for &driver in DRIVERS {
        let setting = Setting::new(&server, driver).await;
        setting.network.silence(true);
        let reading = setting.reading().await;
        setting.clock.advance(10 * SECOND);
        assert_silent(reading, "10 s").await;
        soon("the connection stays open", setting.network.left()).await;
    }
}

#[tokio::test]
async fn creating_the_tables_has_a_limit_for_all_tries() {
    let Some(server) = Server::postgres(&[]) else { return };
    for &driver in DRIVERS {
        let setting = Setting::silenced(&server, driver).await;
        let state = setting.state.clone();
        let creating = tokio::spawn(async move { state.migrate().await });
        setting.network.asked().await;
        setting.clock.advance(30 * SECOND);
        tokio::task::yield_now().await;
        assert!(!creating.is_finished(), "{driver:?}: it has time left");
        setting.clock.advance(30 * SECOND);
        assert_silent(creating, "60 s").await;
        setting.recovers().await;
    }
}
