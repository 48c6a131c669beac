//! What every command works with.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::Result;
use hb_bls::{Client, ClientBuilder, Credentials, state::MemoryRateLimiter};

use crate::{
    args::Globals,
    config::KeptTokens,
    loopback::is_loopback,
    output::{AnnouncingRateLimiter, Output},
    settings::Settings,
};

/// What `--timeout` is for.
type Bound = fn(ClientBuilder, Duration) -> ClientBuilder;

/// The settings of this run, looked up when they are first needed.
#[derive(Debug)]
pub struct Context {
    output: Output,
    globals: Globals,
    settings: OnceLock<Settings>,
}

impl Context {
    pub fn new(output: Output, globals: Globals) -> Self {
        Self { output, globals, settings: OnceLock::new() }
    }

    pub fn output(&self) -> Output {
        self.output
    }

    pub fn globals(&self) -> &Globals {
        &self.globals
    }

    /// Which account is meant, and where.
    pub fn settings(&self) -> Result<&Settings> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let settings = Settings::find(&self.globals)?;
        Ok(self.settings.get_or_init(|| settings))
    }

    pub fn client(&self) -> Result<Client> {
        self.bounded(ClientBuilder::timeout, self.output)
    }

    /// A client for the account that waits for the quota as long as it takes: `--timeout` is for each attempt. How far it
    /// is shows otherwise.
    pub fn patient_client(&self) -> Result<Client> {
        self.bounded(ClientBuilder::attempt_timeout, self.output.silent())
    }

    fn bounded(&self, bound: Bound, waiting: Output) -> Result<Client> {
        let settings = self.settings()?;
        let account = settings.account()?;
        let store = self.store(settings.tokens(account));
        let builder = self.unbounded(account.credentials(), &settings.base_url, waiting).token_store(store);
        Ok(self.within(builder, bound).build()?)
    }

    /// Tokens for a client that is to end in time.
    pub fn store(&self, tokens: KeptTokens) -> Arc<KeptTokens> {
        Arc::new(tokens.within(self.globals.timeout, self.output))
    }

    pub fn builder(&self, credentials: Credentials, base_url: &str) -> ClientBuilder {
        self.within(self.unbounded(credentials, base_url, self.output), ClientBuilder::timeout)
    }

    fn unbounded(&self, credentials: Credentials, base_url: &str, waiting: Output) -> ClientBuilder {
        let builder = Client::builder()
            .credentials(credentials)
            .base_url(base_url)
            .user_agent(concat!("hb-bls-cli/", env!("CARGO_PKG_VERSION")));
        // a local portal may have no quota; one that has says so in its answers
        let quota =
            if is_local(base_url) { MemoryRateLimiter::per_minute(u32::MAX) } else { MemoryRateLimiter::default() };
        builder.rate_limiter(AnnouncingRateLimiter::new(quota, waiting))
    }

    fn within(&self, builder: ClientBuilder, bound: Bound) -> ClientBuilder {
        match self.globals.timeout {
            Some(timeout) => bound(builder, timeout),
            None => builder,
        }
    }
}

fn is_local(base_url: &str) -> bool {
    base_url.parse().is_ok_and(|url| is_loopback(&url))
}
