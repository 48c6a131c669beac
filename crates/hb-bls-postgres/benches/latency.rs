//! What state in PostgreSQL adds to a call, on loopback: `cargo bench -p hb-bls-postgres --features sqlx`.
//!
//! The token and the permit of a call are promised to take no longer than a millisecond, by the default driver. The server is
//! one of its own that does not wait for its disk, and then one that does, to show which writes wait for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::time::Duration;

use hb_bls::{
    state::KeyValueStore as _,
    webhook::{EventLease, Inbox as _},
};
use hb_bls_postgres::PostgresState;
use test_servers::{
    Server,
    latency::{self, Latency},
};
use uuid::Uuid;

const PROMISED: Duration = Duration::from_millis(1);

#[tokio::main]
async fn main() {
    let Some(server) = Server::postgres(&[]) else { return };
    let Latency { median, p95 } = measured("tokio-postgres", PostgresState::connect(server.url()).unwrap()).await;
    #[cfg(feature = "sqlx")]
    {
        let pool = sqlx::PgPool::connect(server.url()).await.unwrap();
        measured("sqlx", PostgresState::from_sqlx(pool)).await;
    }
    drop(server);

    let Some(server) = Server::postgres(&["-c", "fsync=on", "-c", "full_page_writes=on"]) else { return };
    println!("with a server that waits for its disk:");
    let state = PostgresState::connect(server.url()).unwrap();
    measured("tokio-postgres", state.clone()).await;
    state.migrate().await.unwrap();
    let (store, inbox) = (state.store(), state.inbox());
    store.write("a/key", None, "a text").await.unwrap();
    let shared = Latency::measure(500, async || {
        let version = store.read("a/key").await.unwrap().text.map(|(version, _)| version);
        assert!(store.write("a/key", version, "a text").await.unwrap());
    });
    let waiting = Latency::measure(500, async || inbox.done(EventLease::new(Uuid::nil(), 1)).await.unwrap());
    println!("  to read and replace a text: {:?}; to record an event: {:?}", shared.await, waiting.await);

    assert!(median <= PROMISED, "a call waits {median:?} (95 %: {p95:?}) instead of {PROMISED:?}");
}

async fn measured(driver: &str, state: PostgresState) -> Latency {
    let state = state.with_prefix(&test_servers::prefix()).unwrap();
    state.migrate().await.unwrap();
    let call = latency::of_a_call(state.store()).await;
    let events = latency::events_per_second(state.inbox()).await;
    println!("{driver}: a call waits {:?} (95 %: {:?}); {events:.0} events handled a second", call.median, call.p95);
    call
}
