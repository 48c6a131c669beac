//! The right to book as a lease: it is renewed, it can be lost, and it says what hold there is.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use hb_bls::{
    BookRequest, Client, Clock as _, CourseId, ErrorKind,
    state::{
        AccountKey, AccountLease, AccountLock, LeaseKeeper, MemoryAccountLock, MemoryTokenStore, StateError,
        StateFuture, TokenSet, TokenStore,
    },
};

use hb_bls_sandbox::{Fault, FaultKind};

use crate::{book::details, clock::TestClock, count, credentials, virtual_time::VirtualTime};

const SECOND: Duration = Duration::from_secs(1);

/// Answers renewals as it is told to, and counts them.
#[derive(Debug, Clone, Default)]
struct Keeper {
    renewals: Arc<AtomicU32>,
    releases: Arc<AtomicU32>,
    answer: Arc<Mutex<Option<bool>>>,
}

impl LeaseKeeper for Keeper {
    fn renew(&self) -> StateFuture<'_, bool> {
        self.renewals.fetch_add(1, Ordering::SeqCst);
        let answer = *self.answer.lock().unwrap();
        Box::pin(async move { answer.ok_or_else(|| StateError::new("away")) })
    }

    fn set_note<'a>(&'a self, _: Option<&'a str>) -> StateFuture<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    fn release(&self) -> StateFuture<'_, ()> {
        self.releases.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    }
}

fn lease(clock: &TestClock, keeper: &Keeper) -> AccountLease {
    AccountLease::auto_renewing(1, None, keeper.clone(), Arc::new(clock.clone()), clock.now())
}

fn clock() -> TestClock {
    TestClock::at("2026-06-05T10:00:00Z".parse().unwrap())
}

