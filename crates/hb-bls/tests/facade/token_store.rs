//! Tokens that several processes share.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use hb_bls::{
    Client,
    state::{AccountKey, AccountLease, MemoryTokenStore, StateError, StateFuture, TokenSet, TokenStore},
};
use hb_bls_sandbox::Fault;

use crate::{count, credentials, virtual_time::VirtualTime};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn with(time: &VirtualTime, store: impl TokenStore + 'static) -> Client {
    time.builder().without_rate_limit().token_store(store).build().unwrap()
}

fn account(time: &VirtualTime) -> AccountKey {
    AccountKey::new(time.sandbox.base_url(), &credentials(&time.sandbox))
}

async fn tokens(time: &VirtualTime) -> (usize, usize) {
    (count(&time.sandbox, "createToken").await, count(&time.sandbox, "refreshToken").await)
}

async fn pass(time: &VirtualTime, by: Duration) {
    time.clock.advance(by);
    time.sandbox.advance(by).await.unwrap();
}

#[tokio::test]
async fn what_one_process_fetches_serves_the_others() {
    let time = VirtualTime::without_rate_limit().await;
    let store: Arc<dyn TokenStore> = Arc::new(MemoryTokenStore::default());
    let (one, other) = (with(&time, Arc::clone(&store)), with(&time, Arc::clone(&store)));
    time.drive(one.courses().list()).await.unwrap();
    time.drive(other.courses().list()).await.unwrap();
    assert_eq!(tokens(&time).await, (1, 0));
    pass(&time, 2 * HOUR).await;
    time.drive(async { tokio::join!(one.courses().list(), other.courses().list()) }).await.0.unwrap();
    assert_eq!(tokens(&time).await, (1, 1), "refreshed by one of them");
    assert_eq!(time.with_status(401).await, 0);
    // a process that starts later
    time.drive(with(&time, store.clone()).courses().list()).await.unwrap();
    assert_eq!(tokens(&time).await, (1, 1));
    // revoked by one process, and known to all
    time.drive(one.account().revoke_token()).await.unwrap();
    assert!(store.load(&account(&time)).await.unwrap().is_none());
    time.drive(other.courses().list()).await.unwrap();
    assert_eq!(tokens(&time).await, (2, 2), "its own refresh token is tried first");
}

#[tokio::test]
async fn a_token_that_is_revoked_by_a_client_s_first_call_is_dropped_everywhere() {
    let time = VirtualTime::without_rate_limit().await;
    let store = MemoryTokenStore::default();
    // fetched by that call
    let client = with(&time, store.clone());
    time.drive(client.account().revoke_token()).await.unwrap();
    assert!(store.load(&account(&time)).await.unwrap().is_none());
    time.drive(client.courses().list()).await.unwrap();
    assert_eq!(time.with_status(401).await, 0, "the dead token is not tried");
    // found in the store
    let other = with(&time, store.clone());
    time.drive(other.account().revoke_token()).await.unwrap();
    assert!(store.load(&account(&time)).await.unwrap().is_none());
    // renewed by that call, so the new token is revoked
    time.drive(client.courses().list()).await.unwrap();
    pass(&time, 2 * HOUR).await;
    time.drive(client.account().revoke_token()).await.unwrap();
    assert!(store.load(&account(&time)).await.unwrap().is_none());
    // or after the old token was refused
    time.drive(client.courses().list()).await.unwrap();
    time.sandbox.advance(2 * HOUR).await.unwrap();
    time.drive(client.account().revoke_token()).await.unwrap();
    assert!(store.load(&account(&time)).await.unwrap().is_none());
}

/// A store that returns what the test says, as if other processes used it at the same time.
#[derive(Debug, Default)]
struct Script(Mutex<VecDeque<Option<TokenSet>>>);

impl TokenStore for Script {
    fn load<'a>(&'a self, _: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        let next = self.0.lock().unwrap().pop_front().unwrap();
        Box::pin(async { Ok(next) })
    }

    fn save<'a>(&'a self, _: &'a AccountKey, _: u64, _: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        Box::pin(async move { MemoryTokenStore::default().lock(account).await })
    }
}

