//! The context that every command works in.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::Result;
use hb_bls::{
    CallOptions, Client, ClientBuilder, Credentials,
    state::{AccountKey, FileBookingLog, FileState},
};

use crate::{
    account_lock::CommandAccountLock,
    args::Globals,
    audit::{Actor, Audit, Audited, WriteFailure},
    clock::{self, within},
    config::{Folder, KeptHolds, state},
    output::Output,
    rate_limiter::{CommandRateLimiter, OpenPermits, Waiting},
    request_stats::RequestStats,
    settings::{Settings, profile_name},
};

/// How long a run that is done waits for what it shares with other runs.
const FINISH_WITHIN: Duration = Duration::from_secs(1);

/// What `--timeout` is for.
type Bound = fn(ClientBuilder, Duration) -> ClientBuilder;

/// The settings of this run and the state that it shares with other runs, looked up when they are first needed.
#[derive(Debug)]
pub struct Context {
    output: Output,
    globals: Globals,
    settings: OnceLock<Settings>,
    state: OnceLock<Option<FileState>>,
    open_permits: OpenPermits,
    request_stats: RequestStats,
    audit_failure: WriteFailure,
}

impl Context {
    pub fn new(output: Output, globals: Globals) -> Self {
        Self {
            output,
            globals,
            settings: OnceLock::new(),
            state: OnceLock::new(),
            open_permits: OpenPermits::default(),
            request_stats: RequestStats::default(),
            audit_failure: WriteFailure::default(),
        }
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

    /// A client for the account.
    pub fn client(&self) -> Result<Client> {
        self.client_that(Waiting::Announced(self.output), ClientBuilder::timeout)
    }

    /// A client for the account that waits for the quota as long as it takes: `--timeout` is for each attempt.
    /// Bookings with a key are recorded in this log.
    pub fn patient_client(&self, log: FileBookingLog) -> Result<Client> {
        let settings = self.settings()?;
        let credentials = settings.account()?.credentials();
        let waiting = Waiting::Announced(self.output);
        let builder = self.builder(&credentials, &settings.base_url, waiting, ClientBuilder::attempt_timeout)?;
        self.with_saved_tokens(&credentials, builder.booking_log(log))
    }

    /// A client for the account that does not wait for the quota.
    pub fn client_that_never_waits(&self) -> Result<Client> {
        self.client_that(Waiting::Never, ClientBuilder::timeout)
    }

    fn client_that(&self, waiting: Waiting, bound: Bound) -> Result<Client> {
        let settings = self.settings()?;
        let credentials = settings.account()?.credentials();
        self.with_saved_tokens(&credentials, self.builder(&credentials, &settings.base_url, waiting, bound)?)
    }

    /// A client for these credentials.
    pub fn client_for(&self, credentials: &Credentials, base_url: &str) -> Result<Client> {
        let waiting = Waiting::Announced(self.output);
        self.with_saved_tokens(credentials, self.builder(credentials, base_url, waiting, ClientBuilder::timeout)?)
    }

    /// The same, but the client gets a token of its own.
    pub fn client_without_saved_tokens(&self, credentials: &Credentials, base_url: &str) -> Result<Client> {
        let waiting = Waiting::Announced(self.output);
        Ok(self.builder(credentials, base_url, waiting, ClientBuilder::timeout)?.build()?)
    }

    fn with_saved_tokens(&self, credentials: &Credentials, builder: ClientBuilder) -> Result<Client> {
        let builder = match self.state()? {
            Some(state) => builder.token_store(state.token_store(credentials)),
            None => builder,
        };
        let request_stats = self.request_stats.clone();
        let options = CallOptions::new().on_response(move |response| request_stats.responded(response.status()));
        Ok(builder.build()?.with_options(options))
    }

    fn builder(
        &self,
        credentials: &Credentials,
        base_url: &str,
        waiting: Waiting,
        bound: Bound,
    ) -> Result<ClientBuilder> {
        const VERSION: &str = env!("CARGO_PKG_VERSION");
        let state = self.state()?;
        let user_agent = format!("hb-bls-cli/{VERSION}");
        let builder = match self.audit(credentials)? {
            // it says the same as the client would
            Some(audit) => {
                let user_agent = format!("{user_agent} hb-bls/{VERSION}");
                Client::builder().transport(Audited::new(audit, base_url, &user_agent)?)
            }
            None => Client::builder().user_agent(user_agent),
        };
        let builder = builder
            .credentials(credentials.clone())
            .base_url(base_url)
            .rate_limiter(self.rate_limiter(state, base_url, waiting));
        let builder = match state {
            Some(state) => builder.account_lock(CommandAccountLock {
                shared: Arc::new(state.account_lock()),
                output: self.output,
                request_stats: self.request_stats.clone(),
            }),
            None => builder,
        };
        Ok(match self.globals.timeout {
            Some(timeout) => bound(builder, timeout),
            None => builder,
        })
    }

    fn rate_limiter(&self, state: Option<&FileState>, base_url: &str, waiting: Waiting) -> CommandRateLimiter {
        CommandRateLimiter::new(state, base_url, waiting, self.open_permits.clone(), self.request_stats.clone())
    }

    /// What the requests of this run are doing.
    pub fn request_stats(&self) -> &RequestStats {
        &self.request_stats
    }

    /// What this run shares with others. Where no files can be made, it goes on alone, and says so.
    pub fn state(&self) -> Result<Option<&FileState>> {
        if self.state.get().is_none() {
            let opened = state::open(&Folder::find()?).inspect_err(|error| {
                self.output.notice(&format!(
                    "{error:#}; going on without sharing tokens, the rate limit and the queue for bookings with other runs"
                ));
            });
            drop(self.state.set(opened.ok()));
        }
        Ok(self.state.get().and_then(Option::as_ref))
    }

    /// The file in which changes are noted, if there is to be one.
    fn audit(&self, credentials: &Credentials) -> Result<Option<Arc<Audit>>> {
        let Some(path) = self.globals.audit.as_ref().filter(|path| !path.as_os_str().is_empty()) else {
            return Ok(None);
        };
        let (profile, _) = profile_name(&self.globals)?;
        let who = Actor::new(&profile, credentials.hb_client_id(), &self.globals.command);
        Ok(Some(Arc::new(Audit::new(path, who, self.audit_failure.clone()))))
    }

    /// The error as soon as a change cannot be noted. Nothing is changed from then on.
    pub async fn audit_failure(&self) -> anyhow::Error {
        self.audit_failure.wait().await
    }

    /// The holds of the account that `holds create` has made.
    pub fn kept_holds(&self) -> Result<KeptHolds> {
        let settings = self.settings()?;
        let account = AccountKey::new(&settings.base_url, &settings.account()?.credentials());
        Ok(KeptHolds::new(&Folder::find()?, &account))
    }

    /// Forgets a hold that is there no more. If that fails, it is only listed until it expires.
    pub fn forget_hold(&self, hash: &str) {
        let forgotten = self.kept_holds().and_then(|holds| Ok(holds.remove(hash, clock::now())?));
        if let Err(error) = forgotten {
            self.output.notice(&format!("`holds list` may still show the hold: {error:#}"));
        }
    }

    /// Waits until other runs know what this one has sent.
    pub async fn finish(&self) {
        within(FINISH_WITHIN, self.open_permits.none_left()).await;
    }
}
