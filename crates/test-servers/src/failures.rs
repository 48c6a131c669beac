//! Failures that shared state must survive on any server: each function is a test for a backend to run.

use std::{cell::Cell, time::Duration};

use futures::future::join_all;
use hb_bls::{
    Credentials,
    state::{
        AccountKey, AccountLock as _, AcquireOutcome, KeyValueStore, RateLimitHeaders, RateLimiter as _, SharedState,
        StateError, TokenStore as _,
    },
    webhook::{ClaimOutcome, Inbox},
};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::{Server, Shifted, ShiftedClock};

const KEY: &str = "test/numbers";
const MINUTE: Duration = Duration::from_secs(61);
/// How often something may fail after its server, or its runtime, has come back.
const TRIES: usize = 30;

/// The server stops and starts again: what needs it fails, a rate limiter goes on within its share, and then all is well again.
///
/// # Panics
///
/// If it is not so.
pub async fn server_stops(server: &mut Server, store: impl KeyValueStore + 'static, inbox: impl Inbox) {
    let (clock, credentials) = (ShiftedClock::default(), Credentials::new("one", "sesame"));
    let account = AccountKey::new("https://example.com/api/v1", &credentials);
    let state = SharedState::new(Shifted::new(store, &clock)).with_clock(clock.clone());
    let limiter = state.rate_limiter("london", 40).expected_processes(20);
    let strict = state.rate_limiter("london", 40).without_fallback();
    let (tokens, lock) = (state.token_store(&credentials), state.account_lock());
    let permit = async || match limiter.acquire().await.expect("it goes on alone") {
        AcquireOutcome::Granted(permit) => limiter.release(permit, RateLimitHeaders::default()).await.is_ok(),
        _ => false,
    };

    assert!(permit().await && permit().await && permit().await, "the store permits it");
    let lease = lock.acquire(&account).await.unwrap();
    let fence = lease.fence();
    lease.release().await.unwrap();

    server.stop();
    assert!(strict.acquire().await.is_err());
    assert!(tokens.load(&account).await.is_err());
    assert!(lock.acquire(&account).await.is_err());
    assert!(inbox.claim(Uuid::nil()).await.is_err());
    assert!(!permit().await, "it has used more than its share of two already");
    clock.advance(MINUTE);
    assert!(permit().await && permit().await, "its share is free again");
    assert!(!permit().await, "it has used its share");

    server.start_again();
    again("the tokens", async || tokens.load(&account).await).await;
    clock.advance(MINUTE);
    for number in 0..10 {
        assert!(permit().await, "the store permits more than a share of two, but not {number}");
    }
    assert!(matches!(strict.acquire().await.unwrap(), AcquireOutcome::Granted(_)));
    let lease = lock.acquire(&account).await.unwrap();
    assert!(lease.fence() > fence, "it grows, whatever the server has lost");
    lease.release().await.unwrap();
    assert!(matches!(inbox.claim(Uuid::nil()).await.unwrap(), ClaimOutcome::New(_)));
}

/// Connections are cut while eight tasks of two clients write: each write has happened or has not.
///
/// # Panics
///
/// If one is lost or done twice.
pub async fn connections_break(stores: [&dyn KeyValueStore; 2], cut: impl AsyncFn()) {
    let failed = Cell::new(0);
    let writing = join_all((0..8_u32).map(async |task| {
        for number in 0..20 {
            let number = task * 1000 + number;
            // who does not know whether it was written, looks
            while add(stores[usize::from(task % 2 == 0)], number).await.is_err() {
                failed.set(failed.get() + 1);
            }
        }
    }));
    let cutting = async {
        for _ in 0..30 {
            cut().await;
        }
    };
    futures::future::join(writing, cutting).await;
    assert_ne!(failed.get(), 0, "what is cut fails");
    let mut numbers = numbers(stores[0]).await.unwrap().1;
    assert_eq!(numbers.len(), 160);
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 160, "none is there twice");
}

/// A store is used in two runtimes, also after the one in which it was connected has ended.
///
/// # Panics
///
/// If it fails for good.
pub fn runtimes_end<K: KeyValueStore>(open: impl AsyncFn() -> K) {
    let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let store = first.block_on(open());
    std::thread::scope(|scope| {
        for (runtime, from) in [(&first, 0), (&second, 1000)] {
            let store = &store;
            scope.spawn(move || {
                runtime.block_on(async {
                    for number in from..from + 10 {
                        add(store, number).await.unwrap();
                    }
                });
            });
        }
    });
    drop(first);
    second.block_on(again("the store", async || add(&store, 2000).await));
    assert_eq!(second.block_on(numbers(&store)).unwrap().1.len(), 21);
}

/// Eight tasks of two clients ask for permits at once: as many as the limit are granted.
///
/// # Panics
///
/// If it is not so.
pub async fn tasks_race(one: SharedState, other: SharedState) {
    let limiters = [one.rate_limiter("london", 40), other.rate_limiter("london", 40)];
    let asking = (0..8).map(|task| {
        let limiter = limiters[task % 2].clone().without_fallback();
        tokio::spawn(async move {
            let (mut granted, mut asked) = (0, 0);
            while asked < 40 {
                asked += 1;
                if let AcquireOutcome::Granted(_) = limiter.acquire().await.unwrap() {
                    granted += 1;
                }
            }
            granted
        })
    });
    let granted: usize = join_all(asking).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(granted, 40);
}

/// The outcome, once it does not fail any more.
async fn again<T>(what: &str, work: impl AsyncFn() -> Result<T, StateError>) -> T {
    let mut last = None;
    for _ in 0..TRIES {
        match work().await {
            Ok(outcome) => return outcome,
            Err(error) => last = Some(error),
        }
    }
    panic!("{what} cannot be reached again: {last:?}")
}

async fn numbers(store: &dyn KeyValueStore) -> Result<(Option<u64>, Vec<u32>), StateError> {
    let (version, text) = store.read(KEY).await?.text.unzip();
    let numbers = text.unwrap_or_default().split_terminator(',').map(|number| number.parse().unwrap()).collect();
    Ok((version, numbers))
}

/// Adds a number unless it is there.
async fn add(store: &dyn KeyValueStore, number: u32) -> Result<(), StateError> {
    loop {
        let (version, mut numbers) = numbers(store).await?;
        if numbers.contains(&number) {
            return Ok(());
        }
        numbers.push(number);
        let text: String = numbers.iter().map(|number| format!("{number},")).collect();
        if store.write(KEY, version, &text).await? {
            return Ok(());
        }
    }
}
