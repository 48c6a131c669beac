//! Workers contain what handlers do, and lose nothing.

mod ending;

#[cfg(feature = "metrics")]
use std::collections::BTreeMap;
use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hb_bls::{
    BookingId, Clock as _, WebhookEventType,
    webhook::{
        Event, EventFilter, EventQueue as _, EventState, MemoryEventQueue, NewEvent, Origin, ReceivedEvent, Worker,
    },
};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, yield_now},
};
use uuid::Uuid;

use crate::{clock::TestClock, vector::TIME};

const SECOND: Duration = Duration::from_secs(1);
const TURNS: usize = 200;

struct Setup {
    clock: Arc<TestClock>,
    queue: MemoryEventQueue,
    seen: Arc<Mutex<Vec<(u128, u32)>>>,
}

fn json(number: u128, booking: i64) -> String {
    let id = Uuid::from_u128(number);
    format!(r#"{{"event_id":"{id}","event_type":"booking.created","data":{{"id":{booking}}}}}"#)
}

fn number(received: &ReceivedEvent) -> u128 {
    received.event.event_id.as_u128()
}

impl Setup {
    fn new() -> Self {
        let clock = TestClock::at_second(TIME);
        Self { queue: MemoryEventQueue::new().with_clock(Arc::clone(&clock)), clock, seen: Arc::default() }
    }

    async fn accept(&self, number: u128, booking: i64) {
        let event = Event::from_json(json(number, booking).as_bytes()).unwrap();
        self.queue.accept(&NewEvent::from_event(&event, Origin::Delivered)).await.unwrap();
    }

    fn seen(&self) -> Vec<(u128, u32)> {
        self.seen.lock().unwrap().clone()
    }

    /// Starts a worker whose handler begins by noting the event and its attempt.
    fn start<F>(&self, handler: impl Fn(u128) -> F + Clone + Send + Sync + 'static) -> Running
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let seen = Arc::clone(&self.seen);
        let worker = Worker::builder(self.queue.clone())
            .clock(Arc::clone(&self.clock))
            .concurrency(3)
            .max_attempts(4)
            .backoff(10 * SECOND, 40 * SECOND)
            .build(move |received: ReceivedEvent| {
                seen.lock().unwrap().push((number(&received), received.attempt));
                handler(number(&received))
            });
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(async move { worker.run_until(async { drop(ended.await) }).await });
        Running { end, task }
    }

    /// Lets time pass until it is so, and tells how much that was.
    async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Duration {
        let begun = self.clock.now();
        for _ in 0..2_000 {
            for _ in 0..TURNS {
                if is_so().await {
                    return self.clock.now().duration_since(begun).unsigned_abs();
                }
                yield_now().await;
            }
            self.clock.advance(SECOND);
        }
        panic!("it never happens that {what}; seen is {:?}", self.seen());
    }

    async fn pass(&self, seconds: u32) {
        for _ in 0..seconds {
            self.clock.advance(SECOND);
            for _ in 0..TURNS {
                yield_now().await;
            }
        }
    }

    async fn states(&self) -> Vec<EventState> {
        let list = self.queue.list(EventFilter::default()).await.unwrap();
        list.into_iter().map(|event| event.state).collect()
    }

    async fn why(&self) -> String {
        self.queue.list(EventFilter::default()).await.unwrap()[0].last_error.clone().unwrap_or_default()
    }
}

struct Running {
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    async fn end(self) {
        drop(self.end);
        self.task.await.unwrap();
    }
}

#[tokio::test]
async fn events_are_handled_several_at_once_and_in_order_per_booking() {
    let setup = Setup::new();
    for number in 0..20 {
        setup.accept(number, i64::try_from(number % 4).unwrap()).await;
    }
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, highest) = (Arc::clone(&now), Arc::clone(&most));
    let running = setup.start(move |_| {
        let (now, most) = (Arc::clone(&counted), Arc::clone(&highest));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..5 {
                yield_now().await;
            }
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    });
    setup.until("all are done", async || setup.states().await.iter().all(|it| *it == EventState::Done)).await;
    running.end().await;
    let seen = setup.seen();
    assert_eq!(seen.len(), 20, "{seen:?}");
    for booking in 0..4 {
        assert!(seen.iter().map(|(number, _)| number).filter(|it| *it % 4 == booking).is_sorted(), "{seen:?}");
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_event_that_arrives_is_handled_at_once() {
    let setup = Setup::new();
    let running = setup.start(|_| async { Ok(()) });
    for _ in 0..TURNS {
        yield_now().await;
    }
    setup.accept(1, 1).await;
    let passed = setup.until("it is handled", async || !setup.seen().is_empty()).await;
    assert_eq!(passed, Duration::ZERO);
    running.end().await;
}

#[tokio::test]
async fn an_event_that_fails_is_tried_again_and_then_dead_and_others_pass() {
    let setup = Setup::new();
    setup.accept(1, 1).await;
    setup.accept(2, 1).await;
    setup.accept(3, 3).await;
    let running =
        setup.start(|number| async move { if number == 1 { Err("no such candidate".into()) } else { Ok(()) } });
    let passed = setup.until("the second is handled", async || setup.seen().iter().any(|seen| seen.0 == 2)).await;
    // between two thirds of 10 + 20 + 40 seconds and all of them, and up to a second to look after each
    assert!(passed >= 46 * SECOND && passed <= 74 * SECOND, "{passed:?}");
    assert_eq!(setup.seen().iter().filter(|seen| seen.0 == 1).count(), 4);
    assert_eq!(setup.seen()[1], (3, 1), "another booking does not wait");
    assert_eq!(setup.states().await[0], EventState::Dead);
    assert_eq!(setup.why().await, "no such candidate");

    assert!(setup.queue.retry(Uuid::from_u128(1)).await.unwrap());
    setup.until("it is tried again", async || setup.seen().last() == Some(&(1, 1))).await;
    running.end().await;
}

#[tokio::test]
async fn a_panic_is_a_failure_whose_text_is_not_kept() {
    let setup = Setup::new();
    setup.accept(1, 1).await;
    setup.accept(2, 2).await;
    let running = setup.start(|number| async move {
        assert!(number != 1, "Amara Okafor");
        Ok(())
    });
    setup.until("it is dead", async || setup.states().await == [EventState::Dead, EventState::Done]).await;
    assert_eq!(setup.why().await, "its handler panicked");
    running.end().await;
}

#[tokio::test]
async fn a_handler_that_never_returns_is_cancelled_and_blocks_no_other() {
    let setup = Setup::new();
    for number in 1..=4 {
        setup.accept(number, 0).await;
        setup.accept(number + 10, i64::try_from(number).unwrap()).await;
    }
    let running = setup.start(|number| async move { if number == 1 { pending().await } else { Ok(()) } });
    let others = async || setup.seen().iter().filter(|seen| seen.0 > 10).count() == 4;
    assert_eq!(setup.until("the others are handled", others).await, Duration::ZERO);
    let passed = setup.until("it is dead", async || setup.states().await[0] == EventState::Dead).await;
    // four times five minutes, and the pauses
    assert!(passed >= 1_200 * SECOND, "{passed:?}");
    assert_eq!(setup.why().await, "its handler did not return within 300s");
    assert_eq!(setup.seen().iter().filter(|seen| seen.0 == 1).count(), 4, "its lease was renewed");
    running.end().await;
}

#[tokio::test]
async fn a_slow_handler_keeps_its_lease() {
    let setup = Setup::new();
    setup.accept(1, 1).await;
    let (clock, other) = (Arc::clone(&setup.clock), Arc::clone(&setup.clock));
    let one = setup.start(move |_| {
        let clock = Arc::clone(&clock);
        async move {
            clock.sleep(200 * SECOND).await;
            Ok(())
        }
    });
    let two = setup.start(move |_| {
        let clock = Arc::clone(&other);
        async move {
            clock.sleep(200 * SECOND).await;
            Ok(())
        }
    });
    setup.until("it is done", async || setup.states().await == [EventState::Done]).await;
    assert_eq!(setup.seen(), [(1, 1)]);
    one.end().await;
    two.end().await;
}

#[tokio::test]
async fn what_is_due_is_handled_and_what_failed_is_left_for_the_next_time() {
    let setup = Setup::new();
    for number in 1..=9 {
        setup.accept(number, i64::try_from(number % 3).unwrap()).await;
    }
    let seen = Arc::clone(&setup.seen);
    let worker = Worker::builder(setup.queue.clone()).clock(Arc::clone(&setup.clock)).concurrency(2).build(
        move |received: ReceivedEvent| {
            seen.lock().unwrap().push((number(&received), received.attempt));
            let outcome = if number(&received) == 2 { Err("not now") } else { Ok(()) };
            async move {
                yield_now().await;
                outcome
            }
        },
    );
    worker.run_until_idle(pending()).await.unwrap();
    let mut first = setup.seen();
    first.sort_unstable();
    // the others of the booking of the second wait for it
    assert_eq!(first, [(1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (7, 1), (9, 1)]);
    setup.clock.advance(5 * SECOND);
    let is_taken = async || {
        while setup.seen().len() == 7 {
            yield_now().await
        }
    };
    worker.run_until_idle(is_taken()).await.unwrap();
    assert_eq!(setup.seen()[7..], [(2, 2)], "what was taken when it is to end is handled");
    assert_eq!(setup.queue.stats().await.unwrap().open, 3);
}

#[tokio::test]
async fn what_is_no_event_and_what_is_unknown_is_contained() {
    let setup = Setup::new();
    let mut broken = NewEvent::from_event(&Event::from_json(json(1, 1).as_bytes()).unwrap(), Origin::Delivered);
    broken.body = b"{".to_vec();
    setup.queue.accept(&broken).await.unwrap();
    // an event of another API of the portal, and one of 1 MiB
    let id = Uuid::from_u128(2);
    let sister = format!(r#"{{"event_id":"{id}","event_type":"training_event.moved","data":{{"id":1}}}}"#);
    let sister = NewEvent::from_event(&Event::from_json(sister.as_bytes()).unwrap(), Origin::Delivered);
    assert_eq!((sister.booking_id, sister.event_type.as_str()), (None, "training_event.moved"));
    setup.queue.accept(&sister).await.unwrap();
    let id = Uuid::from_u128(3);
    let large = "x".repeat(1 << 20);
    let large = format!(r#"{{"event_id":"{id}","event_type":"booking.no_show","data":{{"id":1,"x":"{large}"}}}}"#);
    let large = NewEvent::from_event(&Event::from_json(large.as_bytes()).unwrap(), Origin::Delivered);
    assert_eq!(large.booking_id, Some(BookingId::new(1)), "an unknown event of a booking is handled in order");
    setup.queue.accept(&large).await.unwrap();
    let running = setup.start(|_| async { Ok(()) });
    let ended = [EventState::Dead, EventState::Done, EventState::Done];
    setup.until("all have ended", async || setup.states().await == ended).await;
    assert_eq!(setup.seen(), [(2, 1), (3, 1)]);
    assert_eq!(setup.why().await, "its body is not an event");
    running.end().await;
}

#[test]
fn the_booking_of_an_event_is_found() {
    let event = hb_bls::testing::event(WebhookEventType::BookingRescheduled);
    assert_eq!(NewEvent::from_event(&event, Origin::Delivered).booking_id, event.data.booking().map(|it| it.id));
    let test = hb_bls::testing::event(WebhookEventType::WebhookTest);
    assert_eq!(NewEvent::from_event(&test, Origin::Delivered).booking_id, None);
}

#[cfg(feature = "metrics")]
#[test]
fn how_much_there_is_to_do_is_measured() {
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    let recorder = DebuggingRecorder::new();
    let gauges = || {
        let all = recorder.snapshotter().snapshot().into_vec().into_iter();
        let of = |value| if let DebugValue::Gauge(value) = value { value.into_inner() } else { f64::NAN };
        all.map(|(key, _, _, value)| (key.key().name().to_owned(), of(value))).collect::<BTreeMap<_, _>>()
    };
    let expected = |open, oldest, dead| {
        let names = ["hb_bls_events_open", "hb_bls_events_oldest_open_seconds", "hb_bls_events_dead"];
        BTreeMap::from_iter(names.map(str::to_owned).into_iter().zip([open, oldest, dead]))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let setup = Setup::new();
            for number in 0..3 {
                setup.accept(number, i64::try_from(number).unwrap()).await;
            }
            // one fails until it is dead, and one is not handled until it is told to
            let running = setup.start(|number| async move {
                match number {
                    0 => Err("no".to_owned()),
                    1 => pending().await,
                    _ => Ok(()),
                }
            });
            setup.pass(1).await;
            assert_eq!(gauges(), expected(3.0, 1.0, 0.0));
            setup.pass(121).await;
            assert_eq!(gauges(), expected(1.0, 121.0, 1.0));
            running.task.abort();
        });
    });
}
