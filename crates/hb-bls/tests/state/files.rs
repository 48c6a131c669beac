//! State in a folder keeps to the rules, and survives what is found there.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use hb_bls::{
    Clock as _, Credentials,
    state::{
        AccountKey, AccountLock as _, AcquireOutcome, FileState, FileStore, RateLimitHeaders, RateLimiter as _,
        SharedRateLimiter, TokenSet, TokenStore as _,
        conformance::{self, Subject},
    },
};
use jiff::Timestamp;
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
async fn files_keep_to_the_rules_of_a_key_value_store() {
    conformance::key_value_store(async || {
        let (folder, clock) = (Arc::new(tempfile::tempdir().unwrap()), ShiftedClock::default());
        let open = || FileStore::new(folder.path()).with_clock(clock.clone());
        Subject::new(open(), open()).passing(move |by| {
            let _ = &folder;
            clock.advance(by);
            std::future::ready(())
        })
    })
    .await;
}

#[tokio::test]
async fn a_booking_log_in_a_folder_keeps_to_the_rules() {
    conformance::booking_log(async || subject(FileState::booking_log)).await;
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
async fn tokens_are_encrypted_in_files_for_the_user_alone() {
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
    // and an encrypted token pair is of one account, under one fence
    let (other, of) = (AccountKey::new("https://example.com", &Credentials::new("two", "sesame")), account());
    let path = |account: &AccountKey| folder.path().join("new").join(format!("tokens-{account}.state"));
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
    let limiter = state.rate_limiter("london", 1).without_fallback();
    let lease = lock.acquire(&account()).await.unwrap();
    let fence = lease.fence();
    lease.release().await.unwrap();
    let tokens_fence = store.lock(&account()).await.unwrap().fence();
    store.save(&account(), tokens_fence, Some(&tokens())).await.unwrap();
    let AcquireOutcome::Granted(old) = limiter.acquire().await.unwrap() else { panic!("it is the first") };
    for foreign in ["", "{", "null", "[1]", "7\n", "7\n{\"format\":1,\"data\":7}", "\u{0}\u{0}"] {
        for file in files(&folder).iter().filter(|file| file.extension().is_some_and(|name| name == "state")) {
            fs::write(file, foreign).unwrap();
        }
        let lease = lock.acquire(&account()).await.unwrap();
        assert!(lease.fence() > fence, "{foreign}: it grows all the same");
        lease.release().await.unwrap();
        assert_eq!(store.load(&account()).await.unwrap(), None, "{foreign}");
        assert!(store.save(&account(), tokens_fence, Some(&tokens())).await.unwrap(), "{foreign}");
        assert!(
            matches!(limiter.acquire().await.unwrap(), AcquireOutcome::Granted(permit) if permit != old),
            "{foreign}"
        );
        limiter.release(old, RateLimitHeaders::default()).await.unwrap();
    }
    for file in files(&folder).iter().filter(|file| file.extension().is_some_and(|name| name == "state")) {
        fs::write(file, "7\n{\"format\":2,\"data\":{\"unheard\":\"of\"}}").unwrap();
    }
    let error = format!("{:#}", store.load(&account()).await.unwrap_err());
    assert!(error.contains("a newer version"), "{error}");
    assert!(lock.acquire(&account()).await.is_err());
    assert!(limiter.acquire().await.is_err());
}

/// A task that sends as many requests as it may, and asks when it is told to.
struct Task {
    limiter: SharedRateLimiter,
    next: Timestamp,
    served: u32,
}

impl Task {
    async fn ask(&mut self, clock: &ShiftedClock) {
        if self.next > clock.now() {
            return;
        }
        let wait = match self.limiter.acquire().await.unwrap() {
            AcquireOutcome::Granted(permit) => {
                self.served += 1;
                self.limiter.release(permit, RateLimitHeaders::default()).await.unwrap();
                Duration::ZERO
            }
            AcquireOutcome::Wait(wait) => wait,
            other => panic!("{other:?}"),
        };
        self.next = clock.now() + wait;
    }
}

#[tokio::test]
async fn windows_are_counted_apart_and_processes_share_one_fairly() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), ShiftedClock::default());
    let state = FileState::new(folder.path()).with_clock(clock.clone());
    let start = clock.now();
    let task = |limiter: &SharedRateLimiter| Task { limiter: limiter.clone(), next: start, served: 0 };
    // processes with one, two and nine tasks
    let mut processes = [1, 2, 9].map(|tasks| {
        let limiter = state.rate_limiter("london", 60);
        (0..tasks).map(|_| task(&limiter)).collect::<Vec<_>>()
    });
    let minute = Duration::from_secs(60);
    let mut counted_from = start + minute;
    while clock.now() < start + 4 * minute {
        // nobody waits in the first minute until its places are used up
        if clock.now() >= counted_from {
            processes.iter_mut().flatten().for_each(|task| task.served = 0);
            counted_from = Timestamp::MAX;
        }
        for task in processes.iter_mut().flatten() {
            task.ask(&clock).await;
        }
        let next = processes.iter().flatten().map(|task| task.next).min().unwrap();
        clock.advance(Duration::try_from(next.duration_since(clock.now())).unwrap_or_default());
    }
    let served = processes.map(|tasks| tasks.iter().map(|task| task.served).sum::<u32>());
    assert!(served.iter().sum::<u32>() >= 171, "at least 95 % of 180 are used: {served:?}");
    assert!(served.iter().all(|served| *served >= 48), "each has 80 % of its share of 60: {served:?}");
    assert!(matches!(state.rate_limiter("dublin", 4).acquire().await.unwrap(), AcquireOutcome::Granted(_)));
}

#[tokio::test]
async fn a_store_that_fails_leaves_each_process_its_share() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), ShiftedClock::default());
    let broken = folder.path().join("broken");
    fs::write(&broken, "not a folder").unwrap();
    let state = FileState::new(&broken).with_clock(clock.clone());
    assert!(state.rate_limiter("london", 60).without_fallback().acquire().await.is_err());
    let alone = state.rate_limiter("london", 60).expected_processes(6);
    for served in 0..10 {
        let AcquireOutcome::Granted(permit) = alone.acquire().await.unwrap() else { panic!("{served} of 10") };
        alone.release(permit, RateLimitHeaders::default()).await.unwrap();
    }
    assert!(matches!(alone.acquire().await.unwrap(), AcquireOutcome::Wait(_)), "it has used its share");

    // what the store has permitted counts towards the share
    fs::remove_file(&broken).unwrap();
    clock.advance(Duration::from_secs(61));
    for _ in 0..20 {
        let AcquireOutcome::Granted(permit) = alone.acquire().await.unwrap() else { panic!("the store permits it") };
        alone.release(permit, RateLimitHeaders::default()).await.unwrap();
    }
    fs::remove_dir_all(&broken).unwrap();
    fs::write(&broken, "not a folder").unwrap();
    assert!(matches!(alone.acquire().await.unwrap(), AcquireOutcome::Wait(_)), "it has used more than its share");
    // and a permit of the store can still be released
    clock.advance(Duration::from_secs(61));
    let AcquireOutcome::Granted(permit) = alone.acquire().await.unwrap() else { panic!("the share is free again") };
    fs::remove_file(&broken).unwrap();
    alone.release(permit, RateLimitHeaders::default()).await.unwrap();
}
