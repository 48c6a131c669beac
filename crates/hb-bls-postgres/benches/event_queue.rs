//! How fast events are accepted and handled in PostgreSQL, on loopback: `cargo bench -p hb-bls-postgres --bench event_queue`.
//!
//! A delivery is promised to be accepted within 20 ms in 99 of 100 cases, at 200 deliveries a second, while workers handle
//! what was accepted. Each is verified and stored as a request of the axum router, without HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::disallowed_methods)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use deadpool_postgres::{Manager, Pool};
use hb_bls::{
    Secret,
    webhook::{EncryptedQueue, ReceivedEvent, Signer, Verifier, Worker, axum::queue_router},
};
use hb_bls_postgres::PostgresState;
use test_servers::Server;
use tower::ServiceExt as _;
use uuid::Uuid;

const PROMISED: Duration = Duration::from_millis(20);
const SECRET: &str = "whsec_test_0123456789";

fn body(number: usize) -> String {
    let id = Uuid::from_u128(fastrand::u128(..));
    let filler = "x".repeat(700);
    let booking = number % 4_000;
    format!(r#"{{"event_id":"{id}","event_type":"booking.created","data":{{"id":{booking},"filler":"{filler}"}}}}"#)
}

/// One delivery, until it is answered.
async fn accept(router: &Router, signer: &Signer, number: usize) {
    let body = body(number);
    let mut request = Request::post("/");
    for (name, value) in signer.headers(body.as_bytes(), 1, jiff::Timestamp::now()).unwrap() {
        request = request.header(name, value);
    }
    let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

#[tokio::main]
async fn main() {
    // one that waits for its disk, as yours does
    let Some(server) = Server::postgres(&["-c", "fsync=on", "-c", "full_page_writes=on"]) else { return };
    let state = PostgresState::connect(server.url()).unwrap();
    state.migrate().await.unwrap();
    let pool = Pool::builder(Manager::new(server.url().parse().unwrap(), tokio_postgres::NoTls)).build().unwrap();
    pool.get().await.unwrap().batch_execute("CREATE TABLE told (event_id text)").await.unwrap();
    let queue = EncryptedQueue::new(state.event_queue(), &Secret::from("a secret of the agency")).unwrap();
    let signer = Signer::new(SECRET).unwrap();
    let router = queue_router(Verifier::new(SECRET).unwrap(), queue.clone());

    let handled = Arc::new(AtomicUsize::new(0));
    let worker = {
        let (pool, queue, handled) = (pool.clone(), queue.clone(), Arc::clone(&handled));
        Worker::builder(queue.clone()).concurrency(16).build(move |received: ReceivedEvent| {
            let (pool, queue, handled) = (pool.clone(), queue.clone(), Arc::clone(&handled));
            async move {
                let mut connection = pool.get().await?;
                let transaction = connection.transaction().await?;
                let id = received.event.event_id.to_string();
                transaction.execute("INSERT INTO told VALUES ($1)", &[&id]).await?;
                queue.inner().done_in(&transaction, &received).await?;
                transaction.commit().await?;
                handled.fetch_add(1, Ordering::Relaxed);
                Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
            }
        })
    };
    let working = tokio::spawn(async move { worker.run_until(std::future::pending()).await });

    // 200 a second for 10 seconds, at their times whatever the others take
    let (begun, mut accepting) = (Instant::now(), Vec::new());
    for number in 0..2_000_u32 {
        let (router, signer) = (router.clone(), signer.clone());
        accepting.push(tokio::spawn(async move {
            let due = begun + Duration::from_millis(5) * number;
            tokio::time::sleep_until(due.into()).await;
            accept(&router, &signer, number as usize).await;
            due.elapsed()
        }));
    }
    let mut times = Vec::new();
    for accepted in accepting {
        times.push(accepted.await.unwrap());
    }
    times.sort_unstable();
    let p99 = percentile(&times, 99);
    println!("200 a second, with workers: accepted in {:?} (99 %: {p99:?})", percentile(&times, 50));
    let begun = Instant::now();
    wait_for(&handled, 2_000).await;
    println!("all 2000 were handled {:?} after the last was accepted", begun.elapsed());
    working.abort();

    // as many as go, without workers, and then what was stored is handled
    let (begun, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let accepting = (0..16).map(|_| {
        let (router, signer, next) = (router.clone(), signer.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= 8_000 {
                    return;
                }
                accept(&router, &signer, number).await;
            }
        })
    });
    for accepting in accepting.collect::<Vec<_>>() {
        accepting.await.unwrap();
    }
    println!("accepted at most {:.0} a second", 8_000.0 / begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let handled = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&handled);
    let worker = Worker::builder(queue).concurrency(32).build(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok::<(), String>(()))
    });
    worker.run_until(wait_for(&handled, 8_000)).await;
    println!("handled {:.0} a second, with two events of each booking", 8_000.0 / begun.elapsed().as_secs_f64());

    assert!(p99 <= PROMISED, "99 % were accepted within {p99:?} instead of {PROMISED:?}");
}

async fn wait_for(handled: &AtomicUsize, count: usize) {
    let begun = Instant::now();
    while handled.load(Ordering::Relaxed) < count {
        assert!(begun.elapsed() < Duration::from_secs(60), "{handled:?} of {count} are handled");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
