//! State in Redis keeps to the rules, on a server and in a cluster.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{sync::Arc, time::Duration};

use common::state;
use hb_bls::{
    Credentials,
    state::{
        KeyValueStore, SharedState,
        conformance::{self, Subject},
    },
    webhook::{ClaimOutcome, Inbox as _, MemoryInbox, RETENTION},
};
use hb_bls_redis::RedisState;
use redis::aio::ConnectionLike;
use test_servers::{Server, Shifted, ShiftedClock};
use uuid::Uuid;

/// Two handles on keys of their own, as two processes have them, with the store's time moved on by a clock.
fn subject<S>(stores: [impl KeyValueStore + 'static; 2], make: impl Fn(&SharedState) -> S) -> Subject<S> {
    let clock = ShiftedClock::default();
    let [one, other] = stores.map(|it| make(&SharedState::new(Shifted::new(it, &clock)).with_clock(clock.clone())));
    passing(Subject::new(one, other), clock)
}

fn passing<S>(subject: Subject<S>, clock: ShiftedClock) -> Subject<S> {
    subject.passing(move |by| {
        clock.advance(by);
        std::future::ready(())
    })
}

async fn stores(url: &str) -> [impl KeyValueStore + 'static; 2] {
    let prefix = test_servers::prefix();
    [state(url, &prefix).await.store(), state(url, &prefix).await.store()]
}

#[tokio::test]
async fn hashes_keep_to_the_rules_of_a_key_value_store() {
    let Some(url) = test_servers::redis() else { return };
    conformance::key_value_store(async || {
        let clock = ShiftedClock::default();
        let [one, other] = stores(url).await.map(|store| Shifted::new(store, &clock));
        passing(Subject::new(one, other), clock)
    })
    .await;
}

#[tokio::test]
async fn an_account_lock_keeps_to_the_rules() {
    let Some(url) = test_servers::redis() else { return };
    conformance::account_lock(async || subject(stores(url).await, SharedState::account_lock)).await;
}

#[tokio::test]
async fn a_token_store_keeps_to_the_rules() {
    let Some(url) = test_servers::redis() else { return };
    let credentials = Credentials::new("one", "sesame");
    conformance::token_store(async || subject(stores(url).await, |state| state.token_store(&credentials))).await;
}

#[tokio::test]
async fn a_rate_limiter_keeps_to_the_rules() {
    let Some(url) = test_servers::redis() else { return };
    conformance::rate_limiter(async |limit| subject(stores(url).await, |it| it.rate_limiter("london", limit))).await;
}

async fn inbox_rules<C: ConnectionLike + Clone + Send + Sync + 'static>(connect: impl AsyncFn() -> C) {
    conformance::inbox(MemoryInbox::DEFAULT_LEASE, async || {
        let (prefix, third) = (Arc::<str>::from(test_servers::prefix()), connect().await);
        let open = async || RedisState::new(connect().await).with_prefix(&prefix).unwrap().inbox();
        let (one, other) = (open().await, open().await);
        Subject::new(one, other).passing(move |by| {
            let (mut third, prefix) = (third.clone(), Arc::clone(&prefix));
            async move { common::let_pass(&mut third, &prefix, by).await }
        })
    })
    .await;
}

#[tokio::test]
async fn an_inbox_keeps_to_the_rules() {
    let Some(url) = test_servers::redis() else { return };
    inbox_rules(async || common::connection(url).await).await;
}

async fn booking_log_rules<C: ConnectionLike + Clone + Send + Sync + 'static>(connect: impl AsyncFn() -> C) {
    conformance::booking_log(async || {
        let prefix = test_servers::prefix();
        let open = async || RedisState::new(connect().await).with_prefix(&prefix).unwrap().booking_log();
        Subject::new(open().await, open().await)
    })
    .await;
}

#[tokio::test]
async fn a_booking_log_keeps_to_the_rules() {
    let Some(url) = test_servers::redis() else { return };
    booking_log_rules(async || common::connection(url).await).await;
}

#[tokio::test]
async fn nothing_is_left_of_events_that_need_not_be_remembered() {
    let Some(url) = test_servers::redis() else { return };
    let prefix = test_servers::prefix();
    let inbox = state(url, &prefix).await.inbox();
    for event in 0..10 {
        let ClaimOutcome::New(lease) = inbox.claim(Uuid::from_u128(event)).await.unwrap() else { panic!("it is new") };
        if event % 2 == 0 {
            inbox.done(lease).await.unwrap();
        }
    }
    let mut connection = common::connection(url).await;
    for key in common::keys(&mut connection, &prefix).await {
        let left: u64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
        assert!(Duration::from_millis(left) <= RETENTION, "{key} expires");
    }
}

/// One server that is a whole cluster: it refuses what does not keep to one slot.
#[tokio::test]
async fn a_cluster_keeps_to_the_rules() {
    let Some(server) = Server::redis(&["--cluster-enabled", "yes"]) else { return };
    let mut single = common::connection(server.url()).await;
    let () = redis::cmd("CLUSTER").arg(&["ADDSLOTSRANGE", "0", "16383"]).query_async(&mut single).await.unwrap();
    common::until_the_cluster_is_up(&mut single).await;
    let connect = async || {
        let client = redis::cluster::ClusterClient::new([server.url()]).unwrap();
        client.get_async_connection().await.unwrap()
    };
    let state = RedisState::new(connect().await);
    state.check().await.unwrap();
    let evict = ["SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"];
    let () = redis::cmd("CONFIG").arg(&evict).query_async(&mut single).await.unwrap();
    assert!(state.check().await.is_err(), "each server of a cluster tells");
    inbox_rules(connect).await;
    booking_log_rules(connect).await;
    let stores = async || {
        let prefix = test_servers::prefix();
        let open = async || RedisState::new(connect().await).with_prefix(&prefix).unwrap().store();
        [open().await, open().await]
    };
    conformance::key_value_store(async || {
        let clock = ShiftedClock::default();
        let [one, other] = stores().await.map(|store| Shifted::new(store, &clock));
        passing(Subject::new(one, other), clock)
    })
    .await;
    conformance::account_lock(async || subject(stores().await, SharedState::account_lock)).await;
}
