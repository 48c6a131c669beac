//! What the tests have in common.
#![allow(dead_code, reason = "each test uses some of it")]

use std::time::Duration;

use hb_bls_redis::RedisState;
use redis::aio::{ConnectionLike, ConnectionManager};

/// A connection of its own, and keys with this prefix.
pub async fn state(url: &str, prefix: &str) -> RedisState {
    RedisState::connect(url).await.unwrap().with_prefix(prefix).unwrap()
}

/// A connection for the test itself.
pub async fn connection(url: &str) -> ConnectionManager {
    redis::Client::open(url).unwrap().get_connection_manager().await.unwrap()
}

pub async fn keys(connection: &mut impl ConnectionLike, prefix: &str) -> Vec<String> {
    redis::cmd("KEYS").arg(format!("{prefix}*")).query_async(connection).await.unwrap()
}

/// Moves the end of all keys back in time.
pub async fn let_pass(connection: &mut impl ConnectionLike, prefix: &str, by: Duration) {
    for key in keys(connection, prefix).await {
        let left: i64 = redis::cmd("PTTL").arg(&key).query_async(connection).await.unwrap();
        assert_ne!(left, -1, "{key} expires");
        let left = left - i64::try_from(by.as_millis()).unwrap();
        // no time left means that it goes at once
        let () = redis::cmd("PEXPIRE").arg(&key).arg(left).query_async(connection).await.unwrap();
    }
}

pub async fn until_the_cluster_is_up(connection: &mut impl ConnectionLike) {
    loop {
        let info: String = redis::cmd("CLUSTER").arg("INFO").query_async(connection).await.unwrap();
        if info.contains("cluster_state:ok") {
            break;
        }
    }
}
