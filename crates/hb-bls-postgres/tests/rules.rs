//! State in PostgreSQL keeps to the rules, by either driver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{sync::Arc, time::Duration};

use common::{DRIVERS, Driver, client, state};
use hb_bls::{
    Credentials,
    state::{
        KeyValueStore as _, SharedState,
        conformance::{self, Subject},
    },
    webhook::{ClaimOutcome, EventLease, Inbox as _, KEEP_BODIES, MemoryInbox, RETENTION},
};
use test_servers::{Server, Shifted, ShiftedClock};
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
        conformance::inbox(MemoryInbox::DEFAULT_LEASE, async || {
            let prefix: Arc<str> = test_servers::prefix().into();
            let (one, other) = (state(url, driver, &prefix).await, state(url, driver, &prefix).await);
            let database = Arc::new(client(url).await);
            Subject::new(one.inbox(), other.inbox()).passing(move |by| {
                let (database, prefix) = (Arc::clone(&database), Arc::clone(&prefix));
                async move { common::let_pass(&database, &prefix, by).await }
            })
        })
        .await;
    }
}

#[tokio::test]
async fn a_queue_of_events_keeps_to_the_rules() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        conformance::event_queue(KEEP_BODIES, async || {
            let prefix: Arc<str> = test_servers::prefix().into();
            let (one, other) = (state(url, driver, &prefix).await, state(url, driver, &prefix).await);
            let database = Arc::new(client(url).await);
            Subject::new(one.event_queue(), other.event_queue()).passing(move |by| {
                let (database, prefix) = (Arc::clone(&database), Arc::clone(&prefix));
                async move { common::let_pass_for_events(&database, &prefix, by).await }
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
    let (inbox, database) = (state(url, DRIVERS[0], &prefix).await.inbox(), client(url).await);
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

/// Who loses the race within the statement does not see the winner's row, or sees an old one.
#[tokio::test]
async fn who_loses_a_race_is_told_that_the_event_is_taken() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        let prefix = test_servers::prefix();
        let inbox = state(url, driver, &prefix).await.inbox();
        let (winner, witness) = (client(url).await, client(url).await);
        let old = Uuid::from_u128(1);
        inbox.done(EventLease::new(old, 1)).await.unwrap();
        common::let_pass(&witness, &prefix, 2 * RETENTION).await;
        for event in [old, Uuid::from_u128(2)] {
            let claim = format!(
                "BEGIN; INSERT INTO {prefix}inbox VALUES ('{event}', 1, clock_timestamp() + interval '1 hour')
                ON CONFLICT (event_id) DO UPDATE SET claim = 1, until = excluded.until"
            );
            winner.batch_execute(&claim).await.unwrap();
            let waiting =
                format!("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{prefix}inbox%'");
            let committing = async {
                while witness.query(&waiting, &[]).await.unwrap().is_empty() {}
                winner.batch_execute("COMMIT").await.unwrap();
            };
            let (claim, ()) = futures::future::join(inbox.claim(event), committing).await;
            assert_eq!(claim.unwrap(), ClaimOutcome::Taken);
        }
    }
}

#[tokio::test]
async fn a_text_that_is_replaced_all_the_time_takes_little_space() {
    let Some(server) = Server::postgres(&["-c", "autovacuum=off"]) else { return };
    let prefix = test_servers::prefix();
    let store = state(server.url(), DRIVERS[0], &prefix).await.store();
    let mut version = None;
    for _ in 0..500 {
        // as long as a window of 60 requests
        let text: String = (0..180).map(|_| format!("{:016x}", fastrand::u64(..))).collect();
        assert!(store.write("window/one", version, &text).await.unwrap());
        version = store.read("window/one").await.unwrap().text.map(|(version, _)| version);
    }
    let size = format!("SELECT pg_total_relation_size('{prefix}state')");
    let size: i64 = client(server.url()).await.query_one(&size, &[]).await.unwrap().get(0);
    assert!(size <= 200_000, "500 versions of 2,880 bytes take {size} bytes");
}

#[tokio::test]
async fn only_texts_that_may_be_lost_do_not_wait_for_the_disk() {
    let Some(url) = test_servers::postgres() else { return };
    let (prefix, database) = (test_servers::prefix(), client(url).await);
    let state = state(url, DRIVERS[0], &prefix).await;
    // notes the setting at the end of each transaction, when it counts
    let mut script = format!(
        "CREATE TABLE {prefix}noted (written text, setting text);
        CREATE FUNCTION {prefix}note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO {prefix}noted VALUES (TG_TABLE_NAME, current_setting('synchronous_commit'));
            RETURN NULL;
        END $$;"
    );
    for table in ["state", "inbox"] {
        script.push_str(&format!(
            "CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON {prefix}{table} DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION {prefix}note();"
        ));
    }
    database.batch_execute(&script).await.unwrap();
    assert!(state.store().write("a/key", None, "a text").await.unwrap());
    let version = state.store().read("a/key").await.unwrap().text.map(|(version, _)| version);
    assert!(state.store().write("a/key", version, "another").await.unwrap());
    let ClaimOutcome::New(lease) = state.inbox().claim(Uuid::nil()).await.unwrap() else { panic!("it is new") };
    state.inbox().done(lease).await.unwrap();
    let rows = database.query(&format!("SELECT written, setting FROM {prefix}noted"), &[]).await.unwrap();
    let noted: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let of = |table: &str, setting: &str| (format!("{prefix}{table}"), setting.to_owned());
    assert_eq!(noted, [of("state", "off"), of("state", "off"), of("inbox", "on"), of("inbox", "on")]);
}
