//! How the router responds, and how often the handler runs.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::pending,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, http::Request};
use bytes::Bytes;
use futures::FutureExt as _;
use hb_bls::{
    WebhookEventType,
    state::{StateError, StateFuture},
    testing,
    webhook::{self, ClaimOutcome, Delivery, EventLease, Inbox, MemoryInbox, Signer, Verifier},
};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, yield_now},
};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{
    clock::TestClock,
    vector::{BODY, SECRET, TIME, builder, pairs, verifier},
};

const MINUTE: Duration = Duration::from_secs(60);

fn inbox() -> MemoryInbox {
    MemoryInbox::new().with_clock(TestClock::at_second(TIME))
}

fn request(headers: impl IntoIterator<Item = (&'static str, impl AsRef<str>)>, body: impl Into<Body>) -> Request<Body> {
    let request =
        headers.into_iter().fold(Request::post("/"), |request, (name, value)| request.header(name, value.as_ref()));
    request.body(body.into()).unwrap()
}

async fn status(router: &Router, request: Request<Body>) -> u16 {
    at_once(router.clone().oneshot(request)).await.unwrap().status().as_u16()
}

async fn deliver(router: &Router) -> u16 {
    status(router, request(pairs(), BODY)).await
}

/// Starts a delivery.
fn start(router: &Router, body: Body) -> JoinHandle<u16> {
    let answer = router.clone().oneshot(request(pairs(), body));
    tokio::spawn(async move { answer.await.unwrap().status().as_u16() })
}

/// More task switches than any of these tests needs.
const TURNS: usize = 1000;

/// The outcome of work for which no time passes. Work that would wait for ever fails.
async fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    for _ in 0..TURNS {
        if let Some(outcome) = work.as_mut().now_or_never() {
            return outcome;
        }
        yield_now().await;
    }
    panic!("it does not end by itself");
}

/// Lets other tasks run until the condition holds.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..TURNS {
        if is_so() {
            return;
        }
        yield_now().await;
    }
    panic!("never: {what}");
}

/// A handler that counts its runs.
fn counting()
-> (Arc<AtomicUsize>, impl Fn(Delivery) -> std::future::Ready<Result<(), Infallible>> + Clone + Send + Sync) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let handler = move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok(()))
    };
    (runs, handler)
}

