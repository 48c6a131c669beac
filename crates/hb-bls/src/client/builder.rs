use std::{fmt, sync::Arc, time::Duration};

use super::{Client, base_url};
use crate::{Clock, Credentials, Error, Result, SystemClock, pipeline::Pipeline};

const BASE_URL: &str = "https://bls.hbcompliance.co.uk/api/v1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Builds a [`Client`].
pub struct ClientBuilder {
    credentials: Credentials,
    base_url: String,
    clock: Arc<dyn Clock>,
}

impl ClientBuilder {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, base_url: BASE_URL.to_owned(), clock: Arc::new(SystemClock) }
    }

    /// Where the API is, if not at its published address: https, or http on this machine.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Where to ask for the time, if not the system.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if the base URL cannot be used or TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        let base_url = base_url::check(&self.base_url)?;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("hb-bls/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false);
        if base_url.loopback {
            // or a proxy of the environment would see the credentials in clear text
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| Error::Configuration(format!("no HTTP client: {error}")))?;
        Ok(Client { pipeline: Arc::new(Pipeline::new(http, base_url.url, self.credentials, self.clock)) })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}