#[tokio::test]
async fn a_refresh_token_that_was_used_gives_way_to_the_store_and_then_to_the_credentials() {
    let time = VirtualTime::without_rate_limit().await;
    let store = MemoryTokenStore::default();
    time.drive(with(&time, store.clone()).courses().list()).await.unwrap();
    let old = store.load(&account(&time)).await.unwrap();
    pass(&time, 2 * HOUR).await;
    time.drive(with(&time, store.clone()).courses().list()).await.unwrap();
    let new = store.load(&account(&time)).await.unwrap();
    assert_eq!(tokens(&time).await, (1, 1));
    // it reads the token that the other process is about to replace, is refused, and reads again
    let script = Script(Mutex::new([old.clone(), new].into()));
    time.drive(with(&time, script).courses().list()).await.unwrap();
    assert_eq!(tokens(&time).await, (1, 2));
    assert_eq!(time.with_status(401).await, 1, "the refresh");
    // the other process has not saved its token
    let script = Script(Mutex::new([old.clone(), old].into()));
    time.drive(with(&time, script).courses().list()).await.unwrap();
    assert_eq!(tokens(&time).await, (2, 3));
}

#[tokio::test]
async fn a_token_of_the_store_that_is_refused_is_not_taken_again() {
    let time = VirtualTime::without_rate_limit().await;
    let store = MemoryTokenStore::default();
    let later = time.sandbox.now() + jiff::SignedDuration::from_hours(1);
    store.save(&account(&time), 0, Some(&TokenSet::new("made up".into(), later))).await.unwrap();
    time.drive(with(&time, store.clone()).courses().list()).await.unwrap();
    assert_eq!(tokens(&time).await, (1, 0));
    assert_ne!(store.load(&account(&time)).await.unwrap().unwrap().access_token.expose(), "made up");
}

#[derive(Debug)]
struct Broken;

impl TokenStore for Broken {
    fn load<'a>(&'a self, _: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        Box::pin(async { Err(StateError::new("the disk is gone")) })
    }

    fn save<'a>(&'a self, _: &'a AccountKey, _: u64, _: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        Box::pin(async { Err(StateError::new("the disk is gone")) })
    }

    fn lock<'a>(&'a self, _: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        Box::pin(async { Err(StateError::new("the disk is gone")) })
    }
}

#[tokio::test]
async fn a_store_that_fails_is_done_without() {
    let time = VirtualTime::without_rate_limit().await;
    let client = with(&time, Broken);
    time.drive(client.courses().list()).await.unwrap();
    pass(&time, 2 * HOUR).await;
    time.drive(client.courses().list()).await.unwrap();
    assert_eq!(tokens(&time).await, (1, 1), "what is in memory serves");
    time.drive(client.account().revoke_token()).await.unwrap();
}

#[tokio::test]
async fn a_failed_token_request_is_tried_again() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    time.sandbox.inject(Fault::status("createToken", 503).times(3)).await.unwrap();
    time.drive(client.courses().list()).await.unwrap();
    assert_eq!(tokens(&time).await, (4, 0));
    time.sandbox.inject(Fault::status("createToken", 503).times(4)).await.unwrap();
    time.drive(client.account().revoke_token()).await.unwrap();
    let error = time.drive(client.courses().list()).await.unwrap_err();
    assert_eq!(error.operation(), Some("createToken"));
    assert_eq!(tokens(&time).await, (8, 0), "not four times for each of four attempts");
    time.drive(client.courses().list()).await.unwrap();
}

#[test]
fn tokens_are_the_same_after_they_were_stored() {
    let expires_at = "2026-06-05T11:00:00.25Z".parse().unwrap();
    let access = TokenSet::new("access".into(), expires_at);
    for tokens in [access.clone(), access.with_refresh("refresh".into(), expires_at)] {
        let text = serde_json::to_string(&tokens).unwrap();
        assert_eq!(serde_json::from_str::<TokenSet>(&text).unwrap(), tokens, "{text}");
    }
    // in the form in which the command has always stored them
    let text = r#"{"access_token":"a","access_expires_at":"2026-06-05T11:00:00.25Z","refresh_token":null,
        "refresh_expires_at":"2026-06-05T11:00:00.25Z"}"#;
    assert_eq!(serde_json::from_str::<TokenSet>(text).unwrap(), TokenSet::new("a".into(), expires_at));
}
