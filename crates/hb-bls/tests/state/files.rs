//! State in a folder keeps to the rules, and survives what is found there.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use hb_bls::{
    Clock as _, Credentials,
    state::{
        AccountKey, AccountLock as _, Acquire, FileState, RateLimitHeaders, RateLimiter as _, TokenSet,
        TokenStore as _,
        conformance::{self, Subject},
    },
};
use tempfile::TempDir;

use crate::{clock::ShiftedClock, conformance::passing};

fn account() -> AccountKey {
    AccountKey::new("https://example.com/api/v1", &Credentials::new("one", "sesame"))
}

/// Two handles on a folder of their own, as two processes have them.
fn subject<S>(make: impl Fn(&FileState) -> S) -> Subject<S> {
    let (folder, clock) = (Arc::new(tempfile::tempdir().unwrap()), ShiftedClock::default());
    let open = || make(&FileState::new(folder.path()).with_clock(clock.clone()));
    let subject = passing(Subject::new(open(), open()), clock.clone());
    // the folder lives as long as the subject
    subject.passing(move |by| {
        let _ = &folder;
        clock.advance(by);
        std::future::ready(())
    })
}

#[tokio::test]
async fn a_lock_in_a_folder_keeps_to_the_rules() {
    conformance::account_lock(async || subject(FileState::account_lock)).await;
}

#[tokio::test]
async fn a_token_store_in_a_folder_keeps_to_the_rules() {
    conformance::token_store(async || subject(|state| state.token_store(&Credentials::new("one", "sesame")))).await;
}

#[tokio::test]
async fn a_rate_limiter_in_a_folder_keeps_to_the_rules() {
    conformance::rate_limiter(async |limit| subject(|state| state.rate_limiter("london", limit))).await;
}

fn tokens() -> TokenSet {
    TokenSet::new("an access token".into(), hb_bls::SystemClock.now())
}

fn files(folder: &TempDir) -> Vec<PathBuf> {
    fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn tokens_are_sealed_in_files_for_the_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let state = FileState::new(folder.path().join("new"));
    let store = state.token_store(&Credentials::new("one", "sesame"));
    let fence = store.lock(&account()).await.unwrap().fence();
    assert!(store.save(&account(), fence, Some(&tokens())).await.unwrap());
    assert!(store.load(&account()).await.unwrap().is_some());
    for entry in fs::read_dir(folder.path().join("new")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read(&path).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("access"), "{path:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        }
    }
    // who does not know the API key has nothing
    assert_eq!(state.token_store(&Credentials::new("one", "guess")).load(&account()).await.unwrap(), None);
    // and a sealed pair is of one account, under one fence
    let (other, of) = (AccountKey::new("https://example.com", &Credentials::new("two", "sesame")), account());
    let path = |account: &AccountKey| folder.path().join("new").join(format!("tokens-{account}.json"));
    fs::copy(path(&of), path(&other)).unwrap();
    assert_eq!(store.load(&other).await.unwrap(), None);
    let text = fs::read_to_string(path(&of)).unwrap();
    fs::write(path(&of), text.replace(&fence.to_string(), &(fence + 1).to_string())).unwrap();
    assert_eq!(store.load(&of).await.unwrap(), None);
}

#[tokio::test]
async fn what_cannot_be_read_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let state = FileState::new(folder.path());
    let (store, lock) = (state.token_store(&Credentials::new("one", "sesame")), state.account_lock());
    let limiter = state.rate_limiter("london", 1);
    let lease = lock.acquire(&account()).await.unwrap();
    let fence = lease.fence();
    lease.release().await.unwrap();
    let tokens_fence = store.lock(&account()).await.unwrap().fence();
    store.save(&account(), tokens_fence, Some(&tokens())).await.unwrap();
    let Acquire::Granted(old) = limiter.acquire().await.unwrap() else { panic!("it is the first") };
    for foreign in ["", "{", "null", "[1]", r#"{"version":1,"data":7}"#, "\u{0}\u{0}"] {
        for file in files(&folder).iter().filter(|file| file.extension().is_some_and(|name| name == "json")) {
            fs::write(file, foreign).unwrap();
        }
        let lease = lock.acquire(&account()).await.unwrap();
        assert!(lease.fence() > fence, "{foreign}: it grows all the same");
        lease.release().await.unwrap();
        assert_eq!(store.load(&account()).await.unwrap(), None, "{foreign}");
        assert!(store.save(&account(), tokens_fence, Some(&tokens())).await.unwrap(), "{foreign}");
        assert!(matches!(limiter.acquire().await.unwrap(), Acquire::Granted(permit) if permit != old), "{foreign}");
        limiter.release(old, RateLimitHeaders::default()).await.unwrap();
    }
    for file in files(&folder).iter().filter(|file| file.extension().is_some_and(|name| name == "json")) {
        fs::write(file, r#"{"version":2,"data":{"unheard":"of"}}"#).unwrap();
    }
    let error = format!("{:#}", store.load(&account()).await.unwrap_err());
    assert!(error.contains("a newer version"), "{error}");
    assert!(lock.acquire(&account()).await.is_err());
    assert!(limiter.acquire().await.is_err());
}

#[tokio::test]
async fn windows_are_counted_apart_and_processes_share_one_fairly() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), ShiftedClock::default());
    let state = FileState::new(folder.path()).with_clock(clock.clone());
    let (greedy, modest) = (state.rate_limiter("london", 4), state.rate_limiter("london", 4));
    let mut served = [0, 0];
    for _ in 0..10 * 60 {
        for _ in 0..5 {
            if let Acquire::Granted(permit) = greedy.acquire().await.unwrap() {
                served[0] += 1;
                greedy.release(permit, RateLimitHeaders::default()).await.unwrap();
            }
        }
        // as a client with many requests does
        while let Acquire::Granted(permit) = modest.acquire().await.unwrap() {
            served[1] += 1;
            modest.release(permit, RateLimitHeaders::default()).await.unwrap();
        }
        clock.advance(Duration::from_secs(1));
    }
    assert!(served[0] + served[1] >= 36, "{served:?} of 40 in ten minutes");
    assert!(served[1] * 2 >= served[0], "who asks five times as often gets as much: {served:?}");
    assert!(matches!(state.rate_limiter("dublin", 4).acquire().await.unwrap(), Acquire::Granted(_)));
}
