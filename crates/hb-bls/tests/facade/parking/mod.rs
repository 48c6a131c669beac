//! Any call or stream is stopped at any poll, and everybody else continues. Then it continues itself, or is dropped and
//! leaves nothing behind.

mod calls;
mod counted;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures::future::join_all;
use hb_bls::Error;
use hb_bls_sandbox::{Fault, FaultKind};
use tokio::sync::Notify;

use crate::virtual_time::VirtualTime;
use calls::{CALLS, Call, HOLDS, Kind, World};
use counted::Counted;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// A test that would hang is stopped after this much real time, so that it can say what hung.
const GUARD: Duration = Duration::from_secs(60);

/// The circumstances of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    /// The rate limit is used up.
    Saturated,
    /// The token has expired, and the client knows it.
    Expired,
    /// The portal refuses the token.
    Refused,
    /// Responses are delayed.
    Slow,
    /// The token has expired, and the first requests for another one fail.
    TokensFail,
    /// The token has expired, the rate limit is used up, and responses are delayed.
    All,
    /// The responses to bookings are lost.
    AnswersLost,
}

impl Weather {
    async fn begin(self, world: &World, counted: &Counted) {
        let time = &world.time;
        match self {
            Self::Saturated => counted.use_up().await,
            Self::Expired => {
                time.clock.advance(2 * HOUR);
                time.sandbox.advance(2 * HOUR).await.unwrap();
            }
            Self::Refused => drop(time.sandbox.advance(2 * HOUR).await.unwrap()),
            Self::Slow => time.sandbox.inject(Fault::latency("*", 2).times(4)).await.unwrap(),
            Self::All => {
                time.clock.advance(2 * HOUR);
                time.sandbox.advance(2 * HOUR).await.unwrap();
                counted.use_up().await;
                time.sandbox.inject(Fault::latency("*", 2).times(4)).await.unwrap();
            }
            Self::AnswersLost => {
                time.sandbox.inject(Fault::new("createBooking", FaultKind::ResetAfter).times(4)).await.unwrap();
            }
            Self::TokensFail => {
                time.clock.advance(2 * HOUR);
                time.sandbox.advance(2 * HOUR).await.unwrap();
                for operation in ["refreshToken", "createToken"] {
                    time.sandbox.inject(Fault::status(operation, 503).times(2)).await.unwrap();
                }
            }
        }
    }
}

/// A call that is polled by hand.
struct ByHand {
    work: Pin<Box<dyn Future<Output = Result<(), Error>>>>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken {
    woken: AtomicBool,
    notify: Notify,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }
}

impl ByHand {
    fn new(world: &World, call: &Call) -> Self {
        Self { work: (call.run)(world.clone()), woken: Arc::default() }
    }

    fn poll(&mut self) -> Poll<Result<(), Error>> {
        self.woken.woken.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.woken));
        self.work.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Polls the call this many times, each time when it is woken. Returns whether it has ended.
    async fn polls(&mut self, time: &VirtualTime, times: usize) -> bool {
        for number in 0..times {
            if number > 0 {
                let woken = async {
                    while !self.woken.woken.load(Ordering::SeqCst) {
                        self.woken.notify.notified().await;
                    }
                };
                time.drive(woken).await;
            }
            if let Poll::Ready(outcome) = self.poll() {
                outcome.unwrap();
                return true;
            }
        }
        false
    }
}

/// Runs work, and fails if it hangs.
#[expect(clippy::disallowed_methods, reason = "where nothing goes on, no injected time passes")]
async fn guarded<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, work).await.unwrap_or_else(|_| panic!("{what}: it hangs"))
}

/// All other calls finish at the same time. Revoking the token comes last, since it disturbs those that have just got
/// one.
async fn others_finish(world: &World, parked: &Call, what: &str) {
    let (revoking, calls): (Vec<_>, Vec<_>) = CALLS.iter().partition(|call| call.kind == Kind::Revokes);
    let in_the_way = |call: &Call| parked.kind.has_a_hold() && call.kind == Kind::Books;
    let calls: Vec<_> = calls.into_iter().filter(|call| !in_the_way(call)).collect();
    for calls in [calls, revoking] {
        let work = join_all(calls.iter().map(|call| (call.run)(world.clone())));
        let outcomes = guarded(what, world.time.drive(work)).await;
        for (call, outcome) in calls.iter().zip(outcomes) {
            assert!(outcome.is_ok(), "{what}: meanwhile, {} fails: {outcome:?}", call.name);
        }
    }
}

/// Stops each call at each of its polls, in these circumstances.
async fn every_call_at_every_poll(weather: Weather) {
    for call in CALLS.iter().chain(HOLDS) {
        if weather == Weather::AnswersLost && call.kind == Kind::Plain {
            continue;
        }
        let mut polls = 0;
        let (mut world, mut counted) = World::new().await;
        loop {
            let mut over = false;
            for dropped in [false, true] {
                let what = format!("{} in {weather:?}, after {polls} polls, dropped: {dropped}", call.name);
                if call.kind == Kind::Keeps {
                    // what it kept is left to expire
                    (world, counted) = World::new().await;
                }
                weather.begin(&world, &counted).await;
                let idle = counted.tasks_when_idle(&world.time).await;
                let mut parked = ByHand::new(&world, call);
                over = guarded(&what, parked.polls(&world.time, polls)).await;
                if dropped {
                    drop(parked);
                    world.time.clock.advance(SECOND);
                    world.time.sandbox.advance(SECOND).await.unwrap();
                    let saturated = matches!(weather, Weather::Saturated | Weather::All);
                    counted.nothing_is_left(&world, idle, saturated && call.kind.makes_holds(), &what).await;
                    if call.kind != Kind::Keeps {
                        counted.no_hold_is_left(&world, &what).await;
                    }
                } else {
                    if call.kind == Kind::Revokes {
                        // or the token that others have just got is revoked
                        counted.tasks_when_idle(&world.time).await;
                    }
                    others_finish(&world, call, &what).await;
                    if !over {
                        guarded(&what, world.time.drive(parked.work)).await.unwrap_or_else(|error| {
                            panic!("{what}: it fails once it goes on: {error}");
                        });
                    }
                }
            }
            if over {
                break;
            }
            polls += 1;
        }
        assert!(polls > 0, "{} does something", call.name);
    }
}

#[tokio::test]
async fn with_the_rate_limit_used_up() {
    every_call_at_every_poll(Weather::Saturated).await;
}

#[tokio::test]
async fn with_an_expired_token() {
    every_call_at_every_poll(Weather::Expired).await;
}

#[tokio::test]
async fn with_a_token_that_is_refused() {
    every_call_at_every_poll(Weather::Refused).await;
}

#[tokio::test]
async fn with_slow_answers() {
    every_call_at_every_poll(Weather::Slow).await;
}

#[tokio::test]
async fn with_all_of_it_at_once() {
    every_call_at_every_poll(Weather::All).await;
}

#[tokio::test]
async fn with_answers_that_are_lost() {
    every_call_at_every_poll(Weather::AnswersLost).await;
}

#[tokio::test]
async fn with_token_requests_that_fail() {
    every_call_at_every_poll(Weather::TokensFail).await;
}