#[tokio::test]
async fn an_event_is_handled_once_and_a_duplicate_acknowledged() {
    let (runs, handler) = counting();
    let router = webhook::axum::router(verifier(), inbox(), handler);
    assert_eq!((deliver(&router).await, deliver(&router).await), (200, 200));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_is_not_believed_is_refused_with_its_own_status() {
    let (runs, handler) = counting();
    let router = webhook::axum::router(builder().body_limit(4096).build().unwrap(), inbox(), handler);
    assert_eq!(status(&router, request(pairs(), BODY.replace("05T10", "05T11"))).await, 401);
    assert_eq!(status(&router, request(pairs().into_iter().skip(1), BODY)).await, 400);
    let old = Signer::new(SECRET).unwrap();
    let old = old.headers(BODY.as_bytes(), 1, jiff::Timestamp::from_second(TIME - 301).unwrap()).unwrap();
    assert_eq!(status(&router, request(old, BODY)).await, 401);
    assert_eq!(status(&router, Request::get("/").body(Body::empty()).unwrap()).await, 405);
    assert_eq!(status(&router, request(pairs(), " ".repeat(4097))).await, 413);
    let broken = futures::stream::iter([Ok(Bytes::from(&BODY[..9])), Err(std::io::Error::other("reset"))]);
    assert_eq!(status(&router, request(pairs(), Body::from_stream(broken))).await, 400);
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_limit_holds_while_reading_whatever_is_announced() {
    let (_, handler) = counting();
    let router = webhook::axum::router(builder().body_limit(1000).build().unwrap(), inbox(), handler);
    let read = Arc::new(AtomicUsize::new(0));
    let counted = read.clone();
    let long = futures::stream::repeat_with(move || {
        counted.fetch_add(100, Ordering::Relaxed);
        Ok::<_, Infallible>(Bytes::from_static(&[b' '; 100]))
    });
    // the body ends, so that a missing limit shows at once
    let long = futures::StreamExt::take(long, 100);
    assert_eq!(status(&router, request(pairs(), Body::from_stream(long))).await, 413);
    assert_eq!(read.load(Ordering::Relaxed), 1100, "no more than it takes to see");
    let announced = pairs().into_iter().chain([("content-length", "1001")]);
    let never = Body::from_stream(futures::stream::pending::<Result<Bytes, Infallible>>());
    assert_eq!(status(&router, request(announced, never)).await, 413, "not read at all");
}

#[tokio::test]
async fn after_a_failure_or_panic_the_retry_is_let_in() {
    let outcomes = Arc::new(Mutex::new(VecDeque::from([Some(false), None, Some(true)])));
    let handler = move |_| {
        let outcome = outcomes.lock().unwrap().pop_front().unwrap();
        async move { if outcome.expect("a handler that panics") { Ok(()) } else { Err("database away") } }
    };
    let router = webhook::axum::router(verifier(), inbox(), handler);
    let answers = [deliver(&router).await, deliver(&router).await, deliver(&router).await, deliver(&router).await];
    assert_eq!(answers, [500, 500, 200, 200]);
}

/// The channels that end each run of the handler.
type Running = Arc<Mutex<Vec<oneshot::Sender<bool>>>>;

/// A handler that runs until the test ends it.
fn held() -> (Running, impl Fn(Delivery) -> futures::future::BoxFuture<'static, Result<(), ()>> + Clone + Send + Sync) {
    let running = Running::default();
    let started = running.clone();
    let handler = move |_| -> futures::future::BoxFuture<'static, Result<(), ()>> {
        let (end, ended) = oneshot::channel();
        started.lock().unwrap().push(end);
        Box::pin(async move { if ended.await == Ok(true) { Ok(()) } else { Err(()) } })
    };
    (running, handler)
}

/// Delivers until the event is done, and checks that this takes no second run.
async fn settled(router: &Router, running: &Running) {
    for _ in 0..TURNS {
        let answer = deliver(router).await;
        assert!(running.lock().unwrap().is_empty(), "it ran once");
        if answer == 200 {
            return;
        }
        yield_now().await;
    }
    panic!("the event is never done");
}

async fn started(running: &Running) {
    until("the handler runs", || !running.lock().unwrap().is_empty()).await;
}

#[tokio::test]
async fn of_two_deliveries_racing_one_is_handled() {
    let (running, handler) = held();
    let router = webhook::axum::router(verifier(), inbox(), handler);
    let first = start(&router, BODY.into());
    started(&running).await;
    // the handler may still fail, so this must not be an acknowledgement
    assert_eq!(deliver(&router).await, 503);
    running.lock().unwrap().pop().unwrap().send(true).unwrap();
    assert_eq!((at_once(first).await.unwrap(), deliver(&router).await), (200, 200));
    assert!(running.lock().unwrap().is_empty());
}

/// The response, which must come after this time and not earlier.
async fn answered_after(limit: Duration, clock: &TestClock, mut answer: JoinHandle<u16>) -> u16 {
    const INSTANT: Duration = Duration::from_millis(1);
    until("the clock is waited for", || clock.is_waited_for()).await;
    clock.advance(limit - INSTANT);
    for _ in 0..TURNS {
        yield_now().await;
    }
    assert!(!answer.is_finished(), "too soon");
    clock.advance(INSTANT);
    at_once(&mut answer).await.unwrap()
}

#[tokio::test]
async fn the_answer_comes_in_time_by_the_verifier_s_clock_and_a_slow_handler_goes_on() {
    let clock = TestClock::at_second(TIME);
    let verifier = builder().clock(clock.clone()).build().unwrap();
    let (running, handler) = held();
    let router = webhook::axum::router(verifier.clone(), inbox(), handler);
    let answer = start(&router, BODY.into());
    started(&running).await;
    assert_eq!(answered_after(Duration::from_secs(8), &clock, answer).await, 503);
    running.lock().unwrap().pop().unwrap().send(true).unwrap();
    settled(&router, &running).await;

    // a body that never ends
    let (_, handler) = counting();
    let router = webhook::axum::router_with_timeout(MINUTE, verifier, inbox(), handler);
    let never = Body::from_stream(futures::stream::pending::<Result<Bytes, Infallible>>());
    assert_eq!(answered_after(MINUTE, &clock, start(&router, never)).await, 503);
}

#[tokio::test]
async fn a_lost_connection_does_not_end_the_handler() {
    let (running, handler) = held();
    let router = webhook::axum::router(verifier(), inbox(), handler);
    let first = start(&router, BODY.into());
    started(&running).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    running.lock().unwrap().pop().unwrap().send(true).unwrap();
    settled(&router, &running).await;
}

/// A store that cannot be reached.
#[derive(Debug)]
struct Away;

impl Inbox for Away {
    fn claim(&self, _: Uuid) -> StateFuture<'_, ClaimOutcome> {
        Box::pin(async { Err(StateError::new("redis://user:hunter2@10.0.0.1 is away")) })
    }

    fn done(&self, _: EventLease) -> StateFuture<'_, ()> {
        Box::pin(pending())
    }

    fn failed(&self, _: EventLease) -> StateFuture<'_, ()> {
        Box::pin(pending())
    }
}

