//! Combinations: long queues, tokens that expire, clocks that are set, runtimes that are shut down.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use futures::{TryStreamExt as _, future::join_all};
use hb_bls::{
    Client, Clock, CourseId, ErrorKind, SystemClock,
    state::{AcquireOutcome, MemoryRateLimiter, RateLimitHeaders, RateLimiter as _},
};
use hb_bls_sandbox::{Fault, Sandbox};
use jiff::Timestamp;

use crate::{clock::TestClock, count, credentials, virtual_time::VirtualTime};

const MINUTE: Duration = Duration::from_secs(60);
/// A test that would hang is stopped after this much real time.
const GUARD: Duration = Duration::from_secs(60);

#[tokio::test]
async fn calls_that_queue_for_longer_than_a_token_lives_are_sent_with_the_next_one() {
    for (left, calls) in [(3, 300), (2, 600)] {
        let time = VirtualTime::with_rate_limit().await;
        let client = time.client();
        time.drive(client.courses().list()).await.unwrap();
        time.pass((60 - left) * MINUTE).await;
        let outcomes = time.drive(join_all((0..calls).map(|_| client.courses().list().into_future()))).await;
        let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        assert_eq!((failed, time.with_status(401).await), (0, 0), "{left} minutes left");
        assert_eq!(count(&time.sandbox, "refreshToken").await, 1);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_got_fails_all_who_queue_and_is_not_asked_for_by_each() {
    let time = VirtualTime::with_rate_limit().await;
    let client = time.client();
    time.drive(client.courses().list()).await.unwrap();
    time.pass(59 * MINUTE).await;
    for operation in ["refreshToken", "createToken"] {
        time.sandbox.inject(Fault::status(operation, 503).times(99)).await.unwrap();
    }
    let outcomes = time.drive(join_all((0..200).map(|_| client.courses().list().into_future()))).await;
    let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    assert!(failed > 0 && failed < 200, "those who came while it was valid are served: {failed}");
    let asked = count(&time.sandbox, "refreshToken").await + count(&time.sandbox, "createToken").await;
    assert!(asked <= 2 + 2 * 8, "{asked} requests for a token");
}

#[tokio::test]
async fn whoever_waits_for_a_renewal_ahead_of_time_that_fails_tries_once_more() {
    let time = VirtualTime::without_rate_limit().await;
    let limiter = Arc::new(MemoryRateLimiter::requests_per_minute(4).with_clock(time.clock.clone()));
    let client = time.builder().rate_limiter(Arc::clone(&limiter)).build().unwrap();
    time.drive(client.courses().list()).await.unwrap();
    time.pass(59 * MINUTE + MINUTE / 2).await;
    while let AcquireOutcome::Granted(permit) = limiter.acquire().await.unwrap() {
        limiter.release(permit, RateLimitHeaders::default()).await.unwrap();
    }
    time.sandbox.inject(Fault::status("refreshToken", 503)).await.unwrap();
    // by then the token has expired, and its renewal is still in progress
    let later = async {
        time.clock.sleep(Duration::from_secs(40)).await;
        client.courses().list().await
    };
    let (first, second) = time.drive(async { tokio::join!(client.courses().list(), later) }).await;
    first.unwrap();
    second.unwrap();
}

/// Blocks the next caller that asks for the time, until the test lets it continue.
#[derive(Debug, Default)]
struct Stopping {
    armed: AtomicBool,
    channels: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

impl Clock for Stopping {
    fn now(&self) -> Timestamp {
        if self.armed.swap(false, Ordering::SeqCst) {
            let (entered, go_on) = self.channels.lock().unwrap().take().unwrap();
            entered.send(()).unwrap();
            go_on.recv().unwrap();
        }
        SystemClock.now()
    }
}

#[test]
fn a_runtime_that_is_shut_down_while_a_fetch_begins_leaves_no_lock_behind() {
    let other = tokio::runtime::Runtime::new().unwrap();
    let sandbox = other.block_on(Sandbox::start()).unwrap();
    let clock = Arc::new(Stopping::default());
    let builder = Client::builder().credentials(credentials(&sandbox)).base_url(sandbox.base_url());
    let client = builder.clock(Arc::clone(&clock)).build().unwrap();
    let (enters, entered) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    *clock.channels.lock().unwrap() = Some((enters, goes_on));
    clock.armed.store(true, Ordering::SeqCst);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let called = client.clone();
    runtime.spawn(async move { drop(called.courses().list().await) });
    entered.recv().unwrap();
    runtime.shutdown_background();
    go_on.send(()).unwrap();
    // anything that it holds would be missing here
    let (ends, ended) = mpsc::channel();
    std::thread::spawn(move || ends.send(other.block_on(client.courses().list().into_future()).map(drop)));
    ended.recv_timeout(GUARD).expect("a lock is left").unwrap();
}

#[test]
fn a_runtime_that_is_shut_down_in_the_middle_of_a_booking_leaves_it_unknown() {
    let other = tokio::runtime::Runtime::new().unwrap();
    let sandbox = other.block_on(Sandbox::start()).unwrap();
    let builder = Client::builder().credentials(credentials(&sandbox)).base_url(sandbox.base_url());
    let client = builder.without_rate_limit().build().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let slots = runtime.block_on(client.timeslots().list(CourseId::new(1)).into_future()).unwrap();
    let hold =
        runtime.block_on(client.timeslots().hold(CourseId::new(1), slots[0].date, slots[0].time)).unwrap().keep();
    other.block_on(sandbox.inject(Fault::latency("createBooking", 2000))).unwrap();
    let (handle, booking, kept) = (runtime.handle().clone(), client.clone(), hold.clone());
    let booking = std::thread::spawn(move || {
        let hold = booking.timeslots().adopt(kept);
        handle.block_on(booking.bookings().create(hold, &crate::book::details(1))).map(drop)
    });
    while sandbox.delays() == 0 {
        std::thread::yield_now();
    }
    runtime.shutdown_background();
    let error = booking.join().unwrap().unwrap_err().error;
    assert_eq!((error.kind(), error.hold_hash()), (ErrorKind::Ambiguous, Some(&*hold.hold_hash)), "{error:?}");
    while sandbox.delayed() > 0 {
        std::thread::yield_now();
    }
    let builder = Client::builder().credentials(credentials(&sandbox)).base_url(sandbox.base_url());
    let client = builder.build().unwrap();
    let made: Vec<_> = other.block_on(client.bookings().list().items().try_collect()).unwrap();
    assert_eq!(made.len(), 1, "it was made");
}

/// A clock that is set by hand, but whose waits are real.
#[derive(Debug)]
struct Settable(Mutex<Timestamp>);

impl Settable {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(SystemClock.now())))
    }

    fn set_back(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_sub(by).unwrap();
    }
}

