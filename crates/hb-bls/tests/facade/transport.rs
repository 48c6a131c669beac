//! Transports of users.

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::TryStreamExt as _;
use hb_bls::{
    Client, Credentials, ErrorKind, RetryPolicy, Transport, TransportError, TransportFuture, WebhookEventType,
    WebhookRequest,
};
use hb_bls_sandbox::Sandbox;
use reqwest::Request;

use crate::{count, credentials};

#[path = "../../examples/transport.rs"]
#[allow(dead_code)]
mod example;

#[tokio::test]
async fn every_request_goes_through_a_stack_of_layers() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut out = Vec::new();
    example::list_courses(&sandbox, &mut out).await.unwrap();
    let out = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 3, "{out}");
    assert!(lines[0].ends_with(" courses"), "{out}");
    assert!(lines[1] == "/api/v1/auth/token: 200 OK", "{out}");
    assert!(lines[2] == "/api/v1/courses: 200 OK", "{out}");
}

#[tokio::test]
async fn an_existing_http_client_is_used() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = reqwest::Client::builder().user_agent("crm/2.1").no_proxy().build().unwrap();
    let client = Client::builder()
        .credentials(credentials(&sandbox))
        .base_url(sandbox.base_url())
        .transport(http)
        .build()
        .unwrap();
    client.courses().list().await.unwrap();
    assert_eq!(count(&sandbox, "listCourses").await, 1);
}

/// Fails with its own error, for as many attempts as there are.
#[derive(Clone)]
struct Failing {
    attempts: Arc<AtomicUsize>,
    /// Whether no connection was made, wrapped as a layer would wrap it.
    refused: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the layer gave up")]
struct Wrapped(#[source] TransportError);

impl Transport for Failing {
    fn send(&self, request: Request) -> TransportFuture<'_> {
        let is_token = request.url().path().ends_with("/auth/token");
        Box::pin(async move {
            if is_token {
                let pair = r#"{"access_token":"at","token_type":"Bearer","expires_in":3600}"#;
                return Ok(reqwest::Response::from(http::Response::new(pair)));
            }
            self.attempts.fetch_add(1, Ordering::SeqCst);
            if self.refused {
                // nothing listens on port 1
                let refused =
                    reqwest::Client::builder().no_proxy().build()?.get("http://127.0.0.1:1/sesame").send().await;
                return Err(Wrapped(refused.unwrap_err().into()).into());
            }
            Err(TransportError::from("the layer lost it"))
        })
    }
}

#[tokio::test]
async fn what_was_certainly_not_sent_is_tried_again() {
    for (refused, attempts) in [(true, 3), (false, 1)] {
        let transport = Failing { attempts: Arc::default(), refused };
        let client = Client::builder()
            .credentials(Credentials::new("id", "key"))
            .base_url("http://127.0.0.1:1")
            .retry(RetryPolicy::default().max_attempts(3).backoff(Duration::ZERO, Duration::ZERO))
            // as a program gives it that chooses one while it runs
            .transport(Box::new(transport.clone()) as Box<dyn Transport>)
            .build()
            .unwrap();
        let request =
            WebhookRequest::builder().name("n").url("https://x.example").events([WebhookEventType::BookingCreated]);
        // an endpoint must not be registered twice
        let error = client.webhooks().create(&request.build()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network, "{error:?}");
        assert_eq!(transport.attempts.load(Ordering::SeqCst), attempts, "refused: {refused}");
    }
}

/// Fails as layers do: with reqwest's error behind a text of their own, or as if it were theirs.
#[derive(Clone)]
struct Telling {
    transparent: bool,
}

#[derive(Debug, thiserror::Error)]
enum Layer {
    #[error("the layer failed")]
    Source(#[source] reqwest::Error),
    #[error(transparent)]
    Transparent(reqwest::Error),
}

impl Transport for Telling {
    fn send(&self, request: Request) -> TransportFuture<'_> {
        Box::pin(async move {
            if request.url().path().ends_with("/auth/token") {
                let pair = r#"{"access_token":"at","token_type":"Bearer","expires_in":3600}"#;
                return Ok(reqwest::Response::from(http::Response::new(pair)));
            }
            let failed = reqwest::Client::builder().no_proxy().build()?.execute(request).await.unwrap_err();
            let layer = if self.transparent { Layer::Transparent(failed) } else { Layer::Source(failed) };
            Err(layer.into())
        })
    }
}

#[tokio::test]
async fn an_error_of_a_layer_does_not_show_what_was_searched_for() {
    for transparent in [true, false] {
        let client = Client::builder()
            .credentials(Credentials::new("id", "key"))
            // nothing listens on port 1
            .base_url("http://127.0.0.1:1/api/v1")
            .retry(RetryPolicy::none())
            .transport(Telling { transparent })
            .build()
            .unwrap();
        let mut found = client.bookings().list().search("Okafor").items();
        let searched = found.try_next().await.unwrap_err();
        let released = client.timeslots().release("9f2c41d07be84c6aa35e17d20b6c8f14").await.unwrap_err();
        for error in [searched, released] {
            let mut told = format!("{error:#} {error:?}");
            let mut cause = error.source();
            while let Some(error) = cause {
                told += &format!(" {error} {error:?}");
                cause = error.source();
            }
            assert!(!told.contains("Okafor") && !told.contains("9f2c41d0"), "{told}");
            assert!(told.contains("127.0.0.1:1") && told.contains("onnect"), "what failed is still told: {told}");
        }
    }
}
