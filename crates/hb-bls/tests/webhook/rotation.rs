//! A secret is rotated while deliveries arrive, and no event is lost.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::Request, routing::post};
use hb_bls::{
    Client, Clock, Credentials, Secret, WebhookEventType, WebhookRequest,
    webhook::{self, Delivery, MemoryInbox, Verifier},
};
use hb_bls_sandbox::{ClockMode, Sandbox};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

const PER_PHASE: usize = 12;

/// The sandbox's clock, so that receiver and portal agree on the age of a delivery.
struct SandboxClock(Arc<Sandbox>);

impl std::fmt::Debug for SandboxClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SandboxClock")
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }
}

#[tokio::test]
async fn nothing_is_lost_when_old_and_new_secret_are_configured() {
    let start = ClockMode::Frozen("2026-06-05T10:00:00Z".parse().unwrap());
    let sandbox = Arc::new(Sandbox::builder().clock(start).rate_limit(false).start().await.unwrap());
    let clock: Arc<dyn Clock> = Arc::new(SandboxClock(sandbox.clone()));
    let key = sandbox.credentials();
    let client = Client::builder()
        .credentials(Credentials::new(&key.hb_client_id, key.api_key.as_str()))
        .base_url(sandbox.base_url())
        .build()
        .unwrap();

    // a receiver whose secrets can be replaced while it runs
    let current = Arc::new(Mutex::new(Router::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (routed, request) = (current.clone(), WebhookRequest::builder().name("rotation").url(&url));
    let receive = move |request: Request| {
        let router = routed.lock().unwrap().clone();
        async move { router.oneshot(request).await }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(receive))).await });

    let webhook = client.webhooks().create(&request.events([WebhookEventType::WebhookTest]).build()).await.unwrap();
    let handled = Arc::new(Mutex::new(Vec::new()));
    let inbox = MemoryInbox::new().with_clock(clock.clone());
    let configure = |secrets: &[&Secret]| {
        let verifier = secrets.iter().fold(Verifier::builder(), |builder, secret| builder.secret((*secret).clone()));
        let handled = handled.clone();
        let handler = move |delivery: Delivery| {
            handled.lock().unwrap().push((delivery.event.event_id.to_string(), delivery.verified.secret_index));
            async { Ok::<(), Infallible>(()) }
        };
        let verifier = verifier.clock(clock.clone()).build().unwrap();
        *current.lock().unwrap() = webhook::axum::router(verifier, inbox.clone(), handler);
    };
    let old = &webhook.secret;
    configure(&[old]);
    let flow = async || {
        for _ in 0..PER_PHASE {
            client.webhooks().test(webhook.id).await.unwrap();
        }
    };

    flow().await;
    sandbox.advance(Duration::ZERO).await.unwrap();
    // some of these are signed with the old secret, some with the new one, which is not configured yet
    let ((), new) = tokio::join!(flow(), async { client.webhooks().rotate_secret(webhook.id).await.unwrap() });
    flow().await;
    sandbox.advance(Duration::ZERO).await.unwrap();
    let before = handled.lock().unwrap().len();
    assert!((PER_PHASE..=2 * PER_PHASE).contains(&before), "{before}: some are refused until the new one is known");
    configure(&[&new, old]);
    flow().await;
    sandbox.advance(Duration::from_secs(15 * 60)).await.unwrap();

    let sent: BTreeSet<String> =
        sandbox.deliveries().await.unwrap().into_iter().map(|delivery| delivery.event_id).collect();
    assert_eq!(sent.len(), 4 * PER_PHASE);
    let handled = handled.lock().unwrap();
    assert_eq!(handled.len(), sent.len(), "each once");
    assert_eq!(handled.iter().map(|(id, _)| id.clone()).collect::<BTreeSet<_>>(), sent);
    assert!(handled[before..].iter().all(|(_, index)| *index == 0), "signed with the new secret");
}
