//! Transports of users.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

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
            .retry(RetryPolicy::default().attempts(3).backoff(Duration::ZERO, Duration::ZERO))
            .transport(transport.clone())
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
