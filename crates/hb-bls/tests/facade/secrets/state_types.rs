//! The types of shared state, filled with what they must not show.

use hb_bls::{Clock as _, Secret, state};

use super::types::{SECRET, Shown, show};
use crate::canned::Canned;

#[cfg(feature = "file-state")]
async fn files_log(folder: &tempfile::TempDir, account: &state::AccountKey) -> state::FileBookingLog {
    use state::BookingLog as _;

    let log = state::FileState::new(folder.path()).booking_log();
    log.write(account, "key", 0, &logged_booking()).await.unwrap();
    log
}

fn logged_booking() -> state::BookingRecord {
    let text = format!(
        r#"{{"format":1,"state":"held","hold":{{"hold_hash":"{SECRET}","slot":null}},
        "fingerprint":{{"key":"{SECRET}","fields":{{"email":"{SECRET}"}},"name":"{SECRET}","email":"{SECRET}"}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

pub(super) async fn state_types(shown: &mut Shown) {
    use state::{AccountLock as _, BookingLog as _, RateLimiter as _, TokenStore as _};

    let now = Canned::start("").await.clock.now();
    let tokens = state::TokenSet::new(Secret::from(SECRET), now).with_refresh(Secret::from(SECRET), now);
    let store = state::MemoryTokenStore::default();
    let account = state::AccountKey::new("https://example.com/", &hb_bls::Credentials::new(SECRET, SECRET));
    store.save(&account, 0, Some(&tokens)).await.unwrap();
    let lease = state::MemoryAccountLock::default().acquire(&account).await.unwrap();
    lease.set_note(Some(SECRET)).await.unwrap();
    let limiter = state::MemoryRateLimiter::default();
    let answer = limiter.acquire().await.unwrap();
    let state::AcquireOutcome::Granted(permit) = answer else { panic!("{answer:?}") };
    let log = state::MemoryBookingLog::default();
    let record = logged_booking();
    log.write(&account, "key", 0, &record).await.unwrap();
    let logged = log.read(&account, "key").await.unwrap().unwrap();
    show! { shown,
        state::BookingProgress = record.state().clone();
        state::BookingRecord = record;
        state::LoggedBooking = logged;
        state::MemoryBookingLog = log;
        state::AccountKey = account;
        state::RateLimitHeaders = state::RateLimitHeaders::default();
        state::MemoryAccountLock = state::MemoryAccountLock::default();
        state::MemoryTokenStore = store;
        state::StateError = state::StateError::new("away");
        state::Permit = permit;
        state::TokenSet = tokens.clone();
        state::AcquireOutcome = answer;
        state::MemoryRateLimiter = limiter;
        state::AccountLease = lease;
    }
    #[cfg(feature = "file-state")]
    {
        let folder = tempfile::tempdir().unwrap();
        let files = state::FileState::new(folder.path());
        let store = files.token_store(&hb_bls::Credentials::new(SECRET, SECRET));
        store.save(&account, 0, Some(&tokens)).await.unwrap();
        show! { shown,
            state::SharedAccountLock = files.account_lock();
            state::SharedRateLimiter = files.rate_limiter("london", 60);
            state::SharedTokenStore = store;
            state::FileState = files;
        }
        let log = files_log(&folder, &account).await;
        let store = state::FileStore::new(folder.path());
        show! { shown,
            state::Stored = state::KeyValueStore::read(&store, "tokens").await.unwrap();
            state::SharedState = state::SharedState::new(store.clone());
            state::FileStore = store;
            state::FileBookingLog = log;
        }
    }
    #[cfg(feature = "conformance")]
    {
        let subject =
            state::conformance::Subject::new(state::MemoryTokenStore::default(), state::MemoryTokenStore::default());
        show!(shown, state::conformance::Subject<state::MemoryTokenStore> = subject;);
    }
}
