use proptest::prelude::*;

use super::*;

fn start() -> i64 {
    nanoseconds("2026-06-05T10:00:00Z".parse().unwrap())
}

fn go(state: &mut Quota, now: i64) -> Option<Permit> {
    match state.acquire(now) {
        AcquireOutcome::Granted(permit) => Some(permit),
        AcquireOutcome::Wait(wait) | AcquireOutcome::Pause(wait) => {
            assert!(!wait.is_zero(), "or the caller would spin");
            None
        }
    }
}

fn seconds(seconds: i64) -> i64 {
    seconds * SECOND
}

mod properties;

#[test]
fn a_place_is_free_a_minute_after_its_answer() {
    let mut state = Quota::new(1);
    let permit = go(&mut state, start()).unwrap();
    assert_eq!(go(&mut state, start() + seconds(5)), None);
    state.release(permit, start() + seconds(7), RateLimitHeaders::default());
    assert_eq!(state.acquire(start() + seconds(66)), AcquireOutcome::Wait(Duration::from_secs(1)));
    assert!(go(&mut state, start() + seconds(67)).is_some());
}

#[test]
fn a_request_that_nothing_is_heard_of_counts_as_given_up_after_two_minutes() {
    let mut state = Quota::new(1);
    go(&mut state, start()).unwrap();
    assert_eq!(go(&mut state, start() + seconds(120)), None);
    assert_eq!(go(&mut state, start() + seconds(179)), None);
    assert!(go(&mut state, start() + seconds(180)).is_some());
}

#[test]
fn places_of_others_are_left_to_them() {
    let mut state = Quota::new(60);
    let permit = go(&mut state, start()).unwrap();
    state.release(
        permit,
        start(),
        RateLimitHeaders { responded: true, limit: Some(60), remaining: Some(3), ..RateLimitHeaders::default() },
    );
    let mut now = start();
    let mut sent = 0;
    while now < start() + seconds(30) {
        sent += usize::from(go(&mut state, now).is_some());
        now += seconds(1);
    }
    assert_eq!(sent, 3);
}

#[test]
fn answers_out_of_order_show_nobody_else() {
    let mut state = Quota::new(60);
    let permits: Vec<_> = (0..10).map(|_| go(&mut state, start()).unwrap()).collect();
    // the portal counted all ten before it wrote the first response
    for (index, permit) in permits.into_iter().enumerate() {
        let now = start() + SECOND / 1000 * i64::try_from(index).unwrap() * 300;
        let headers =
            RateLimitHeaders { responded: true, limit: Some(60), remaining: Some(50), ..RateLimitHeaders::default() };
        state.release(permit, now, headers);
    }
    for _ in 0..50 {
        assert!(go(&mut state, start() + seconds(3)).is_some());
    }
}

#[test]
fn headers_without_sense_do_no_harm() {
    let mut state = Quota::new(60);
    for (limit, remaining) in [(0, 0), (u32::MAX, 0), (1, u32::MAX), (u32::MAX, u32::MAX)] {
        let Some(permit) = go(&mut state, start()) else { continue };
        state.release(
            permit,
            start(),
            RateLimitHeaders { responded: true, limit: Some(limit), remaining: Some(remaining), retry_after: None },
        );
        assert!(state.foreign.len() <= usize::try_from(MOST).unwrap());
    }
    // nor does a number of places left of a quota that the portal does not state
    let mut local = Quota::new(u32::MAX);
    let permit = go(&mut local, start()).unwrap();
    local.release(
        permit,
        start(),
        RateLimitHeaders { responded: true, remaining: Some(7), ..RateLimitHeaders::default() },
    );
    assert!(local.foreign.is_empty() && go(&mut local, start()).is_some());
    let permit = go(&mut state, start() + seconds(600)).unwrap();
    state.release(
        permit,
        start() + seconds(600),
        RateLimitHeaders { responded: true, retry_after: Some(Duration::MAX), ..RateLimitHeaders::default() },
    );
    assert_eq!(state.acquire(start() + seconds(600)), AcquireOutcome::Pause(Duration::from_secs(60 * 60)));
}

/// A list of 100,000 bookings takes a thousand requests.
#[test]
fn where_there_is_no_limit_no_request_is_remembered() {
    let mut state = Quota::new(u32::MAX);
    let none = RateLimitHeaders { responded: true, limit: Some(u32::MAX), ..RateLimitHeaders::default() };
    for _ in 0..1_000 {
        let permit = go(&mut state, start()).unwrap();
        state.release(permit, start(), none);
    }
    assert!(state.ended.is_empty() && state.under_way.is_empty());
    // from the first response that names a limit, it counts
    let limit = RateLimitHeaders { limit: Some(1), ..none };
    let permit = go(&mut state, start()).unwrap();
    state.release(permit, start(), limit);
    assert!(go(&mut state, start()).is_none());
}

#[test]
fn after_a_429_one_asks_and_the_rest_wait_for_its_answer() {
    let mut state = Quota::new(60);
    let permits = [0; 3].map(|_| go(&mut state, start()).unwrap());
    let refused =
        RateLimitHeaders { responded: true, retry_after: Some(Duration::from_secs(10)), ..RateLimitHeaders::default() };
    for permit in permits {
        state.release(permit, start(), refused);
    }
    assert_eq!(state.acquire(start()), AcquireOutcome::Pause(Duration::from_secs(10)));
    let ten = start() + seconds(10);
    let first = go(&mut state, ten).unwrap();
    assert_eq!(go(&mut state, ten + seconds(5)), None);
    // it was given up, so the next asks in its place
    state.release(first, ten + seconds(5), RateLimitHeaders::default());
    let second = go(&mut state, ten + seconds(5)).unwrap();
    assert_eq!(go(&mut state, ten + seconds(9)), None);
    state.release(second, ten + seconds(9), RateLimitHeaders { responded: true, ..RateLimitHeaders::default() });
    assert!(go(&mut state, ten + seconds(9)).is_some());
    assert!(go(&mut state, ten + seconds(10)).is_some());
}