impl Clock for Settable {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_prolongs_no_refusal() {
    let sandbox = Sandbox::start().await.unwrap();
    let clock = Settable::new();
    let builder = Client::builder().credentials(credentials(&sandbox)).base_url(sandbox.base_url());
    let client = builder.clock(Arc::clone(&clock)).build().unwrap();
    sandbox.inject(Fault::status("createToken", 401)).await.unwrap();
    client.courses().list().await.unwrap_err();
    client.courses().list().await.unwrap_err();
    assert_eq!(count(&sandbox, "createToken").await, 1, "it is remembered");
    clock.set_back(60 * MINUTE);
    client.courses().list().await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_set_back_prolongs_no_timeout() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.builder().timeout(Duration::from_secs(20)).build().unwrap();
    time.drive(client.courses().list()).await.unwrap();
    time.sandbox.inject(Fault::status("listCourses", 503).times(99)).await.unwrap();
    let back = async {
        time.clock.sleep(Duration::from_secs(1)).await;
        time.clock.set_back(60 * MINUTE);
    };
    let policy = hb_bls::RetryPolicy::default().max_attempts(99).backoff(MINUTE / 6, MINUTE / 6);
    let patient = client.with_options(hb_bls::CallOptions::new().retry(policy));
    let (outcome, ()) = time.drive(async { tokio::join!(patient.courses().list(), back) }).await;
    assert!(matches!(&outcome, Err(error) if error.kind() == ErrorKind::Timeout), "{outcome:?}");
    let attempts = count(&time.sandbox, "listCourses").await;
    assert!(attempts <= 1 + 5, "20 seconds' worth of attempts: {attempts}");
}

#[tokio::test]
async fn a_clock_that_is_set_back_prolongs_no_pause() {
    let clock = TestClock::at("2026-06-05T10:00:00Z".parse().unwrap());
    let limiter = MemoryRateLimiter::default().with_clock(clock.clone());
    let AcquireOutcome::Granted(permit) = limiter.acquire().await.unwrap() else { panic!() };
    let mut headers = RateLimitHeaders::default();
    headers.responded = true;
    headers.retry_after = Some(Duration::from_secs(5));
    limiter.release(permit, headers).await.unwrap();
    clock.set_back(Duration::from_secs(2 * 60 * 60));
    assert_eq!(limiter.acquire().await.unwrap(), AcquireOutcome::Pause(Duration::from_secs(5)));
}

#[tokio::test]
async fn a_refused_token_is_reported_with_the_operation_that_failed() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    for operation in ["listTransactions", "getCredits"] {
        time.sandbox.inject(Fault::status(operation, 401).times(9)).await.unwrap();
    }
    let error = time.drive(client.account().transactions().items().try_next()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::TokenRefused, Some("listTransactions")), "{error:?}");
    let error = time.drive(client.account().balances()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::TokenRefused, Some("getCredits")), "{error:?}");
    time.drive(client.courses().list()).await.unwrap();
}
