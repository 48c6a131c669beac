//! A token is fetched once, renewed early, and replaced when it is refused.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use hb_bls::{Client, Credentials, ErrorKind, RetryPolicy};
use hb_bls_sandbox::{ClockMode, Fault, FaultKind, Sandbox};

use crate::{clock::TestClock, count, credentials};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Setup {
    sandbox: Sandbox,
    clock: Arc<TestClock>,
    client: Client,
}

impl Setup {
    async fn new() -> Self {
        let start = "2026-06-05T10:00:00Z".parse().unwrap();
        let sandbox = Sandbox::builder().clock(ClockMode::Frozen(start)).rate_limit(false).start().await.unwrap();
        let clock = Arc::new(TestClock::at(start));
        let client = Client::builder()
            .credentials(credentials(&sandbox))
            .without_rate_limit()
            .retry(RetryPolicy::none())
            .base_url(sandbox.base_url())
            .clock(Arc::clone(&clock))
            .build()
            .unwrap();
        Self { sandbox, clock, client }
    }

    /// Time passes on both sides.
    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.sandbox.advance(time).await.unwrap();
    }

    /// Many concurrent tasks.
    async fn storm(&self) {
        let calls = (0..200).map(|_| {
            let client = self.client.clone();
            tokio::spawn(async move { client.courses().list().await })
        });
        for outcome in join_all(calls).await {
            outcome.unwrap().unwrap();
        }
    }

    /// Waits until this many tokens were requested, since no call waits for an early renewal.
    async fn settled(&self, tokens: (usize, usize)) {
        while self.tokens().await != tokens {
            tokio::task::yield_now().await;
        }
        // and until the client has read the response
        for _ in 0..100 {
            self.client.account().booking_url().await.unwrap();
        }
    }

    async fn tokens(&self) -> (usize, usize) {
        (count(&self.sandbox, "createToken").await, count(&self.sandbox, "refreshToken").await)
    }
}

#[tokio::test]
async fn many_tasks_fetch_one_token() {
    let setup = Setup::new().await;
    setup.storm().await;
    assert_eq!(setup.tokens().await, (1, 0));
}

#[tokio::test]
async fn a_token_is_refreshed_once_and_before_it_lapses() {
    let setup = Setup::new().await;
    setup.storm().await;
    setup.pass(58 * MINUTE).await;
    setup.storm().await;
    assert_eq!(setup.tokens().await, (1, 0), "58 minutes old and good for two more");
    setup.pass(MINUTE + MINUTE / 2).await;
    setup.storm().await;
    setup.settled((1, 1)).await;
    setup.storm().await;
    assert_eq!(setup.tokens().await, (1, 1), "half a minute before it lapses");
    let refused = setup.sandbox.requests().await.unwrap().iter().filter(|request| request.status == Some(401)).count();
    assert_eq!(refused, 0);
}

#[tokio::test]
async fn a_dead_refresh_token_gives_way_to_the_credentials() {
    let setup = Setup::new().await;
    setup.storm().await;
    // the client believes that the token still works
    setup.sandbox.advance(8 * DAY).await.unwrap();
    setup.clock.advance(2 * 60 * MINUTE);
    setup.storm().await;
    assert_eq!(setup.tokens().await, (2, 1));
    // the client knows that it does not
    setup.pass(8 * DAY).await;
    setup.storm().await;
    assert_eq!(setup.tokens().await, (3, 1));
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all() {
    let setup = Setup::new().await;
    setup.storm().await;
    // only the portal treats the token as expired
    setup.sandbox.advance(2 * 60 * MINUTE).await.unwrap();
    setup.storm().await;
    assert_eq!(setup.tokens().await, (1, 1));
}

#[tokio::test]
async fn a_valid_token_survives_a_failed_refresh() {
    let setup = Setup::new().await;
    setup.storm().await;
    setup.pass(59 * MINUTE + MINUTE / 2).await;
    let mut fault = Fault::new("refreshToken", FaultKind::Status);
    fault.status = Some(503);
    setup.sandbox.inject(fault).await.unwrap();
    setup.client.courses().list().await.unwrap();
    setup.settled((1, 1)).await;
    setup.storm().await;
    assert_eq!(setup.tokens().await, (1, 1), "the failure is remembered for ten seconds");
    setup.pass(Duration::from_secs(10)).await;
    setup.client.courses().list().await.unwrap();
    setup.settled((1, 2)).await;
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_wait_and_not_remembered() {
    let setup = Setup::new().await;
    setup.sandbox.inject(Fault::status("createToken", 503)).await.unwrap();
    let calls = join_all((0..200).map(|_| {
        let client = setup.client.clone();
        async move { client.courses().list().await }
    }));
    for outcome in calls.await {
        assert!(
            matches!(&outcome, Err(error) if error.kind() == ErrorKind::Server && error.operation() == Some("createToken") && error.status() == Some(503)),
            "{outcome:?}"
        );
    }
    assert_eq!(setup.tokens().await, (1, 0));
    setup.client.courses().list().await.unwrap();
    assert_eq!(setup.tokens().await, (2, 0));
}

#[tokio::test]
async fn a_broken_refresh_gives_way_to_the_credentials_once_the_token_has_lapsed() {
    let setup = Setup::new().await;
    setup.storm().await;
    setup.pass(2 * 60 * MINUTE).await;
    setup.sandbox.inject(Fault::status("refreshToken", 500)).await.unwrap();
    setup.storm().await;
    assert_eq!(setup.tokens().await, (2, 1));
}

#[tokio::test]
async fn wrong_credentials_are_said_to_be_wrong() {
    let setup = Setup::new().await;
    let client = Client::builder()
        .credentials(Credentials::new("hb_nobody", "sesame"))
        .base_url(setup.sandbox.base_url())
        .build()
        .unwrap();
    let error = client.courses().list().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Authentication, Some("createToken")), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("sesame"));
    assert_eq!(setup.tokens().await, (1, 0), "asked once");
}
