use std::{fmt, sync::Arc, time::Duration};

use super::{
    Client, base_url,
    environment::{self, Lookup},
};
use crate::{
    Clock, Credentials, Error, Result, RetryPolicy, SystemClock, Transport,
    pipeline::{ClientConfig, Pipeline},
    resources::{interpret, is_repeatable},
    state::{
        AccountKey, AccountLock, BookingLog, DigestKey, MemoryAccountLock, MemoryBookingLog, MemoryRateLimiter,
        MemoryTokenStore, RateLimiter, TokenStore,
    },
};

/// The published address of the API, which is the default of [`ClientBuilder::base_url`].
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
    rate_limit: RateLimit,
    token_store: Arc<dyn TokenStore>,
    account_lock: Arc<dyn AccountLock>,
    booking_log: Arc<dyn BookingLog>,
    record_undocumented: bool,
    clock: Arc<dyn Clock>,
    user_agent: Option<String>,
    http: Option<Http>,
    transport: Option<Arc<dyn Transport>>,
}

type Http = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

/// What keeps requests within the rate limit.
enum RateLimit {
    /// A limiter in memory, with the client's clock.
    Own,
    None,
    By(Arc<dyn RateLimiter>),
}

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
            rate_limit: RateLimit::Own,
            token_store: Arc::new(MemoryTokenStore::default()),
            account_lock: Arc::new(MemoryAccountLock::default()),
            booking_log: Arc::new(MemoryBookingLog::default()),
            record_undocumented: false,
            clock: Arc::new(SystemClock),
            user_agent: None,
            http: None,
            transport: None,
        }
    }

    /// Sets the account's credentials. By default they are read from the environment variables `HB_BLS_CLIENT_ID` and
    /// `HB_BLS_API_KEY`.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Sets the base URL of the API: https, or http on this machine. By default it is read from the environment
    /// variable `HB_BLS_BASE_URL`; if that is not set, it is [`DEFAULT_BASE_URL`].
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Sets how long connecting may take. By default 10 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets how long one attempt may take, until the last byte of its response. By default 30 seconds.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets how long a call may take in total, with all attempts, getting a token and waiting for the rate limit.
    ///
    /// By default a call may take five minutes, not counting the time that it waits for the rate limit, since that
    /// depends on how many requests this client has queued.
    ///
    /// The timeout applies to a single call. A stream has it for each page. [`Client::book`], [`Client::book_all`] and
    /// [`Bookings::wait_for_certificate`](crate::Bookings::wait_for_certificate) have it for each request.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the longest pause that the portal may request with a 429 response, by `Retry-After` or `X-RateLimit-Reset`.
    /// By default 2 minutes. If the portal requests a longer pause, calls fail at once with
    /// [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited), which says how long it is.
    #[must_use]
    pub fn max_retry_after(mut self, pause: Duration) -> Self {
        self.max_retry_after = pause;
        self
    }

    /// Sets how often a call is attempted, and the pauses between attempts.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the rate limiter. By default, a [`MemoryRateLimiter`] of 60 requests per minute.
    #[must_use]
    pub fn rate_limiter(mut self, limiter: impl RateLimiter + 'static) -> Self {
        self.rate_limit = RateLimit::By(Arc::new(limiter));
        self
    }

    /// Sends requests without a rate limit, for a local portal that has none.
    #[must_use]
    pub fn without_rate_limit(mut self) -> Self {
        self.rate_limit = RateLimit::None;
        self
    }

    /// Sets where tokens are kept. By default, in memory.
    #[must_use]
    pub fn token_store(mut self, store: impl TokenStore + 'static) -> Self {
        self.token_store = Arc::new(store);
        self
    }

    /// Sets the lock that queues the bookings of an account. By default, a lock in memory.
    #[must_use]
    pub fn account_lock(mut self, lock: impl AccountLock + 'static) -> Self {
        self.account_lock = Arc::new(lock);
        self
    }

    /// Sets where the steps of bookings with a [key](crate::BookRequest::key) are recorded. By default, in memory.
    #[must_use]
    pub fn booking_log(mut self, log: impl BookingLog + 'static) -> Self {
        self.booking_log = Arc::new(log);
        self
    }

    /// Compares every response with the API's document. [`Client::undocumented`] returns what the document does not describe,
    /// and each finding is also logged once as a `tracing` event with target `hb_bls::undocumented`.
    ///
    /// The comparison takes about as long as decoding the response. Responses of more than 1 MiB are not compared.
    #[must_use]
    pub fn record_undocumented(mut self) -> Self {
        self.record_undocumented = true;
        self
    }

    /// Sets the clock. By default, the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Puts the name of your program, such as `crm/2.1`, before this crate's name in the `User-Agent` header.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Configures the HTTP client: proxies, root certificates, client certificates. The client always sets redirects,
    /// `Referer`, `User-Agent` and the connect timeout itself, and uses no proxy for an API on this machine.
    #[must_use]
    pub fn configure_http(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.http = Some(Box::new(configure));
        self
    }

    /// Sends all requests through this [`Transport`]: an existing [`reqwest::Client`], a stack of tower layers, or your
    /// own.
    ///
    /// The settings of [`configure_http`](Self::configure_http), [`user_agent`](Self::user_agent) and
    /// [`connect_timeout`](Self::connect_timeout) are then not used. The transport should not follow redirects, and
    /// should not use a proxy for requests to this machine.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Builds the client. This sends no request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if there are no credentials, the base URL is not
    /// allowed, or TLS cannot be set up.
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
            // otherwise a proxy from the environment would see the credentials in clear text
            http = http.no_proxy();
        }
        #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
        check_tls_provider()?;
        let http = http.build().map_err(|error| Error::configuration("no HTTP client").because(error))?;
        let log_account = AccountKey::without_api_key(base_url.url.as_str(), credentials.hb_client_id());
        let config = ClientConfig {
            booking_log: self.booking_log,
            digest_key: DigestKey::new(&log_account, &credentials),
            log_account,
            account: AccountKey::new(base_url.url.as_str(), &credentials),
            base_url: Arc::new(base_url.url),
            credentials,
            rate_limiter: match self.rate_limit {
                RateLimit::Own => Some(Arc::new(MemoryRateLimiter::default().with_clock(Arc::clone(&self.clock)))),
                RateLimit::None => None,
                RateLimit::By(limiter) => Some(limiter),
            },
            clock: self.clock,
            timeout: self.timeout,
            max_retry_after: self.max_retry_after,
            attempt_timeout: self.attempt_timeout,
            retry: self.retry,
            token_store: self.token_store,
            account_lock: self.account_lock,
            record_undocumented: self.record_undocumented,
            is_repeatable,
            interpret,
        };
        Ok(Client::new(Pipeline::new(http, self.transport, config)))
    }
}

/// rustls panics without a crypto provider.
#[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
fn check_tls_provider() -> Result<()> {
    if rustls::crypto::CryptoProvider::get_default().is_some() {
        return Ok(());
    }
    Err(Error::configuration("rustls has no crypto provider: call `install_default` of one before building the client"))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "rustls-no-provider", not(feature = "rustls")))]
mod tests {
    use super::*;

    #[test]
    fn without_a_crypto_provider_building_fails_and_says_what_to_do() {
        let error = Client::builder().credentials(Credentials::new("id", "key")).build().unwrap_err();
        assert!(error.to_string().contains("install_default"), "{error}");
    }
}
