//! What state in Redis adds to a call, on loopback: `cargo bench -p hb-bls-redis`.
//!
//! The token and the permit of a call are promised to take no longer than half a millisecond.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::time::Duration;

use hb_bls_redis::RedisState;
use test_servers::{
    Server,
    latency::{self, Latency},
};

const PROMISED: Duration = Duration::from_micros(500);

#[tokio::main]
async fn main() {
    let Some(server) = Server::redis(&[]) else { return };
    let state = RedisState::connect(server.url()).await.unwrap();
    let Latency { median, p95 } = latency::of_a_call(state.store()).await;
    let events = latency::events_per_second(state.inbox()).await;
    println!("a call waits {median:?} (95 %: {p95:?}); {events:.0} events handled a second");
    assert!(median <= PROMISED, "a call waits {median:?} instead of {PROMISED:?}");
}
