//! A store that does not respond: what needs it fails, and nothing waits for ever.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use hb_bls::{
    Clock as _, SystemClock,
    state::{AccountKey, AccountLock as _, KeyValueStore, SharedState, StateFuture, Stored},
};

/// Holds nothing and responds until it is silent.
#[derive(Debug, Clone, Default)]
struct Silent(Arc<AtomicBool>);

impl Silent {
    fn respond<'a, T: Send + 'a>(&self, outcome: T) -> StateFuture<'a, T> {
        if self.0.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        Box::pin(async move { Ok(outcome) })
    }
}

impl KeyValueStore for Silent {
    fn read<'a>(&'a self, _: &'a str) -> StateFuture<'a, Stored> {
        self.respond(Stored::new(SystemClock.now(), None))
    }

    fn write<'a>(&'a self, _: &'a str, _: Option<u64>, _: &'a str) -> StateFuture<'a, bool> {
        self.respond(true)
    }
}

#[tokio::test(start_paused = true)]
async fn the_lock_of_an_account_fails_instead_of_waiting_for_ever() {
    let store = Silent::default();
    let lock = SharedState::new(store.clone()).account_lock();
    let account = AccountKey::without_api_key("https://example.com/api/v1", "one");
    let lease = lock.acquire(&account).await.unwrap();
    store.0.store(true, Ordering::SeqCst);
    let told = |error: hb_bls::state::StateError| assert_eq!(error.to_string(), "no response within 10 s");
    told(lease.set_note(Some("note")).await.unwrap_err());
    told(lease.release().await.unwrap_err());
    told(lock.acquire(&account).await.unwrap_err());
}