async fn pass(clock: &TestClock, seconds: u32) {
    clock.drive(None, clock.sleep(SECOND * seconds)).await;
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_lease_is_renewed_while_it_lives_and_given_back_once() {
    let (clock, keeper) = (clock(), Keeper::default());
    *keeper.answer.lock().unwrap() = Some(true);
    let held = lease(&clock, &keeper);
    pass(&clock, 61).await;
    assert_eq!(keeper.renewals.load(Ordering::SeqCst), 10);
    assert!(!held.is_lost());
    drop(held);
    pass(&clock, 60).await;
    assert_eq!(keeper.renewals.load(Ordering::SeqCst), 10, "not renewed any more");
    assert_eq!(keeper.releases.load(Ordering::SeqCst), 1);
    lease(&clock, &keeper).release().await.unwrap();
    assert_eq!(keeper.releases.load(Ordering::SeqCst), 2);
    // or by who does not wait for it
    drop(lease(&clock, &keeper).release());
    assert_eq!(keeper.releases.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_lease_is_lost_before_others_can_get_it() {
    let (clock, keeper) = (clock(), Keeper::default());
    let held = lease(&clock, &keeper);
    pass(&clock, 16).await;
    assert!(!held.is_lost(), "it may be renewed yet");
    pass(&clock, 2).await;
    assert!(held.is_lost(), "the store is away");
    *keeper.answer.lock().unwrap() = Some(true);
    pass(&clock, 60).await;
    assert!(held.is_lost(), "it stays lost");
    assert!(held.set_note(Some("late")).await.is_err());
    // the store says so
    *keeper.answer.lock().unwrap() = Some(false);
    let refused = lease(&clock, &keeper);
    pass(&clock, 7).await;
    assert!(refused.is_lost());
    // nothing ran meanwhile
    *keeper.answer.lock().unwrap() = Some(true);
    let stalled = lease(&clock, &keeper);
    clock.advance(18 * SECOND);
    assert!(stalled.is_lost());
    // the clock was set back, and the store is away
    *keeper.answer.lock().unwrap() = None;
    let set_back = lease(&clock, &keeper);
    clock.set_back(3600 * SECOND);
    pass(&clock, 18).await;
    assert!(set_back.is_lost());
}

/// A lock whose leases are lost as soon as there is a hold, and which keeps the last note.
#[derive(Debug, Clone)]
struct Lock {
    clock: TestClock,
    loses: bool,
    note: Arc<Mutex<Option<String>>>,
}

impl AccountLock for Lock {
    fn acquire<'a>(&'a self, _: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        let clock = Arc::new(self.clock.clone());
        let lease = AccountLease::auto_renewing(1, None, self.clone(), clock, self.clock.now());
        Box::pin(async { Ok(lease) })
    }
}

impl LeaseKeeper for Lock {
    fn renew(&self) -> StateFuture<'_, bool> {
        Box::pin(async { Ok(true) })
    }

    fn set_note<'a>(&'a self, note: Option<&'a str>) -> StateFuture<'a, bool> {
        if let Some(note) = note.filter(|note| note.contains("\"hash\"")) {
            *self.note.lock().unwrap() = Some(note.to_owned());
            if self.loses {
                self.clock.advance(18 * SECOND);
            }
        }
        Box::pin(async { Ok(true) })
    }

    fn release(&self) -> StateFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

fn client(time: &VirtualTime, lock: impl AccountLock + 'static) -> Client {
    time.builder().without_rate_limit().account_lock(lock).build().unwrap()
}

#[tokio::test]
async fn who_loses_the_right_to_book_books_nothing() {
    let time = VirtualTime::without_rate_limit().await;
    let lock = Lock { clock: time.clock.clone(), loses: true, note: Arc::default() };
    let request = BookRequest::earliest(CourseId::new(1), details(1));
    let error = time.drive(client(&time, lock).book(&request)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State, "{error:?}");
    assert!(format!("{error:#}").contains("lost"), "{error:#}");
    assert_eq!(count(&time.sandbox, "createBooking").await, 0);
    // its hold is not in the way of others
    time.drive(time.client().book(&request)).await.unwrap();
}

#[tokio::test]
async fn a_hold_that_a_dead_owner_has_noted_is_cleared_away_and_not_used() {
    let time = VirtualTime::without_rate_limit().await;
    let watched = Lock { clock: time.clock.clone(), loses: false, note: Arc::default() };
    let spoken = watched.note.clone();
    let earliest = BookRequest::earliest(CourseId::new(1), details(1));
    // the clock of its host is wrong, which must not matter to the next owner, who reads the note
    let behind = TestClock::at(time.clock.now() - 5 * 3600 * SECOND);
    let wrong = time.builder().without_rate_limit().account_lock(watched).clock(behind.clone()).build().unwrap();
    behind.drive(Some(&time.sandbox), wrong.book(&earliest)).await.unwrap();
    // a process that holds a timeslot and is killed
    let dead = time.client();
    let slot = time.drive(dead.timeslots().list(CourseId::new(1))).await.unwrap().remove(0);
    let held = time.drive(dead.timeslots().hold(CourseId::new(1), slot.date, slot.time)).await.unwrap().keep();
    let noted = spoken.lock().unwrap().clone().unwrap();
    let note: serde_json::Value = serde_json::from_str(&noted).unwrap();
    let note = noted.replace(note[0]["hold"]["hash"].as_str().unwrap(), &held.hold_hash);
    let lock = MemoryAccountLock::default();
    let account = AccountKey::new(time.sandbox.base_url(), &credentials(&time.sandbox));
    let lease = lock.acquire(&account).await.unwrap();
    lease.set_note(Some(&note)).await.unwrap();
    drop(lease);
    // for the same timeslot, which somebody else may still be booking with that hash
    let request = BookRequest::at(CourseId::new(1), slot.date, slot.time, details(2));
    let booking = time.drive(client(&time, lock.clone()).book(&request)).await.unwrap();
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 1);
    assert_eq!(count(&time.sandbox, "createBooking").await, 2);
    let late = time.drive(dead.bookings().create(dead.timeslots().adopt(held), &details(3))).await.unwrap_err();
    assert!(late.error.kind() != ErrorKind::Ambiguous, "{late}: the hash is dead, so nothing was booked");
    assert!(booking.id.get() > 0);
    assert_eq!(lock.acquire(&account).await.unwrap().note(), None, "there is no hold any more");
}

/// What a client knows of lost holds goes into the note of the account's lock, and comes back to it with the next lease.
#[tokio::test]
async fn the_note_of_a_lost_hold_does_not_grow_with_each_booking() {
    let time = VirtualTime::without_rate_limit().await;
    let lock = MemoryAccountLock::default();
    let client = client(&time, lock.clone());
    time.sandbox.inject(Fault::new("holdTimeslot", FaultKind::ResetBefore).times(99)).await.unwrap();
    let slot = time.drive(client.timeslots().list(CourseId::new(1))).await.unwrap().remove(0);
    let lost = time.drive(client.timeslots().hold(CourseId::new(1), slot.date, slot.time)).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Ambiguous, "{lost:?}");
    time.sandbox.clear_faults().await.unwrap();
    let account = AccountKey::new(time.sandbox.base_url(), &credentials(&time.sandbox));
    let mut lengths = Vec::new();
    for number in 0..5 {
        let request = BookRequest::earliest(CourseId::new(1), details(number));
        time.drive(client.book(&request)).await.unwrap();
        let note = lock.acquire(&account).await.unwrap().note().unwrap().to_owned();
        lengths.push(serde_json::from_str::<Vec<serde_json::Value>>(&note).unwrap().len());
    }
    assert!(lengths.iter().all(|length| *length == lengths[0]), "{lengths:?}");
}

/// A store whose lock fails, or whose fence is known.
#[derive(Debug, Default)]
struct Fenced {
    store: MemoryTokenStore,
    unlockable: bool,
    saved_under: Mutex<Vec<u64>>,
}

impl TokenStore for Fenced {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        self.store.load(account)
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        self.saved_under.lock().unwrap().push(fence);
        self.store.save(account, fence, tokens)
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        if self.unlockable {
            return Box::pin(async { Err(StateError::new("away")) });
        }
        self.store.lock(account)
    }
}

#[tokio::test]
async fn tokens_are_saved_under_the_fence_of_their_lock_or_not_at_all() {
    let time = VirtualTime::without_rate_limit().await;
    for (unlockable, expected) in [(false, vec![2, 3]), (true, vec![])] {
        let store = Arc::new(Fenced { unlockable, ..Fenced::default() });
        let account = AccountKey::new(time.sandbox.base_url(), &credentials(&time.sandbox));
        drop(store.store.lock(&account).await.unwrap());
        let client = time.builder().without_rate_limit().token_store(Arc::clone(&store)).build().unwrap();
        time.drive(client.courses().list()).await.unwrap();
        time.drive(client.account().revoke_token()).await.unwrap();
        assert_eq!(*store.saved_under.lock().unwrap(), expected);
    }
}
