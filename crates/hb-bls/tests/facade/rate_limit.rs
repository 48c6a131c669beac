//! The quota of 60 requests per minute is used in full and never exceeded.

use std::{sync::Mutex, time::Duration};

use futures::future::join_all;
use hb_bls::{
    CallOptions, Clock as _, CourseId, ErrorKind, RetryPolicy,
    state::{
        AccountKey, AccountLock as _, AcquireOutcome, MemoryAccountLock, MemoryRateLimiter, Permit, RateLimitHeaders,
        RateLimiter, StateFuture,
    },
};
use hb_bls_sandbox::{Fault, FaultKind, RequestRecord};
use jiff::{SignedDuration, Timestamp};
use tracing_subscriber::filter::LevelFilter;

use crate::{credentials, secrets::capture::Capture, virtual_time::VirtualTime};

/// Checks that no minute, wherever it begins, has more than this many requests.
fn busiest_minute(times: &[Timestamp]) -> usize {
    let minute = SignedDuration::from_secs(60);
    let within = |start: &Timestamp| times.iter().filter(|time| **time >= *start && **time < *start + minute).count();
    times.iter().map(within).max().unwrap_or(0)
}

#[tokio::test]
async fn the_quota_is_used_in_full_and_never_exceeded() {
    let time = VirtualTime::with_rate_limit().await;
    let client = time.client();
    let start = time.sandbox.now();
    let calls = (0..600).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.courses().list().await.map(drop) })
    });
    for outcome in time.drive(join_all(calls)).await {
        outcome.unwrap().unwrap();
    }
    let requests = time.sandbox.requests().await.unwrap();
    let times: Vec<Timestamp> = requests.iter().map(|request| request.at).collect();
    assert_eq!(times.len(), 601, "and a token");
    assert_eq!(time.with_status(429).await, 0);
    assert_eq!(busiest_minute(&times), 60);
    // of these calls, not counting the token; the last call falls into the eleventh minute
    let mut sent = [0; 11];
    for request in requests.iter().filter(|request| request.operation_id == Some("listCourses")) {
        sent[usize::try_from(request.at.duration_since(start).as_secs()).unwrap() / 60] += 1;
    }
    assert!(sent[..10].iter().all(|sent| *sent >= 59), "{sent:?}");
}

#[tokio::test]
async fn two_clients_behind_one_address_share_the_quota_without_a_storm() {
    let time = VirtualTime::with_rate_limit().await;
    let start = time.sandbox.now();
    let done: Mutex<Vec<(usize, Timestamp)>> = Mutex::default();
    let clients = [time.client(), time.client()];
    let work = (0..600).map(|task| {
        let (client, done, sandbox) = (&clients[task % 2], &done, &time.sandbox);
        async move {
            client.courses().list().await.unwrap();
            done.lock().unwrap().push((task % 2, sandbox.now()));
        }
    });
    time.drive(join_all(work)).await;
    let requests = time.sandbox.requests().await.unwrap();
    let minute = |at: Timestamp| usize::try_from(at.duration_since(start).as_secs() / 60).unwrap();
    let mut refused = [0; 12];
    requests.iter().filter(|request| request.status == Some(429)).for_each(|request| refused[minute(request.at)] += 1);
    // at first neither client knows about the other; then each is refused at most once a minute
    assert!(refused[1..].iter().all(|refused| *refused <= 2), "{refused:?}");
    assert!(refused[0] <= 60, "{refused:?}");
    // 602 requests with their tokens, none of which is wasted
    assert_eq!(minute(time.sandbox.now()), 10, "{refused:?}");
    // both get a share
    let done = done.lock().unwrap();
    for client in [0, 1] {
        for whole in 1..8 {
            let own = done.iter().filter(|(one, at)| *one == client && minute(*at) == whole).count();
            assert!(own >= 20, "{own} of client {client} in minute {whole}");
        }
    }
}

