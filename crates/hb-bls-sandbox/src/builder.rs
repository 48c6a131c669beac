//! The settings of a sandbox.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use crate::clock::ClockMode;
use crate::delivery::ExtraRoots;
use crate::runtime::{self, SandboxConfig};
use crate::{Sandbox, SandboxError};

/// Sets up a [`Sandbox`].
#[derive(Debug, Clone)]
#[must_use = "nothing runs until `start`"]
pub struct SandboxBuilder {
    config: SandboxConfig,
}

impl Sandbox {
    /// Starts a sandbox with the defaults: on 127.0.0.1, on a free port, in memory, in real time, with the rate limit
    /// on.
    ///
    /// # Errors
    ///
    /// If no port or thread is available.
    pub async fn start() -> Result<Self, SandboxError> {
        Self::builder().start().await
    }

    /// Returns a builder with which to set a sandbox up.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }
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
            trust: ExtraRoots::default(),
        };
        Self { config }
    }

    /// Sets the address to listen on, 127.0.0.1 by default.
    ///
    /// On any address except a loopback one, the credentials are generated, not the well-known ones.
    pub fn bind(mut self, address: impl Into<IpAddr>) -> Self {
        self.config.bind = address.into();
        self
    }

    /// Sets the port to listen on. By default 0, which takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.config.port = port;
        self
    }

    /// Keeps everything in this file, with which a later sandbox can continue. By default everything is in memory.
    pub fn database(mut self, file: impl Into<PathBuf>) -> Self {
        self.config.database = Some(file.into());
        self
    }

    /// Sets whether more than 60 requests per minute are refused. By default they are.
    pub fn rate_limit(mut self, on: bool) -> Self {
        self.config.rate_limit = on;
        self
    }

    /// Sets where the time comes from. By default, from the system's clock.
    pub fn clock(mut self, mode: ClockMode) -> Self {
        self.config.clock = mode;
        self
    }

    /// Sets what a new portal contains, and again after a reset: a seed file as JSON; see [the README]. A database that
    /// has contents already stays as it is.
    ///
    /// [the README]: https://github.com/hb-bls/hb-bls/tree/main/crates/hb-bls-sandbox#seed-files
    pub fn contents(mut self, document: serde_json::Value) -> Self {
        self.config.contents = Some(document);
        self
    }

    /// Sets the token with which programs and browsers on other machines can use the control API and the page: as a
    /// bearer token, or typed in on the page. By default, one is generated on any address except a loopback one; see
    /// [`Sandbox::control_token`].
    pub fn control_token(mut self, token: impl Into<String>) -> Self {
        self.config.control_token = Some(token.into());
        self
    }

    /// Sets the names of other machines to which webhooks may be sent over plain http, such as those of containers. By
    /// default only loopback is allowed. Webhooks over `https` may be anywhere.
    pub fn webhook_hosts(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.config.webhook_hosts = names.into_iter().map(Into::into).collect();
        self
    }

    /// Trusts these certificate authorities, given in PEM, besides the system's when delivering to `https` webhooks.
    ///
    /// # Errors
    ///
    /// If the text contains no certificate.
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

    /// Sets whether the bodies of requests, and of the responses to deliveries, are kept and shown. By default they are
    /// not, since they contain candidates' data. Up to 16 KiB of each are kept, and none that contains an API key or a
    /// refresh token.
    pub fn capture(mut self, on: bool) -> Self {
        self.config.capture = on;
        self
    }

    /// Starts the sandbox, which responds to requests once this returns.
    ///
    /// # Errors
    ///
    /// If the address is taken, the file cannot be used, or the clock cannot start at the given time.
    pub async fn start(self) -> Result<Sandbox, SandboxError> {
        let running = runtime::launch(self.config)?.ready().await?;
        Ok(Sandbox::new(running))
    }
}