#[tokio::test]
async fn without_the_inbox_nothing_is_handled_and_the_portal_tries_again() {
    let (runs, handler) = counting();
    let router = webhook::axum::router(verifier(), Away, handler);
    let answer = router.oneshot(request(pairs(), BODY)).await.unwrap();
    assert_eq!((answer.status().as_u16(), runs.load(Ordering::Relaxed)), (503, 0));
    let text = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
    assert_eq!(&text[..], b"the store failed");
}

#[tokio::test]
async fn the_extractor_does_all_but_the_end() {
    use axum::{extract::FromRef, routing::post};
    use webhook::axum::{InboxDelivery, Refused};

    #[derive(Clone)]
    struct App(Verifier, Arc<dyn Inbox>);
    impl FromRef<App> for Verifier {
        fn from_ref(app: &App) -> Self {
            app.0.clone()
        }
    }
    impl FromRef<App> for Arc<dyn Inbox> {
        fn from_ref(app: &App) -> Self {
            Arc::clone(&app.1)
        }
    }
    async fn fails(received: InboxDelivery<Arc<dyn Inbox>>) -> Result<&'static str, Refused> {
        received.failed().await?;
        Ok("failed")
    }
    async fn succeeds(received: InboxDelivery<Arc<dyn Inbox>>) -> Result<&'static str, Refused> {
        assert_eq!(received.delivery.verified.delivery_id, 58231);
        received.done().await?;
        Ok("done")
    }
    let inbox: Arc<dyn Inbox> = Arc::new(inbox());
    let app = App(verifier(), Arc::clone(&inbox));
    let router = Router::new().route("/fails", post(fails)).route("/", post(succeeds)).with_state(app);
    let mut texts = Vec::new();
    for uri in ["/fails", "/", "/", "/fails"] {
        let mut request = request(pairs(), BODY);
        *request.uri_mut() = uri.parse().unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        texts.push(axum::body::to_bytes(answer.into_body(), 1000).await.unwrap());
    }
    assert_eq!(texts, ["failed", "done", "handled before", "handled before"]);
    // another router may share the inbox
    let (runs, handler) = counting();
    assert_eq!(deliver(&webhook::axum::router(verifier(), inbox, handler)).await, 200);
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_signed_request_of_the_fixtures_is_handled_like_the_portals() {
    let handled: Arc<Mutex<Vec<WebhookEventType>>> = Arc::default();
    let seen = Arc::clone(&handled);
    let handler = move |delivery: Delivery| {
        seen.lock().unwrap().push(delivery.event.event_type);
        std::future::ready(Ok::<(), ()>(()))
    };
    let router = webhook::axum::router(verifier(), inbox(), handler.clone());
    let sent_at = jiff::Timestamp::from_second(TIME).unwrap();
    for event_type in WebhookEventType::KNOWN {
        let event = testing::event(event_type.clone());
        for (secret, expected) in [("another-secret", 401), (SECRET, 200)] {
            let request = testing::signed_request(&event, secret, sent_at).unwrap();
            assert_eq!(status(&router, request.map(Body::from)).await, expected, "{event_type}");
        }
    }
    assert_eq!(*handled.lock().unwrap(), WebhookEventType::KNOWN);
    // a handler can be called without a router
    let delivery = testing::delivery(testing::event(WebhookEventType::WebhookTest));
    assert_eq!(delivery.verified.secret_prefix(), None);
    handler(delivery).await.unwrap();
    assert_eq!(handled.lock().unwrap().len(), WebhookEventType::KNOWN.len() + 1);
}