#[tokio::test]
async fn one_429_pauses_everybody_once() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    time.drive(client.courses().list()).await.unwrap();
    time.sandbox.inject(Fault::status("listCourses", 429).retry_after(17)).await.unwrap();
    let start = time.sandbox.now();
    let once = client.with_options(CallOptions::new().retry(RetryPolicy::none()));
    let error = time.drive(once.courses().list()).await.unwrap_err();
    let wait = Duration::from_secs(17);
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(wait)), "{error:?}");
    let calls = join_all((0..41).map(|_| client.courses().list().into_future()));
    assert!(time.drive(calls).await.iter().all(Result::is_ok));
    let requests = time.sandbox.requests().await.unwrap();
    assert_eq!(requests.len(), 3 + 41);
    let after = |request: &RequestRecord| request.at.duration_since(start).as_secs();
    // it looks as if somebody else uses the quota, so requests are sent one by one
    assert_eq!(requests[3..].iter().map(after).collect::<Vec<_>>(), (17..17 + 41).collect::<Vec<_>>());
}

/// One that is told late what came of requests, as one that keeps its state elsewhere.
#[derive(Debug)]
struct Late(MemoryRateLimiter);

impl RateLimiter for Late {
    fn acquire(&self) -> StateFuture<'_, AcquireOutcome> {
        self.0.acquire()
    }

    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        Box::pin(async move {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            self.0.release(permit, headers).await
        })
    }
}

#[tokio::test]
async fn a_429_is_not_tried_again_before_a_slow_rate_limiter_knows_of_the_pause() {
    let time = VirtualTime::without_rate_limit().await;
    let limiter = Late(MemoryRateLimiter::default().with_clock(time.clock.clone()));
    let client = time.builder().rate_limiter(limiter).build().unwrap();
    time.drive(client.courses().list()).await.unwrap();
    time.sandbox.inject(Fault::status("listCourses", 429).retry_after(17)).await.unwrap();
    let start = time.sandbox.now();
    time.drive(client.courses().list()).await.unwrap();
    let last = time.sandbox.requests().await.unwrap().last().unwrap().at;
    assert_eq!(last.duration_since(start).as_secs(), 17);
}

#[tokio::test]
async fn a_storm_of_429s_is_one_pause_and_then_a_single_request() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    time.drive(client.courses().list()).await.unwrap();
    let start = time.sandbox.now();
    time.sandbox.inject(Fault::status("listCourses", 429).retry_after(20).times(21)).await.unwrap();
    let calls = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.courses().list().await.map(drop) })
    });
    for outcome in time.drive(join_all(calls)).await {
        outcome.unwrap().unwrap();
    }
    let requests = time.sandbox.requests().await.unwrap();
    let after: Vec<_> = requests[2..].iter().map(|request| request.at.duration_since(start).as_secs()).collect();
    assert_eq!(after[..20], [0; 20]);
    assert_eq!(after[20], 20, "the one that asks again meets the last 429");
    assert_eq!(after[21..], (40..60).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_caller_need_not_wait_for_the_quota() {
    let time = VirtualTime::with_rate_limit().await;
    let client = time.client();
    let calls = join_all((0..59).map(|_| client.courses().list().into_future()));
    assert!(time.drive(calls).await.iter().all(Result::is_ok));
    let hurried = client.with_options(CallOptions::new().timeout(Duration::from_secs(5)));
    let before = time.sandbox.now();
    let error = time.drive(hurried.courses().list()).await.unwrap_err();
    assert_eq!(error.to_string(), "listCourses: timed out after 5 s: still waiting, and nothing was sent");
    assert_eq!(time.sandbox.now(), before + SignedDuration::from_secs(5));
    assert_eq!(time.sandbox.requests().await.unwrap().len(), 60, "it was not sent");
    // callers that gave up are not in the way
    time.drive(client.courses().list()).await.unwrap();
}

#[tokio::test]
async fn a_client_without_a_rate_limit_sends_at_once() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.builder().without_rate_limit().build().unwrap();
    let before = time.sandbox.now();
    let calls = join_all((0..100).map(|_| client.courses().list().into_future()));
    assert!(time.drive(calls).await.iter().all(Result::is_ok));
    assert_eq!(time.sandbox.now(), before);
}

#[tokio::test]
async fn what_breaks_frees_its_place() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.builder().retry(RetryPolicy::none()).build().unwrap();
    time.drive(client.courses().list()).await.unwrap();
    time.sandbox.inject(Fault::new("listCourses", FaultKind::ResetBefore).times(58)).await.unwrap();
    let start = time.sandbox.now();
    let calls = join_all((0..58).map(|_| client.courses().list().into_future()));
    assert!(time.drive(calls).await.iter().all(Result::is_err));
    time.drive(client.courses().list()).await.unwrap();
    assert_eq!(time.sandbox.now(), start + SignedDuration::from_secs(60));
}

