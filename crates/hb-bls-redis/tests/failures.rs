//! Redis fails, or is used in an unusual way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{connection, state};
use hb_bls::{
    Clock as _, Credentials, SystemClock,
    state::{AccountKey, KeyValueStore as _, SharedState, TokenSet, TokenStore as _},
    webhook::Inbox as _,
};
use hb_bls_redis::RedisState;
use test_servers::{Server, failures, prefix};
use uuid::Uuid;

#[tokio::test]
async fn a_server_that_stops_is_found_again() {
    let Some(mut server) = Server::redis(&[]) else { return };
    let state = state(server.url(), &prefix()).await;
    failures::server_stops(&mut server, state.store(), state.inbox()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_lose_no_write() {
    let Some(server) = Server::redis(&[]) else { return };
    let (prefix, killer) = (prefix(), connection(server.url()).await);
    let stores = [state(server.url(), &prefix).await.store(), state(server.url(), &prefix).await.store()];
    failures::connections_break([&stores[0], &stores[1]], async || {
        let mut kill = redis::cmd("CLIENT");
        kill.arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"]);
        let () = kill.query_async(&mut killer.clone()).await.unwrap();
    })
    .await;
}

#[test]
fn a_connection_is_made_anew_when_its_runtime_has_ended() {
    let Some(url) = test_servers::redis() else { return };
    let prefix = prefix();
    failures::runtimes_end(async || state(url, &prefix).await.store());
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_ask_at_once_are_granted_what_there_is() {
    let Some(url) = test_servers::redis() else { return };
    let prefix = prefix();
    let open = async || SharedState::new(state(url, &prefix).await.store());
    failures::tasks_race(open().await, open().await).await;
}

#[tokio::test]
async fn scripts_that_the_server_has_forgotten_are_sent_again() {
    let Some(server) = Server::redis(&[]) else { return };
    let (state, mut connection) = (state(server.url(), &prefix()).await, connection(server.url()).await);
    for event in 0..3 {
        let () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut connection).await.unwrap();
        let version = state.store().read("a/key").await.unwrap().text.map(|(version, _)| version);
        assert!(state.store().write("a/key", version, "a text").await.unwrap());
        state.inbox().claim(Uuid::from_u128(event)).await.unwrap();
    }
}

#[tokio::test]
async fn a_policy_that_evicts_is_reported() {
    let Some(server) = Server::redis(&[]) else { return };
    let (state, mut connection) = (state(server.url(), &prefix()).await, connection(server.url()).await);
    let mut set = async |name: &str, value: &str| {
        let () = redis::cmd("CONFIG").arg(&["SET", name, value]).query_async(&mut connection).await.unwrap();
    };
    set("maxmemory-policy", "allkeys-lru").await;
    state.check().await.unwrap();
    set("maxmemory", "100mb").await;
    for policy in ["allkeys-lru", "allkeys-random"] {
        set("maxmemory-policy", policy).await;
        let error = format!("{:#}", state.check().await.unwrap_err());
        assert!(error.contains(policy) && error.contains("noeviction"), "{error}");
        assert!(state.inbox().check().await.is_err());
    }
    // the keys of events have a time to live, others have none
    set("maxmemory-policy", "volatile-ttl").await;
    state.check().await.unwrap();
    assert!(state.inbox().check().await.is_err());
    set("maxmemory-policy", "noeviction").await;
    state.check().await.unwrap();
    state.inbox().check().await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_tell_its_policy_passes() {
    let evicts = ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"];
    let Some(server) = Server::redis(&[&["--rename-command", "INFO", ""], &evicts[..]].concat()) else { return };
    state(server.url(), &prefix()).await.check().await.unwrap();
    let Some(server) = Server::redis(&evicts) else { return };
    let (told, mut connection) = (state(server.url(), &prefix()).await, connection(server.url()).await);
    assert!(told.check().await.is_err(), "it does");
    let () = redis::cmd("ACL").arg(&["SETUSER", "default", "-info"]).query_async(&mut connection).await.unwrap();
    told.check().await.unwrap();
    let Some(mut server) = Server::redis(&[]) else { return };
    let state = state(server.url(), &prefix()).await;
    server.stop();
    assert!(state.check().await.is_err(), "one that is not there does not");
}

#[tokio::test]
async fn tokens_are_encrypted_in_redis() {
    let Some(url) = test_servers::redis() else { return };
    let (prefix, credentials) = (prefix(), Credentials::new("one", "sesame"));
    let (state, mut connection) = (state(url, &prefix).await, connection(url).await);
    let (store, account) =
        (state.token_store(&credentials), AccountKey::new("https://example.com/api/v1", &credentials));
    let fence = store.lock(&account).await.unwrap().fence();
    let tokens = TokenSet::new("an access token".into(), SystemClock.now());
    assert!(store.save(&account, fence, Some(&tokens)).await.unwrap());
    assert_eq!(store.load(&account).await.unwrap(), Some(tokens));
    let keys = common::keys(&mut connection, &prefix).await;
    assert!(!keys.is_empty());
    for key in keys {
        let text: String = redis::cmd("HGET").arg(&[&key, "text"]).query_async(&mut connection).await.unwrap();
        assert!(!text.contains("access"), "{key}");
    }
    let thief = state.token_store(&Credentials::new("one", "guess"));
    assert_eq!(thief.load(&account).await.unwrap(), None);
}

#[tokio::test]
async fn a_prefix_does_not_decide_where_a_key_is() {
    let Some(url) = test_servers::redis() else { return };
    let state = RedisState::connect(url).await.unwrap();
    assert!(state.clone().with_prefix("{one}").is_err());
    assert!(state.clone().with_prefix("a}").is_err());
    assert!(state.with_prefix("agency one:").is_ok());
    assert!(RedisState::connect("what is this").await.is_err());
    assert!(RedisState::connect("redis://127.0.0.1:1/").await.is_err());
}
