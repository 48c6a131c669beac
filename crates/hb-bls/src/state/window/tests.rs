use proptest::prelude::*;

use super::*;

fn start() -> i64 {
    nanoseconds("2026-06-05T10:00:00Z".parse().unwrap())
}

fn state(limit: u32) -> State {
    WindowPacer::per_minute(limit).0.into_inner().unwrap()
}

fn go(state: &mut State, now: i64) -> Option<Ticket> {
    match state.take(now) {
        Turn::Go(ticket) => Some(ticket),
        Turn::Wait(wait) => {
            assert!(!wait.is_zero(), "or the caller would spin");
            None
        }
    }
}

fn seconds(seconds: i64) -> i64 {
    seconds * SECOND
}

/// What happens next, after so many milliseconds.
#[derive(Debug, Clone)]
enum Step {
    Ask,
    Answer { which: usize, remaining: Option<u32>, refused: Option<u64> },
    SetBack { seconds: i64 },
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let answer = (any::<usize>(), proptest::option::of(0_u32..70), proptest::option::weighted(0.05, 0_u64..120));
    let step = prop_oneof![
        10 => Just(Step::Ask),
        8 => answer.prop_map(|(which, remaining, refused)| Step::Answer { which, remaining, refused }),
    ];
    proptest::collection::vec((0_i64..4_000, step), 1..400)
}

proptest! {
    /// Wherever between asking and answer the portal counts a request, no minute has more than the quota.
    #[test]
    fn no_minute_has_more_than_the_quota(steps in steps(), limit in 1_u32..20) {
        let mut state = state(limit);
        let mut now = start();
        let (mut under_way, mut counted) = (Vec::new(), Vec::new());
        for (later, step) in steps {
            now += later * SECOND / 1000;
            match step {
                Step::Ask => under_way.extend(go(&mut state, now).map(|ticket| (ticket, now))),
                Step::Answer { which, remaining, refused } if !under_way.is_empty() => {
                    let (ticket, sent) = under_way.swap_remove(which % under_way.len());
                    // what is forgotten after two minutes was not answered in time
                    if now - sent < WINDOW * 2 {
                        counted.extend([sent, now].map(|edge| (ticket.0, edge)));
                    }
                    let refused = refused.map(Duration::from_secs);
                    let told = remaining.map(|_| limit);
                    state.done(ticket, now, Feedback { answered: true, limit: told, remaining, refused });
                }
                Step::Answer { .. } | Step::SetBack { .. } => {}
            }
        }
        for edge in [0, 1] {
            let mut times: Vec<_> = counted.iter().skip(edge).step_by(2).map(|(_, time)| *time).collect();
            times.sort();
            for window in times.windows(usize::try_from(limit).unwrap() + 1) {
                let apart = window[window.len() - 1] - window[0];
                // sent at the earliest, or counted at the latest
                prop_assert!(edge == 1 || apart >= WINDOW, "{apart:?}");
            }
        }
    }

    /// Whatever is told, and whichever way the clock is set, a request is let through in time.
    #[test]
    fn nobody_waits_for_ever(steps in steps(), backs in proptest::collection::vec(1_i64..100_000, 0..3)) {
        let mut state = state(60);
        let mut now = start();
        let mut under_way = Vec::new();
        let backs = backs.into_iter().map(|seconds| (0, Step::SetBack { seconds }));
        for (later, step) in steps.into_iter().chain(backs) {
            now += later * SECOND / 1000;
            match step {
                Step::Ask => under_way.extend(go(&mut state, now)),
                Step::Answer { which, remaining, refused } if !under_way.is_empty() => {
                    let ticket = under_way.swap_remove(which % under_way.len());
                    let refused = refused.map(Duration::from_secs);
                    let told = remaining.map(|_| LIMIT);
                    state.done(ticket, now, Feedback { answered: true, limit: told, remaining, refused });
                }
                Step::Answer { .. } => {}
                Step::SetBack { seconds } => now -= self::seconds(seconds),
            }
        }
        let mut waited = 0;
        while let Turn::Wait(wait) = state.take(now + waited) {
            waited += i64::try_from(wait.as_nanos()).unwrap();
            // the longest pause, and a minute or two
            prop_assert!(waited <= seconds(65 * 60), "{waited:?}");
        }
    }
}

#[test]
fn a_place_is_free_a_minute_after_its_answer() {
    let mut state = state(1);
    let ticket = go(&mut state, start()).unwrap();
    assert_eq!(go(&mut state, start() + seconds(5)), None);
    state.done(ticket, start() + seconds(7), Feedback::default());
    assert_eq!(state.take(start() + seconds(66)), Turn::Wait(Duration::from_secs(1)));
    assert!(go(&mut state, start() + seconds(67)).is_some());
}

#[test]
fn a_request_that_is_given_up_is_forgotten() {
    let mut state = state(1);
    go(&mut state, start()).unwrap();
    assert_eq!(go(&mut state, start() + seconds(119)), None);
    assert!(go(&mut state, start() + seconds(120)).is_some());
}

#[test]
fn places_of_others_are_left_to_them() {
    let mut state = state(60);
    let ticket = go(&mut state, start()).unwrap();
    state.done(
        ticket,
        start(),
        Feedback { answered: true, limit: Some(60), remaining: Some(3), ..Feedback::default() },
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
fn headers_without_sense_do_no_harm() {
    let mut state = state(60);
    for (limit, remaining) in [(0, 0), (u32::MAX, 0), (1, u32::MAX), (u32::MAX, u32::MAX)] {
        let Some(ticket) = go(&mut state, start()) else { continue };
        state.done(
            ticket,
            start(),
            Feedback { answered: true, limit: Some(limit), remaining: Some(remaining), refused: None },
        );
        assert!(state.foreign.len() <= usize::try_from(MOST).unwrap());
    }
    // nor does a number of places left of a quota that is not told
    let mut local = self::state(u32::MAX);
    let ticket = go(&mut local, start()).unwrap();
    local.done(ticket, start(), Feedback { answered: true, remaining: Some(7), ..Feedback::default() });
    assert!(local.foreign.is_empty() && go(&mut local, start()).is_some());
    let ticket = go(&mut state, start() + seconds(600)).unwrap();
    state.done(
        ticket,
        start() + seconds(600),
        Feedback { answered: true, refused: Some(Duration::MAX), ..Feedback::default() },
    );
    assert_eq!(state.take(start() + seconds(600)), Turn::Wait(Duration::from_secs(60 * 60)));
}

#[test]
fn after_a_429_one_asks_and_the_rest_wait_for_its_answer() {
    let mut state = state(60);
    let tickets = [0; 3].map(|_| go(&mut state, start()).unwrap());
    let refused = Feedback { answered: true, refused: Some(Duration::from_secs(10)), ..Feedback::default() };
    for ticket in tickets {
        state.done(ticket, start(), refused);
    }
    assert_eq!(state.take(start()), Turn::Wait(Duration::from_secs(10)));
    let ten = start() + seconds(10);
    let first = go(&mut state, ten).unwrap();
    assert_eq!(go(&mut state, ten + seconds(5)), None);
    // it was given up, so the next asks in its place
    state.done(first, ten + seconds(5), Feedback::default());
    let second = go(&mut state, ten + seconds(5)).unwrap();
    assert_eq!(go(&mut state, ten + seconds(9)), None);
    state.done(second, ten + seconds(9), Feedback { answered: true, ..Feedback::default() });
    assert!(go(&mut state, ten + seconds(9)).is_some());
    assert!(go(&mut state, ten + seconds(10)).is_some());
}