#[tokio::test]
async fn long_waits_are_logged_once_for_each_call_and_short_ones_are_not() {
    let (capture, _guard) = Capture::events(LevelFilter::INFO);
    let time = VirtualTime::without_rate_limit().await;
    let client = time
        .builder()
        .rate_limiter(MemoryRateLimiter::requests_per_minute(2).with_clock(time.clock.clone()))
        .build()
        .unwrap();
    // a token and a call fill the minute
    time.drive(client.courses().list()).await.unwrap();
    let told =
        || capture.text().lines().filter(|line| line.contains("waiting ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(told(), [""; 0]);
    time.drive(join_all((0..3).map(|_| client.courses().list().into_future()))).await;
    let text = told().join("\n");
    // two calls log the length of their wait; those behind the head of the queue log that they still wait
    assert_eq!(text.matches(": waiting for the rate limit wait_s=").count(), 2, "{text}");
    assert_eq!(text.matches("still waiting for other requests that wait for the rate limit").count(), 2, "{text}");
    assert_eq!(text.lines().count(), 4, "{text}");
    // a pause between attempts
    let client = time.builder().without_rate_limit().build().unwrap();
    for (retry_after, waits) in [(5, 4), (6, 5)] {
        let refusal = Fault::status("listCourses", 429).retry_after(retry_after);
        time.sandbox.inject(refusal).await.unwrap();
        time.drive(client.courses().list()).await.unwrap();
        assert_eq!(told().len(), waits, "{:?}", told());
    }
    assert!(capture.text().contains("waiting before the next attempt wait_s=6"), "{}", capture.text());
    // other bookings of the account
    let (lock, account) =
        (MemoryAccountLock::default(), AccountKey::new(time.sandbox.base_url(), &credentials(&time.sandbox)));
    let client = time.builder().account_lock(lock.clone()).build().unwrap();
    let others = lock.acquire(&account).await.unwrap();
    let hold = client.timeslots().hold(CourseId::new(1), "2026-06-08".parse().unwrap(), "09:00".parse().unwrap());
    let (hold, ()) = time
        .drive(async {
            tokio::join!(hold, async {
                time.clock.sleep(Duration::from_secs(9)).await;
                drop(others);
            })
        })
        .await;
    hold.unwrap().keep();
    assert_eq!(told().len(), 6, "{:?}", told());
    assert!(
        capture.text().contains("still waiting for other bookings of the account waited_s=5"),
        "{}",
        capture.text()
    );
}

#[tokio::test]
async fn by_default_a_call_ends_after_five_minutes_that_it_does_not_spend_waiting_for_the_rate_limit() {
    // calls for half an hour wait as long as necessary
    let time = VirtualTime::without_rate_limit().await;
    let client = time
        .builder()
        .rate_limiter(MemoryRateLimiter::requests_per_minute(2).with_clock(time.clock.clone()))
        .build()
        .unwrap();
    let calls = join_all((0..60).map(|_| client.courses().list().into_future()));
    assert!(time.drive(calls).await.iter().all(Result::is_ok));
    assert!(time.sandbox.now() > "2026-06-05T10:29:00Z".parse().unwrap());
    // a portal that postpones a call again and again does not
    let policy = RetryPolicy::default().max_attempts(1000).backoff(Duration::from_secs(60), Duration::from_secs(60));
    let client = time.builder().retry(policy).build().unwrap();
    time.drive(client.courses().list()).await.unwrap();
    time.sandbox.inject(Fault::status("listCourses", 503).times(1000)).await.unwrap();
    let began = time.sandbox.now();
    let error = time.drive(client.courses().list()).await.unwrap_err();
    let five = Duration::from_secs(5 * 60);
    assert!(error.is_timeout() && error.operation() == Some("listCourses"), "{error:?}");
    assert_eq!(error.timeout(), Some(five));
    assert_eq!(time.sandbox.now(), began + SignedDuration::from_mins(5));
}
