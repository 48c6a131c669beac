//! State in PostgreSQL keeps to the rules, by either driver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{sync::Arc, time::Duration};

use common::{DRIVERS, Driver, state};
use hb_bls::{
    Credentials,
    state::{
        SharedState,
        conformance::{self, Subject},
    },
    webhook::{Inbox as _, MemoryInbox},
};
use test_servers::{Shifted, ShiftedClock};
use uuid::Uuid;

/// Two handles on tables of their own, as two processes have them, with the store's time moved on by a clock.
async fn subject<S>(url: &str, driver: Driver, make: impl Fn(&SharedState) -> S) -> Subject<S> {
    let (clock, prefix) = (ShiftedClock::default(), test_servers::prefix());
    let open = async || {
        let store = Shifted::new(state(url, driver, &prefix).await.store(), &clock);
        make(&SharedState::new(store).with_clock(clock.clone()))
    };
    let subject = Subject::new(open().await, open().await);
    subject.passing(move |by| {
        clock.advance(by);
        std::future::ready(())
    })
}

#[tokio::test]
async fn a_table_keeps_to_the_rules_of_a_key_value_store() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        conformance::key_value_store(async || {
            let (clock, prefix) = (ShiftedClock::default(), test_servers::prefix());
            let open = async || Shifted::new(state(url, driver, &prefix).await.store(), &clock);
            let subject = Subject::new(open().await, open().await);
            subject.passing(move |by| {
                clock.advance(by);
                std::future::ready(())
            })
        })
        .await;
    }
}

#[tokio::test]
async fn an_account_lock_keeps_to_the_rules() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        conformance::account_lock(async || subject(url, driver, SharedState::account_lock).await).await;
    }
}

#[tokio::test]
async fn a_token_store_keeps_to_the_rules() {
    let Some(url) = test_servers::postgres() else { return };
    let credentials = Credentials::new("one", "sesame");
    for &driver in DRIVERS {
        conformance::token_store(async || subject(url, driver, |state| state.token_store(&credentials)).await).await;
    }
}

#[tokio::test]
async fn a_rate_limiter_keeps_to_the_rules() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        conformance::rate_limiter(async |limit| subject(url, driver, |it| it.rate_limiter("london", limit)).await)
            .await;
    }
}

#[tokio::test]
async fn an_inbox_keeps_to_the_rules() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        conformance::inbox(MemoryInbox::LEASE, async || {
            let prefix: Arc<str> = test_servers::prefix().into();
            let (one, other) = (state(url, driver, &prefix).await, state(url, driver, &prefix).await);
            let database = Arc::new(common::client(url).await);
            Subject::new(one.inbox(), other.inbox()).passing(move |by| {
                let (database, prefix) = (Arc::clone(&database), Arc::clone(&prefix));
                async move { common::let_pass(&database, &prefix, by).await }
            })
        })
        .await;
    }
}

#[tokio::test]
async fn a_booking_log_keeps_to_the_rules() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        conformance::booking_log(async || {
            let prefix = test_servers::prefix();
            let open = async || state(url, driver, &prefix).await.booking_log();
            Subject::new(open().await, open().await)
        })
        .await;
    }
}

#[tokio::test]
async fn events_that_need_not_be_remembered_are_deleted() {
    let Some(url) = test_servers::postgres() else { return };
    let prefix = test_servers::prefix();
    let (inbox, database) = (state(url, DRIVERS[0], &prefix).await.inbox(), common::client(url).await);
    for event in 0..30 {
        inbox.claim(Uuid::from_u128(event)).await.unwrap();
    }
    common::let_pass(&database, &prefix, Duration::from_secs(80 * 60)).await;
    // the first of them are claimed again
    for event in 0..10 {
        inbox.claim(Uuid::from_u128(event)).await.unwrap();
    }
    let left = database.query_one(&format!("SELECT count(*) FROM {prefix}inbox"), &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 10);
}
