//! Reconciling a hundred thousand bookings takes as much memory as reconciling ten thousand. This test is its own program,
//! since it counts all allocations of the process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fmt::Write as _, pin::Pin, time::Duration};

use axum::{Router, extract::RawQuery, http::header::CONTENT_TYPE, response::IntoResponse, routing};
use hb_bls::{
    Client, Clock, Credentials,
    webhook::{EventQueue as _, ReconcileProgress, Reconciler},
};
use hb_bls_sqlite::SqliteEventQueue;
use jiff::Timestamp;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const BOOKINGS: u64 = 100_000;
const PER_PAGE: u64 = 100;
/// How much the memory may grow over the last 900 pages: a tenth of what the ids of all bookings would take.
const GROWTH: usize = 80_000;

/// A clock that stands still, whose pauses are over at once.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn sleep(&self, by: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // time limits are never reached
        if by < Duration::from_secs(1) { Box::pin(std::future::ready(())) } else { Box::pin(std::future::pending()) }
    }
}

/// A page, which is generated when it is requested.
async fn page(RawQuery(query): RawQuery) -> impl IntoResponse {
    let query = query.unwrap();
    let page: u64 = query.split('&').find_map(|pair| pair.strip_prefix("page=")).unwrap().parse().unwrap();
    let mut body = String::from(r#"{"data":["#);
    for id in (page - 1) * PER_PAGE..BOOKINGS.min(page * PER_PAGE) {
        let comma = if id % PER_PAGE == 0 { "" } else { "," };
        let candidate = format!(r#"{{"name":"Ada {id}","email":"ada{id}@example.com","phone":"+447700900123"}}"#);
        write!(body, r#"{comma}{{"id":{id},"candidate":{candidate},"booking_status":"booked"}}"#).unwrap();
    }
    write!(body, r#"],"meta":{{"current_page":{page},"last_page":{}}}}}"#, BOOKINGS / PER_PAGE).unwrap();
    ([(CONTENT_TYPE, "application/json")], body)
}

async fn serve() -> String {
    let token = ([(CONTENT_TYPE, "application/json")], r#"{"access_token":"tok"}"#);
    let router = Router::new().route("/auth/token", routing::post(token)).route("/bookings", routing::get(page));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn a_hundred_thousand_bookings_are_reconciled_in_constant_memory() {
    let folder = tempfile::tempdir().unwrap();
    let queue = SqliteEventQueue::open(folder.path().join("events.db")).unwrap();
    let builder = Client::builder().credentials(Credentials::new("client", "key")).base_url(serve().await);
    let client = builder.without_rate_limit().clock(Still).build().unwrap();
    let reconciler = Reconciler::builder(client, queue.clone()).requests_per_minute(u32::MAX).clock(Still).build();
    let (mut progress, mut early) = (ReconcileProgress::default(), 0);
    for page in 1..=BOOKINGS / PER_PAGE {
        assert!(!reconciler.step(&mut progress).await.unwrap());
        assert_eq!(progress.found(), page * PER_PAGE);
        // everything with a fixed size has been filled by then
        if page == BOOKINGS / PER_PAGE / 10 {
            early = ALLOCATOR.peak_usage();
            ALLOCATOR.reset_peak_usage();
        }
    }
    let late = ALLOCATOR.peak_usage();
    println!("{early} bytes at most for the first tenth, {late} for the rest");
    assert_eq!(queue.stats().await.unwrap().open, BOOKINGS);
    assert!(late <= early + GROWTH, "from {early} to {late} bytes");
    assert!(late < 4 * 1024 * 1024, "{late} bytes");
}
