//! How a sandbox is set up.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use crate::clock::ClockMode;
use crate::delivery::Trust;
use crate::runtime::{self, SandboxConfig};
use crate::{Sandbox, SandboxError};

/// Sets up a [`Sandbox`].
#[derive(Debug, Clone)]
#[must_use = "nothing runs until `start`"]
pub struct SandboxBuilder {
    config: SandboxConfig,
}

impl SandboxBuilder {
    pub(crate) fn new() -> Self {
        let config = SandboxConfig {
            bind: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            database: None,
            rate_limit: true,
            clock: ClockMode::Real,
            contents: None,
            control_token: None,
            webhook_hosts: Vec::new(),
            capture: false,
            trust: Trust::default(),
        };
        Self { config }
    }

    /// The address to listen on: 127.0.0.1 by default.
    ///
    /// On any address but a loopback one the credentials are generated, not the well-known ones.
    pub fn bind(mut self, address: impl Into<IpAddr>) -> Self {
        self.config.bind = address.into();
        self
    }

    /// The port to listen on; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.config.port = port;
        self
    }

    /// Keeps everything in this file, which a later sandbox can go on with. Without it all is in memory.
    pub fn database(mut self, file: impl Into<PathBuf>) -> Self {
        self.config.database = Some(file.into());
        self
    }

    /// Whether more than 60 requests a minute are refused; they are by default.
    pub fn rate_limit(mut self, on: bool) -> Self {
        self.config.rate_limit = on;
        self
    }

    /// Where the time comes from; the system by default.
    pub fn clock(mut self, mode: ClockMode) -> Self {
        self.config.clock = mode;
        self
    }

    /// What a new portal contains, and again after a reset: the document of a seed file, see [the README]. It changes nothing
    /// about a database that has contents already.
    ///
    /// [the README]: https://github.com/hb-bls/hb-bls/tree/main/crates/hb-bls-sandbox#seed-files
    pub fn contents(mut self, document: serde_json::Value) -> Self {
        self.config.contents = Some(document);
        self
    }

    /// What programs and browsers on other machines show to use the control API and the page: as a bearer token, or typed
    /// in on the page. By default one is made up on any address but a loopback one; see [`Sandbox::control_token`].
    pub fn control_token(mut self, token: impl Into<String>) -> Self {
        self.config.control_token = Some(token.into());
        self
    }

    /// Names of other machines to which webhooks may be sent over plain http, such as those of containers. By default only
    /// loopback is; `https` webhooks may be anywhere.
    pub fn webhook_hosts(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.config.webhook_hosts = names.into_iter().map(Into::into).collect();
        self
    }

    /// Trusts these authorities besides the system's when it delivers to `https` webhooks: certificates in PEM.
    ///
    /// # Errors
    ///
    /// The text holds no certificate.
    #[cfg(feature = "https")]
    pub fn webhook_authorities(mut self, pem: &[u8]) -> Result<Self, SandboxError> {
        let wrong = |error: reqwest::Error| SandboxError::Refused(format!("no certificate can be read: {error}"));
        let trusted = reqwest::Certificate::from_pem_bundle(pem).map_err(wrong)?;
        if trusted.is_empty() {
            return Err(SandboxError::Refused("there is no certificate in it".to_owned()));
        }
        self.config.trust.certificates.extend(trusted);
        Ok(self)
    }

    /// Whether the bodies of requests, and of the responses to deliveries, are kept and shown. They are not by default,
    /// since they hold candidates' data. Up to 16 KiB of each are kept, and none that holds an API key or a refresh token.
    pub fn capture(mut self, on: bool) -> Self {
        self.config.capture = on;
        self
    }

    /// Starts it; it answers requests when this returns.
    ///
    /// # Errors
    ///
    /// The address is taken, the file cannot be used, or the clock cannot start at the given time.
    pub async fn start(self) -> Result<Sandbox, SandboxError> {
        let running = runtime::launch(self.config)?.ready().await?;
        Ok(Sandbox::new(running))
    }
}
