//! A portal and a client whose time passes only when everybody waits.

use hb_bls::{Client, ClientBuilder};
use hb_bls_sandbox::{ClockMode, Sandbox};
use jiff::Timestamp;

use crate::{
    clock::{ATTEMPT, TestClock},
    credentials,
};

pub struct VirtualTime {
    pub sandbox: Sandbox,
    pub clock: TestClock,
}

impl VirtualTime {
    /// A portal with its rate limit.
    pub async fn with_rate_limit() -> Self {
        Self::start(true).await
    }

    /// A portal without a rate limit.
    pub async fn without_rate_limit() -> Self {
        Self::start(false).await
    }

    async fn start(quota: bool) -> Self {
        let start: Timestamp = "2026-06-05T10:00:00Z".parse().unwrap();
        let sandbox = Sandbox::builder().clock(ClockMode::Frozen(start)).rate_limit(quota).start().await.unwrap();
        Self { sandbox, clock: TestClock::at(start) }
    }

    pub fn builder(&self) -> ClientBuilder {
        Client::builder()
            .credentials(credentials(&self.sandbox))
            .base_url(self.sandbox.base_url())
            .attempt_timeout(ATTEMPT)
            .clock(self.clock.clone())
            // reading the system's certificates takes longer than most tests
            .configure_http(|http| http.tls_certs_only([]))
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub async fn drive<T>(&self, work: impl IntoFuture<Output = T>) -> T {
        self.clock.drive(Some(&self.sandbox), work).await
    }

    /// Time passes on both sides.
    pub async fn pass(&self, by: std::time::Duration) {
        self.clock.advance(by);
        self.sandbox.advance(by).await.unwrap();
    }

    /// The number of responses with this status.
    pub async fn with_status(&self, status: u16) -> usize {
        let requests = self.sandbox.requests().await.unwrap();
        requests.iter().filter(|request| request.status == Some(status)).count()
    }
}
