//! Workers contain what handlers do, and lose nothing.

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
    sync::{Notify, oneshot},
    task::{JoinHandle, yield_now},
};
use uuid::Uuid;

use crate::{
    clock::TestClock,
    hung::{Call, Hung},
    vector::TIME,
};

const SECOND: Duration = Duration::from_secs(1);
const TURNS: usize = 200;

struct Setting {
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

impl Setting {
    fn new() -> Self {
        let clock = TestClock::at_second(TIME);
        Self { queue: MemoryEventQueue::new().clock(Arc::clone(&clock)), clock, seen: Arc::default() }
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
            .attempts(4)
            .pauses(10 * SECOND, 40 * SECOND)
            .handler(move |received: ReceivedEvent| {
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
        self.queue.list(EventFilter::default()).await.unwrap()[0].why.clone().unwrap_or_default()
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
    let setting = Setting::new();
    for number in 0..20 {
        setting.accept(number, i64::try_from(number % 4).unwrap()).await;
    }
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, highest) = (Arc::clone(&now), Arc::clone(&most));
    let running = setting.start(move |_| {
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
    setting.until("all are done", async || setting.states().await.iter().all(|it| *it == EventState::Done)).await;
    running.end().await;
    let seen = setting.seen();
    assert_eq!(seen.len(), 20, "{seen:?}");
    for booking in 0..4 {
        assert!(seen.iter().map(|(number, _)| number).filter(|it| *it % 4 == booking).is_sorted(), "{seen:?}");
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_event_that_arrives_is_handled_at_once() {
    let setting = Setting::new();
    let running = setting.start(|_| async { Ok(()) });
    for _ in 0..TURNS {
        yield_now().await;
    }
    setting.accept(1, 1).await;
    let passed = setting.until("it is handled", async || !setting.seen().is_empty()).await;
    assert_eq!(passed, Duration::ZERO);
    running.end().await;
}

#[tokio::test]
async fn an_event_that_fails_is_tried_again_and_then_dead_and_others_pass() {
    let setting = Setting::new();
    setting.accept(1, 1).await;
    setting.accept(2, 1).await;
    setting.accept(3, 3).await;
    let running =
        setting.start(|number| async move { if number == 1 { Err("no such candidate".into()) } else { Ok(()) } });
    let passed = setting.until("the second is handled", async || setting.seen().iter().any(|seen| seen.0 == 2)).await;
    // between two thirds of 10 + 20 + 40 seconds and all of them, and up to a second to look after each
    assert!(passed >= 46 * SECOND && passed <= 74 * SECOND, "{passed:?}");
    assert_eq!(setting.seen().iter().filter(|seen| seen.0 == 1).count(), 4);
    assert_eq!(setting.seen()[1], (3, 1), "another booking does not wait");
    assert_eq!(setting.states().await[0], EventState::Dead);
    assert_eq!(setting.why().await, "no such candidate");

    assert!(setting.queue.retry(Uuid::from_u128(1)).await.unwrap());
    setting.until("it is tried again", async || setting.seen().last() == Some(&(1, 1))).await;
    running.end().await;
}

#[tokio::test]
async fn a_panic_is_a_failure_whose_text_is_not_kept() {
    let setting = Setting::new();
    setting.accept(1, 1).await;
    setting.accept(2, 2).await;
    let running = setting.start(|number| async move {
        assert!(number != 1, "Amara Okafor");
        Ok(())
    });
    setting.until("it is dead", async || setting.states().await == [EventState::Dead, EventState::Done]).await;
    assert_eq!(setting.why().await, "its handler panicked");
    running.end().await;
}

#[tokio::test]
async fn a_handler_that_never_returns_is_cancelled_and_blocks_no_other() {
    let setting = Setting::new();
    for number in 1..=4 {
        setting.accept(number, 0).await;
        setting.accept(number + 10, i64::try_from(number).unwrap()).await;
    }
    let running = setting.start(|number| async move { if number == 1 { pending().await } else { Ok(()) } });
    let others = async || setting.seen().iter().filter(|seen| seen.0 > 10).count() == 4;
    assert_eq!(setting.until("the others are handled", others).await, Duration::ZERO);
    let passed = setting.until("it is dead", async || setting.states().await[0] == EventState::Dead).await;
    // four times five minutes, and the pauses
    assert!(passed >= 1_200 * SECOND, "{passed:?}");
    assert_eq!(setting.why().await, "its handler did not return within 300s");
    assert_eq!(setting.seen().iter().filter(|seen| seen.0 == 1).count(), 4, "its lease was renewed");
    running.end().await;
}

#[tokio::test]
async fn a_slow_handler_keeps_its_lease() {
    let setting = Setting::new();
    setting.accept(1, 1).await;
    let (clock, other) = (Arc::clone(&setting.clock), Arc::clone(&setting.clock));
    let one = setting.start(move |_| {
        let clock = Arc::clone(&clock);
        async move {
            clock.sleep(200 * SECOND).await;
            Ok(())
        }
    });
    let two = setting.start(move |_| {
        let clock = Arc::clone(&other);
        async move {
            clock.sleep(200 * SECOND).await;
            Ok(())
        }
    });
    setting.until("it is done", async || setting.states().await == [EventState::Done]).await;
    assert_eq!(setting.seen(), [(1, 1)]);
    one.end().await;
    two.end().await;
}

#[tokio::test]
async fn what_a_killed_worker_was_handling_is_taken_over() {
    let setting = Setting::new();
    setting.accept(1, 1).await;
    let killed = setting.start(|_| pending());
    setting.until("it is being handled", async || !setting.seen().is_empty()).await;
    killed.task.abort();
    let running = setting.start(|_| async { Ok(()) });
    let passed = setting.until("it is done", async || setting.states().await == [EventState::Done]).await;
    assert!(passed >= 59 * SECOND && passed <= 62 * SECOND, "{passed:?}");
    assert_eq!(setting.seen(), [(1, 1), (1, 2)]);
    running.end().await;
}

#[tokio::test]
async fn an_event_that_always_ends_its_process_is_dead_in_the_end() {
    let setting = Setting::new();
    setting.accept(1, 1).await;
    for attempt in 1..=4 {
        let killed = setting.start(|_| pending());
        setting.until("it is being handled", async || setting.seen().len() == attempt).await;
        killed.task.abort();
        setting.pass(61).await;
    }
    let running = setting.start(|_| pending());
    setting.until("it is dead", async || setting.states().await == [EventState::Dead]).await;
    assert_eq!(setting.seen().len(), 4);
    assert_eq!(setting.why().await, "none of 4 attempts came to an end");
    running.end().await;
}

#[tokio::test]
async fn a_worker_that_ends_waits_for_its_handlers_and_then_gives_events_back() {
    let setting = Setting::new();
    setting.accept(1, 1).await;
    setting.accept(2, 2).await;
    let go = Arc::new(Notify::new());
    let waits = Arc::clone(&go);
    let running = setting.start(move |number| {
        let go = Arc::clone(&waits);
        async move {
            if number == 2 {
                pending::<()>().await;
            }
            go.notified().await;
            Ok(())
        }
    });
    setting.until("both are being handled", async || setting.seen().len() == 2).await;
    drop(running.end);
    setting.accept(3, 3).await;
    go.notify_one();
    let passed = setting.until("it ends", async || running.task.is_finished()).await;
    assert!(passed >= 29 * SECOND && passed <= 31 * SECOND, "{passed:?}");
    assert_eq!(setting.states().await, [EventState::Done, EventState::Open, EventState::Open]);
    let next = setting.queue.take(10, SECOND).await.unwrap();
    assert_eq!(next.len(), 2, "one was given back, and one was not taken: {next:?}");
    assert!(next.iter().all(|event| event.attempt == 1), "what was given back was not attempted: {next:?}");
}

#[tokio::test]
async fn a_queue_that_does_not_respond_keeps_no_worker_from_ending() {
    for (call, expected) in
        [(Call::Take, 0), (Call::Clean, 0), (Call::Stats, 0), (Call::Done, 40), (Call::GiveBack, 40)]
    {
        for only_what_is_due in [false, true] {
            let setting = Setting::new();
            setting.accept(1, 1).await;
            let worker = Worker::builder(Hung(setting.queue.clone(), call)).clock(Arc::clone(&setting.clock)).handler(
                move |_| async move { if call == Call::GiveBack { pending().await } else { Ok::<_, String>(()) } },
            );
            let (end, ended) = oneshot::channel::<()>();
            let task = tokio::spawn(async move {
                let ended = async { drop(ended.await) };
                if only_what_is_due {
                    worker.run_due_until(ended).await.unwrap()
                } else {
                    worker.run_until(ended).await
                }
            });
            setting.pass(3).await;
            assert!(!task.is_finished(), "{call:?}: it is not to end");
            drop(end);
            let passed = setting.until("it ends", async || task.is_finished()).await;
            // for its handlers, the grace of 30 seconds and then ten
            assert_eq!(passed, expected * SECOND, "{call:?}");
            task.await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_is_due_is_handled_and_what_failed_is_left_for_the_next_time() {
    let setting = Setting::new();
    for number in 1..=9 {
        setting.accept(number, i64::try_from(number % 3).unwrap()).await;
    }
    let seen = Arc::clone(&setting.seen);
    let worker = Worker::builder(setting.queue.clone()).clock(Arc::clone(&setting.clock)).concurrency(2).handler(
        move |received: ReceivedEvent| {
            seen.lock().unwrap().push((number(&received), received.attempt));
            let outcome = if number(&received) == 2 { Err("not now") } else { Ok(()) };
            async move {
                yield_now().await;
                outcome
            }
        },
    );
    worker.run_due_until(pending()).await.unwrap();
    let mut first = setting.seen();
    first.sort_unstable();
    // the others of the booking of the second wait for it
    assert_eq!(first, [(1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (7, 1), (9, 1)]);
    setting.clock.advance(5 * SECOND);
    let is_taken = async || {
        while setting.seen().len() == 7 {
            yield_now().await
        }
    };
    worker.run_due_until(is_taken()).await.unwrap();
    assert_eq!(setting.seen()[7..], [(2, 2)], "what was taken when it is to end is handled");
    assert_eq!(setting.queue.stats().await.unwrap().open, 3);
}

#[tokio::test]
async fn what_is_no_event_and_what_is_unknown_is_contained() {
    let setting = Setting::new();
    let mut broken = NewEvent::from_event(&Event::from_json(json(1, 1).as_bytes()).unwrap(), Origin::Delivered);
    broken.body = b"{".to_vec();
    setting.queue.accept(&broken).await.unwrap();
    // an event of another API of the portal, and one of 1 MiB
    let id = Uuid::from_u128(2);
    let sister = format!(r#"{{"event_id":"{id}","event_type":"training_event.moved","data":{{"id":1}}}}"#);
    let sister = NewEvent::from_event(&Event::from_json(sister.as_bytes()).unwrap(), Origin::Delivered);
    assert_eq!((sister.booking, sister.event_type.as_str()), (None, "training_event.moved"));
    setting.queue.accept(&sister).await.unwrap();
    let id = Uuid::from_u128(3);
    let large = "x".repeat(1 << 20);
    let large = format!(r#"{{"event_id":"{id}","event_type":"booking.no_show","data":{{"id":1,"x":"{large}"}}}}"#);
    let large = NewEvent::from_event(&Event::from_json(large.as_bytes()).unwrap(), Origin::Delivered);
    assert_eq!(large.booking, Some(BookingId::new(1)), "an unknown event of a booking is handled in order");
    setting.queue.accept(&large).await.unwrap();
    let running = setting.start(|_| async { Ok(()) });
    let ended = [EventState::Dead, EventState::Done, EventState::Done];
    setting.until("all have ended", async || setting.states().await == ended).await;
    assert_eq!(setting.seen(), [(2, 1), (3, 1)]);
    assert_eq!(setting.why().await, "its body is not an event");
    running.end().await;
}

#[test]
fn the_booking_of_an_event_is_found() {
    let event = hb_bls::testing::event(WebhookEventType::BookingRescheduled);
    assert_eq!(NewEvent::from_event(&event, Origin::Delivered).booking, event.data.booking().map(|it| it.id));
    let test = hb_bls::testing::event(WebhookEventType::WebhookTest);
    assert_eq!(NewEvent::from_event(&test, Origin::Delivered).booking, None);
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
            let setting = Setting::new();
            for number in 0..3 {
                setting.accept(number, i64::try_from(number).unwrap()).await;
            }
            // one fails until it is dead, and one is not handled until it is told to
            let running = setting.start(|number| async move {
                match number {
                    0 => Err("no".to_owned()),
                    1 => pending().await,
                    _ => Ok(()),
                }
            });
            setting.pass(1).await;
            assert_eq!(gauges(), expected(3.0, 1.0, 0.0));
            setting.pass(121).await;
            assert_eq!(gauges(), expected(1.0, 121.0, 1.0));
            running.task.abort();
        });
    });
}
