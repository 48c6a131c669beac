//! Ten thousand concurrent tasks, over one HTTP/2 connection.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::future::join_all;
use hb_bls::{Client, Credentials};
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::watch;

use crate::clock::TestClock;

const TASKS: usize = 10_000;

/// A portal that counts its requests.
struct Portal {
    created: AtomicUsize,
    refreshed: AtomicUsize,
    /// All tokens up to this one are refused.
    refused: AtomicUsize,
    asked: AtomicUsize,
    /// Nobody gets a response before this many requests have arrived.
    wait_for: AtomicUsize,
    complete: watch::Sender<bool>,
}

impl Portal {
    async fn start() -> (Arc<Self>, String) {
        let portal = Arc::new(Self {
            created: AtomicUsize::new(0),
            refreshed: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            wait_for: AtomicUsize::new(0),
            complete: watch::Sender::new(true),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
        let served = Arc::clone(&portal);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let portal = Arc::clone(&served);
                let service = service_fn(move |request| Arc::clone(&portal).answer(request));
                let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                server.max_concurrent_streams(20_000);
                tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
            }
        });
        (portal, url)
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let token = |number| {
            let body = format!(r#"{{"access_token":"tok_{number}","refresh_token":"ref_{number}","expires_in":3600}}"#);
            Response::new(Full::from(body))
        };
        let number = || self.created.load(Ordering::SeqCst) + self.refreshed.load(Ordering::SeqCst);
        if request.uri().path().ends_with("/auth/token") {
            self.created.fetch_add(1, Ordering::SeqCst);
            return Ok(token(number()));
        }
        if request.uri().path().ends_with("/auth/refresh") {
            self.refreshed.fetch_add(1, Ordering::SeqCst);
            return Ok(token(number()));
        }
        if self.asked.fetch_add(1, Ordering::SeqCst) + 1 == self.wait_for.load(Ordering::SeqCst) {
            self.complete.send_replace(true);
        }
        self.complete.subscribe().wait_for(|complete| *complete).await.unwrap();
        let bearer = request.headers()["authorization"].to_str().unwrap();
        let number: usize = bearer.strip_prefix("Bearer tok_").unwrap().parse().unwrap();
        let mut response = Response::new(Full::from("[]"));
        if number <= self.refused.load(Ordering::SeqCst) {
            *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        }
        Ok(response)
    }

    fn tokens(&self) -> (usize, usize) {
        (self.created.load(Ordering::SeqCst), self.refreshed.load(Ordering::SeqCst))
    }
}

async fn crowd(client: &Client) {
    let calls = (0..TASKS).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.courses().list().await.map(drop) })
    });
    for outcome in join_all(calls).await {
        outcome.unwrap().unwrap();
    }
}

#[tokio::test]
async fn ten_thousand_tasks_fetch_one_token_each_time() {
    one_token_each_time().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_tasks_on_several_threads_fetch_one_token_each_time() {
    one_token_each_time().await;
}

async fn one_token_each_time() {
    let (portal, url) = Portal::start().await;
    let clock = TestClock::at("2026-06-05T10:00:00Z".parse().unwrap());
    let client = Client::builder()
        .credentials(Credentials::new("client", "key"))
        .base_url(url)
        .without_rate_limit()
        .clock(clock.clone())
        .configure_http(reqwest::ClientBuilder::http2_prior_knowledge)
        .build()
        .unwrap();
    crowd(&client).await;
    assert_eq!(portal.tokens(), (1, 0), "with no token");
    clock.advance(Duration::from_secs(2 * 60 * 60));
    crowd(&client).await;
    assert_eq!(portal.tokens(), (1, 1), "with an expired one");
    // all requests with the token are in flight before the first is refused
    portal.refused.store(2, Ordering::SeqCst);
    portal.wait_for.store(3 * TASKS, Ordering::SeqCst);
    portal.complete.send_replace(false);
    crowd(&client).await;
    assert_eq!(portal.tokens(), (1, 2), "all refused at once");
    assert_eq!(portal.asked.load(Ordering::SeqCst), 4 * TASKS);
}
