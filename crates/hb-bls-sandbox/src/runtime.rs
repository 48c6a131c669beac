//! The thread on which a sandbox runs. It has its own, so that it does not depend on the caller's runtime, even if that
//! has paused its time, and so that its blocking database does not block the caller.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::SandboxError;
use crate::clock::{Clock, ClockMode, ClockReading};
use crate::core::Core;
use crate::credentials::SandboxCredentials;
use crate::delivery::{self, Dispatch, ExtraRoots};
use crate::faults::Faults;
use crate::loopback::is_loopback;
use crate::problem::Problem;
use crate::quota::Quota;
use crate::random;
use crate::request_log::RequestLog;
use crate::server;
use crate::store::contents::{self, Contents};
use crate::store::{Store, accounts, note_clock};

/// How a sandbox is set up.
#[derive(Debug, Clone)]
pub(crate) struct SandboxConfig {
    pub(crate) bind: IpAddr,
    pub(crate) port: u16,
    pub(crate) database: Option<PathBuf>,
    pub(crate) rate_limit: bool,
    pub(crate) clock: ClockMode,
    /// A seed file, as JSON.
    pub(crate) contents: Option<Value>,
    pub(crate) control_token: Option<String>,
    pub(crate) webhook_hosts: Vec<String>,
    pub(crate) capture: bool,
    pub(crate) trust: ExtraRoots,
}

/// A running thread and the way to end it.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) core: Arc<Core>,
    pub(crate) handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    /// Closes when the thread has nothing left to do.
    ended: oneshot::Receiver<()>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Starts the thread. [`Starting::ready`] waits until it can be used.
pub(crate) fn launch(config: SandboxConfig) -> Result<Starting, SandboxError> {
    let (ready, started) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let (running, ended) = oneshot::channel::<()>();
    let thread = thread::Builder::new().name("hb-bls-sandbox".to_owned()).spawn(move || {
        let _running = running;
        let runtime = match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                let _ = ready.send(Err(error.into()));
                return;
            }
        };
        let handle = runtime.handle().clone();
        runtime.block_on(async move {
            match prepare(&config).await {
                Ok((core, listener)) => {
                    let router = server::router(core.clone());
                    let _ = ready.send(Ok((core.clone(), handle)));
                    tokio::select! {
                        () = server::serve(listener, router) => {}
                        () = core.run_dispatch() => {}
                        _ = stopped => {}
                    }
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            }
        });
    })?;
    Ok(Starting { started, stop, ended, thread })
}

/// A thread that is not ready yet.
#[derive(Debug)]
pub(crate) struct Starting {
    started: oneshot::Receiver<Result<(Arc<Core>, Handle), SandboxError>>,
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
    thread: thread::JoinHandle<()>,
}

impl Starting {
    pub(crate) async fn ready(self) -> Result<Running, SandboxError> {
        let (core, handle) = self.started.await.map_err(|_| SandboxError::Stopped)??;
        let (stop, thread) = (Some(self.stop), Some(self.thread));
        Ok(Running { core, handle, stop, ended: self.ended, thread })
    }
}

impl Running {
    /// Ends the thread without holding up the caller's.
    pub(crate) async fn end(mut self) -> Result<(), SandboxError> {
        self.stop();
        // The channel closes when the thread ends, and that is an error here.
        let _ = (&mut self.ended).await;
        self.join()
    }

    fn stop(&mut self) {
        // If the thread has already ended, nobody receives this.
        let _ = self.stop.take().map(|stop| stop.send(()));
    }

    /// Waiting means that port and database file are free afterwards.
    fn join(&mut self) -> Result<(), SandboxError> {
        match self.thread.take().map(thread::JoinHandle::join) {
            Some(Err(_)) => Err(SandboxError::Internal("its thread panicked".to_owned())),
            Some(Ok(())) | None => Ok(()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        if let Err(error) = self.join() {
            tracing::error!(%error, "the sandbox did not end well");
        }
    }
}

async fn prepare(config: &SandboxConfig) -> Result<(Arc<Core>, TcpListener), SandboxError> {
    if config.control_token.as_deref().is_some_and(|token| !is_token(token)) {
        let rule = "a control token is made of letters, digits and any of - . _ ~ + / =";
        return Err(SandboxError::Refused(rule.to_owned()));
    }
    let listener = TcpListener::bind(SocketAddr::new(config.bind, config.port)).await?;
    let local = listener.local_addr()?;
    // A server that listens on every address can be reached on loopback.
    let host = if local.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { local.ip() };
    let origin = format!("http://{}", SocketAddr::new(host, local.port()));

    let (store, new) = Store::open(config.database.as_deref())?;
    let earlier = if new { None } else { store.clock_reading()? };
    let clock = Clock::new(config.clock, earlier)?;
    let contents = config.contents.clone().map(Contents::read).transpose()?.unwrap_or_default();
    let credentials = credentials(&store, new, config, &contents, clock.reading())?;
    let core = Core {
        origin,
        credentials,
        contents,
        clock,
        store,
        quota: Quota::new(config.rate_limit),
        faults: Faults::default(),
        request_log: RequestLog::default(),
        dispatch: Dispatch::default(),
        control_token: control_token(config),
        webhook_hosts: config.webhook_hosts.clone(),
        capture: AtomicBool::new(config.capture),
        http: delivery::client(&config.trust).map_err(|error| SandboxError::Internal(error.to_string()))?,
    };
    Ok((Arc::new(core), listener))
}

/// What fits in a header and in a cookie as it is.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// Where others can reach the sandbox, there is always a token.
fn control_token(config: &SandboxConfig) -> Option<String> {
    let is_public = !is_loopback(config.bind);
    config.control_token.clone().or_else(|| is_public.then(|| random::text(32)))
}

/// Fills a new portal, or starts the clock of an old one; the credentials of its first account.
/// The well-known ones are for loopback only.
fn credentials(
    store: &Store,
    new: bool,
    config: &SandboxConfig,
    contents: &Contents,
    clock: ClockReading,
) -> Result<SandboxCredentials, Problem> {
    let is_public = !is_loopback(config.bind);
    let fresh = || if is_public { SandboxCredentials::generated() } else { SandboxCredentials::well_known() };
    if new {
        let seeded = contents.accounts.iter().map(contents::Account::credentials);
        if is_public && seeded.clone().any(|seeded| seeded.are_well_known()) {
            return Err(Problem::rule(
                "accounts",
                "The well-known API key is for sandboxes that only loopback can reach.",
            ));
        }
        let credentials = seeded.into_iter().next().unwrap_or_else(fresh);
        store.reset(&credentials, contents, clock)?;
        return Ok(credentials);
    }
    store.write(|db| {
        note_clock(db, clock)?;
        let account = accounts::first(db)?;
        if !(is_public && account.credentials.are_well_known()) {
            return Ok(account.credentials);
        }
        let credentials = fresh();
        accounts::set_credentials(db, account.id, &credentials)?;
        Ok(credentials)
    })
}
