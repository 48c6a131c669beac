use std::{fmt, sync::Arc, time::Duration};

use super::{
    Client, base_url,
    environment::{self, Lookup},
};
use crate::{
    Clock, Credentials, Error, Result, RetryPolicy, SystemClock,
    pipeline::{Pipeline, Settings},
    state::{AccountKey, AccountLock, MemoryAccountLock, MemoryRateLimiter, MemoryTokenStore, RateLimiter, TokenStore},
};

/// Where the API is, unless [`base_url`](ClientBuilder::base_url) says otherwise.
pub const DEFAULT_BASE_URL: &str = "https://bls.hbcompliance.co.uk/api/v1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_RETRY_AFTER: Duration = Duration::from_secs(2 * 60);

/// Builds a [`Client`].
pub struct ClientBuilder {
    credentials: Option<Credentials>,
    base_url: Option<String>,
    environment: Lookup,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    timeout: Option<Duration>,
    max_retry_after: Duration,
    retry: RetryPolicy,
    rate_limiter: Option<Arc<dyn RateLimiter>>,
    token_store: Arc<dyn TokenStore>,
    account_lock: Arc<dyn AccountLock>,
    watch_drift: bool,
    clock: Arc<dyn Clock>,
    user_agent: Option<String>,
    http: Option<Http>,
}

type Http = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

impl ClientBuilder {
    pub(super) fn new() -> Self {
        Self {
            credentials: None,
            base_url: None,
            environment: environment::process,
            connect_timeout: CONNECT_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
            timeout: None,
            max_retry_after: MAX_RETRY_AFTER,
            retry: RetryPolicy::default(),
            rate_limiter: Some(Arc::new(MemoryRateLimiter::default())),
            token_store: Arc::new(MemoryTokenStore::default()),
            account_lock: Arc::new(MemoryAccountLock::default()),
            watch_drift: false,
            clock: Arc::new(SystemClock),
            user_agent: None,
            http: None,
        }
    }

    /// Who the account is. Without, `HB_BLS_CLIENT_ID` and `HB_BLS_API_KEY` of the environment are used.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Where the API is: https, or http on this machine. Without, `HB_BLS_BASE_URL` of the environment is used, or
    /// the published address.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// How long connecting may take; 10 seconds by default.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one attempt may take, to the last byte of its answer; 30 seconds by default.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long a call may take with all its attempts, getting a token and waiting for the rate limit included.
    ///
    /// By default a call may take five minutes, and time that it spends waiting for the rate limit does not count: that
    /// wait is as long as the queue of this client's own requests. Longer work is made of calls, each with this limit:
    /// a stream has it for each page, and [`Client::book`], [`Client::book_all`] and
    /// [`Bookings::wait_for_certificate`](crate::Bookings::wait_for_certificate) for each request.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The longest pause that the portal may ask for with a 429, by `Retry-After` or `X-RateLimit-Reset`; 2 minutes by
    /// default. If it asks for a longer one, calls fail at once with [`Error::RateLimited`], which says how long it is.
    #[must_use]
    pub fn max_retry_after(mut self, pause: Duration) -> Self {
        self.max_retry_after = pause;
        self
    }

    /// How often to try, and when.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// What keeps requests within the rate limit; by default a [`MemoryRateLimiter`] of 60 requests a minute.
    #[must_use]
    pub fn rate_limiter(mut self, limiter: Arc<dyn RateLimiter>) -> Self {
        self.rate_limiter = Some(limiter);
        self
    }

    /// Sends requests as fast as they come, for a local portal that has no rate limit.
    #[must_use]
    pub fn without_rate_limit(mut self) -> Self {
        self.rate_limiter = None;
        self
    }

    /// Where tokens are kept; in memory by default.
    #[must_use]
    pub fn token_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.token_store = store;
        self
    }

    /// What queues the bookings of an account; by default a lock in memory.
    #[must_use]
    pub fn account_lock(mut self, lock: Arc<dyn AccountLock>) -> Self {
        self.account_lock = lock;
        self
    }

    /// Compares each answer with the API's document: [`Client::drift`] tells what it does not know, and each finding
    /// is a `tracing` event of target `hb_bls::drift` once. Costs about as much again as decoding the answer. Answers
    /// of more than 1 MiB are not compared.
    #[must_use]
    pub fn watch_drift(mut self) -> Self {
        self.watch_drift = true;
        self
    }

    /// Where to ask for the time, if not the system.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Names your program in the `User-Agent`, before this crate: `crm/2.1`.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Sets up what HTTP client is used: proxies, roots, certificates. Redirects, `Referer`, `User-Agent` and the
    /// connect timeout remain the client's own, and no proxy is used for an API on this machine.
    #[must_use]
    pub fn http(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.http = Some(Box::new(configure));
        self
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if there are no credentials, the base URL cannot be used, or TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        let given = self.base_url.or_else(|| (self.environment)(environment::BASE_URL));
        let base_url = base_url::check(given.as_deref().unwrap_or(DEFAULT_BASE_URL))?;
        let credentials = self.credentials.map_or_else(|| environment::credentials(self.environment), Ok)?;
        let own = concat!("hb-bls/", env!("CARGO_PKG_VERSION"));
        let mut http = reqwest::Client::builder();
        if let Some(configure) = self.http {
            http = configure(http);
        }
        http = http
            .user_agent(self.user_agent.map_or_else(|| own.to_owned(), |name| format!("{name} {own}")))
            .connect_timeout(self.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false);
        if base_url.loopback {
            // or a proxy of the environment would see the credentials in clear text
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| Error::Configuration(format!("no HTTP client: {error}")))?;
        let settings = Settings {
            account: AccountKey::new(base_url.url.as_str(), &credentials),
            base_url: Arc::new(base_url.url),
            credentials,
            clock: self.clock,
            timeout: self.timeout,
            max_retry_after: self.max_retry_after,
            attempt_timeout: self.attempt_timeout,
            retry: self.retry,
            rate_limiter: self.rate_limiter,
            token_store: self.token_store,
            account_lock: self.account_lock,
            watch_drift: self.watch_drift,
        };
        Ok(Client::new(Pipeline::new(http, settings)))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}
