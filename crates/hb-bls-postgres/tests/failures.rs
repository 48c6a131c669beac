//! PostgreSQL fails, or is used in an unusual way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{DRIVERS, Driver, client, state, unprepared};
use futures::future::join_all;
use hb_bls::Clock as _;
use hb_bls::{
    Credentials, SystemClock,
    state::{
        AccountKey, KeyValueStore as _, SharedState, TokenSet, TokenStore as _,
        conformance::{self, Subject},
    },
    webhook::{ClaimOutcome, Inbox as _, MemoryInbox},
};
use hb_bls_postgres::PostgresState;
use test_servers::{Pooler, Server, failures, prefix};
use uuid::Uuid;

#[tokio::test]
async fn a_server_that_stops_is_found_again() {
    let Some(mut server) = Server::postgres(&[]) else { return };
    for &driver in DRIVERS {
        let state = state(server.url(), driver, &prefix()).await;
        failures::server_stops(&mut server, state.store(), state.inbox()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_lose_no_write() {
    let Some(server) = Server::postgres(&[]) else { return };
    let killer = client(server.url()).await;
    for &driver in DRIVERS {
        let prefix = prefix();
        let stores =
            [state(server.url(), driver, &prefix).await.store(), state(server.url(), driver, &prefix).await.store()];
        failures::connections_break([&stores[0], &stores[1]], async || {
            let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
            killer.batch_execute(kill).await.unwrap();
        })
        .await;
    }
}

#[test]
fn a_pool_outlives_the_runtime_that_connected_it() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        let prefix = prefix();
        failures::runtimes_end(async || state(url, driver, &prefix).await.store());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_ask_at_once_are_granted_what_there_is() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        let prefix = prefix();
        let open = async || SharedState::new(state(url, driver, &prefix).await.store());
        failures::tasks_race(open().await, open().await).await;
    }
}

#[tokio::test]
async fn tables_can_be_created_by_all_at_once_and_again() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        let prefix = prefix();
        join_all((0..8).map(|_| state(url, driver, &prefix))).await;
        // and by another tool, from the text
        let state = state(url, driver, &prefix).await;
        client(url).await.batch_execute(&state.schema()).await.unwrap();
        assert!(state.store().write("a/key", None, "a text").await.unwrap());
    }
}

#[tokio::test]
async fn without_tables_or_server_there_is_an_error() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        let state = unprepared(url, driver).with_prefix(&prefix()).unwrap();
        let error = format!("{:#}", state.store().read("a/key").await.unwrap_err());
        assert!(error.contains("does not exist"), "{error}");
        assert!(state.inbox().claim(Uuid::nil()).await.is_err());
    }
    let nobody = "postgres://postgres@127.0.0.1:1/postgres";
    assert!(unprepared(nobody, Driver::TokioPostgres).migrate().await.is_err());
    assert!(PostgresState::connect("what is this").is_err());
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_enough() {
    let Some(server) = Server::postgres(&[]) else { return };
    let pooler = Pooler::start(server.port()).await;
    // it is one: what belongs to a session is not there any more
    let direct = client(pooler.url()).await;
    assert!(direct.query("SELECT 1", &[]).await.is_err(), "a prepared statement is lost");
    for &driver in DRIVERS {
        conformance::key_value_store(async || {
            let prefix = prefix();
            let open = async || state(pooler.url(), driver, &prefix).await.store();
            Subject::new(open().await, open().await)
        })
        .await;
        conformance::booking_log(async || {
            let prefix = prefix();
            let open = async || state(pooler.url(), driver, &prefix).await.booking_log();
            Subject::new(open().await, open().await)
        })
        .await;
        let database = std::rc::Rc::new(client(server.url()).await);
        conformance::inbox(MemoryInbox::DEFAULT_LEASE, async || {
            let (prefix, database) = (prefix(), database.clone());
            let open = async || state(pooler.url(), driver, &prefix).await.inbox();
            Subject::new(open().await, open().await).passing(move |by| {
                let (prefix, database) = (prefix.clone(), database.clone());
                async move { common::let_pass(&database, &prefix, by).await }
            })
        })
        .await;
    }
}

#[tokio::test]
async fn a_session_is_left_as_it_was() {
    let Some(url) = test_servers::postgres() else { return };
    let mut config = deadpool_postgres::Config::new();
    config.url = Some(url.to_owned());
    config.pool = Some(deadpool_postgres::PoolConfig::new(1));
    let pool = config.create_pool(Some(deadpool_postgres::Runtime::Tokio1), tokio_postgres::NoTls).unwrap();
    let state = PostgresState::new(pool.clone()).with_prefix(&prefix()).unwrap();
    state.migrate().await.unwrap();
    let settings = async || {
        let rows = pool.get().await.unwrap().query("SELECT name, setting FROM pg_settings ORDER BY name", &[]).await;
        rows.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect::<Vec<(String, String)>>()
    };
    let before = settings().await;
    assert!(state.store().write("a/key", None, "a text").await.unwrap());
    let (version, _) = state.store().read("a/key").await.unwrap().text.unwrap();
    assert!(state.store().write("a/key", Some(version), "another").await.unwrap());
    let ClaimOutcome::New(lease) = state.inbox().claim(Uuid::nil()).await.unwrap() else { panic!("it is new") };
    state.inbox().done(lease).await.unwrap();
    assert_eq!(settings().await, before);
}

#[tokio::test]
async fn tokens_are_encrypted_in_the_table() {
    let Some(url) = test_servers::postgres() else { return };
    let (prefix, credentials) = (prefix(), Credentials::new("one", "sesame"));
    let state = state(url, Driver::TokioPostgres, &prefix).await;
    let (store, account) =
        (state.token_store(&credentials), AccountKey::new("https://example.com/api/v1", &credentials));
    let fence = store.lock(&account).await.unwrap().fence();
    let tokens = TokenSet::new("an access token".into(), SystemClock.now());
    assert!(store.save(&account, fence, Some(&tokens)).await.unwrap());
    assert_eq!(store.load(&account).await.unwrap(), Some(tokens));
    let texts = client(url).await.query(&format!("SELECT text FROM {prefix}state"), &[]).await.unwrap();
    assert!(!texts.is_empty());
    assert!(texts.iter().all(|row| !row.get::<_, String>(0).contains("access")));
    let thief = state.token_store(&Credentials::new("one", "guess"));
    assert_eq!(thief.load(&account).await.unwrap(), None);
}

#[tokio::test]
async fn a_prefix_is_an_identifier() {
    let state = unprepared("postgres://localhost/", Driver::TokioPostgres);
    for prefix in ["", "1a", "A", "a b", "a\"", "a;", "a.b", "a-", "é", &"a".repeat(41)] {
        assert!(state.clone().with_prefix(prefix).is_err(), "{prefix}");
    }
    let longest = "a".repeat(40);
    assert!(state.clone().with_prefix(&longest).unwrap().schema().contains(&format!("{longest}inbox_until")));
}
